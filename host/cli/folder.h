/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that commands fill: in place, or under another name until all is there.
 * Functions that return a status have said what went wrong. */
#ifndef HOST_CLI_FOLDER_H
#define HOST_CLI_FOLDER_H

#include "base/attr.h"
#include "base/cur.h"

#include <limits.h>

struct folder {
    char path[PATH_MAX]; /* where it is now */
    const char *final;   /* where it is to be; borrowed; null: there already */
    int fd;
};

/* Opens `path`, made first if it is not there. 0 or a status. */
must_use int folder_open(const char *path, struct folder *folder);

/* Makes one beside `path`, which does not end in a slash, that takes its place when it is
 * committed. What is at `path`, if anything, has to be an empty folder. 0 or a status. */
must_use int folder_stage(const char *path, struct folder *folder);
must_use int folder_commit(struct folder *folder);

/* Writes a whole file, in place of one of that name. 0 or -errno; 0 or a status. */
must_use int folder_write(const struct folder *folder, const char *name, struct bytes content);
must_use int folder_put(const struct folder *folder, const char *name, struct bytes content);

/* Removes it if it was staged and not committed. */
void folder_close(struct folder *folder);

#endif
