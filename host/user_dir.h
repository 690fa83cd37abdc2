/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that belong to the user alone, in the places where the desktop's
 * conventions put them [XDG Base Directory 0.8]. Trusts the environment. */
#ifndef HOST_USER_DIR_H
#define HOST_USER_DIR_H

#include "host/fault.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct user_dir {
    const char *variable; /* "XDG_CACHE_HOME": absolute, or as if it were not set */
    const char *fallback; /* ".cache": instead of it, below HOME */
    const char *below;    /* "enarx/code" */
};

must_use int user_dir_path(const struct user_dir *dir, char path[static PATH_MAX],
                           struct fault *fault);

/* Opens it, made first if asked for. -EPERM unless user_dir_is_private. */
must_use int user_dir_open(const struct user_dir *dir, bool make, struct fault *fault);

/* The same of any path. */
must_use int user_dir_open_path(const char *path, bool make, struct fault *fault);

/* At most `capacity` bytes of a regular file in directory `dir`. How many, or -errno: -EPERM
 * unless user_dir_is_private. `found` may be null. */
must_use ssize_t user_dir_read(int dir, const char *name, void *out, size_t capacity,
                               struct stat *found);

/* Ours, and closed to everybody else. */
bool user_dir_is_private(const struct stat *s);

#endif
