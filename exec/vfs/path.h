/* SPDX-License-Identifier: Apache-2.0 */
/* Where a path leads. Trusts nothing in the path nor in the symlinks on it. */
#ifndef EXEC_VFS_PATH_H
#define EXEC_VFS_PATH_H

#include "exec/vfs/node.h"

/* What to do with a symlink in the last place. */
enum path_last {
    PATH_FOLLOW,
    PATH_NOFOLLOW, /* unless a slash comes after it */
    PATH_ENTRY,    /* never: the name itself is meant, to be made or removed */
};

struct place {
    struct node *dir;  /* null: the last name was "." or ".." */
    struct bytes name; /* the last name; borrowed from the path or a symlink */
    struct node *node; /* null: nothing there */
    bool slash;        /* a slash at the end, so this has to be a directory: checked
                          here, but with PATH_ENTRY left to the caller */
};

/* 0 with `out` set, even if the last name leads to nothing, or one of the
 * failures listed in vfs.h. */
must_use int path_resolve(struct node *start, struct bytes path, enum path_last last,
                          struct place *out);

/* A path or a symlink's target as text: -ENOENT if empty, -ENAMETOOLONG, -EINVAL
 * for a NUL, -EPERM if absolute. */
must_use int path_check(struct bytes path);

/* Cuts the next name off; empty when only slashes are left. */
struct bytes path_next(struct bytes *rest);

bool path_is_dot(struct bytes name);
bool path_is_dots(struct bytes name);

#endif
