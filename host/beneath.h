/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that stay below a directory: relative, names with '/' between them, no
 * symlink ever followed. Trusts nothing in a path. */
#ifndef HOST_BENEATH_H
#define HOST_BENEATH_H

#include "base/attr.h"
#include "base/cur.h"

#define BENEATH_NAME_MAX 255u

/* True for names none of which is empty, ".", ".." or too long, without NUL. */
bool beneath_path_ok(struct bytes path);

/* Opens directory `path`, "" for `root` itself, name by name. `flags` are O_PATH
 * or O_RDONLY. The caller closes it. A descriptor or -errno, -ENOTDIR or -ELOOP
 * for a symlink. */
must_use int beneath_open_dir(int root, struct bytes path, int flags);

/* True when a symlink at `path` leads below the root whatever lies there, other
 * such symlinks included: not absolute, ".." only at the beginning and no more
 * of them than `path` is deep. */
bool beneath_target_ok(struct bytes path, struct bytes target);

#endif
