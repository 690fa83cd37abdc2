/* SPDX-License-Identifier: Apache-2.0 */
/* A file that gets its name only when it is complete. Until then it has none, or,
 * where the file system cannot do that, a temporary one. */
#ifndef HOST_NEWFILE_H
#define HOST_NEWFILE_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>
#include <sys/types.h>

struct newfile {
    int fd;        /* to write to, -1: none */
    int dir;       /* borrowed */
    char temp[32]; /* temporary name, empty: none */
};

/* In directory `dir`, with `mode` less the umask. 0 or -errno. */
must_use int newfile_open(int dir, mode_t mode, struct newfile *file);

/* Writes all of `content` behind what is there. 0 or -errno. */
must_use int newfile_write(const struct newfile *file, struct bytes content);

/* Names it, in place of what has that name if `replace`, else -EEXIST. The
 * descriptor stays open. 0 or -errno. */
must_use int newfile_commit(struct newfile *file, const char *name, bool replace);

/* Without a commit the file is gone. */
void newfile_close(struct newfile *file);

/* All of it at once: a file of the user's alone with that content. 0 or -errno. */
must_use int newfile_put(int dir, const char *name, struct bytes content, bool replace);

#endif
