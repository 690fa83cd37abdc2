/* SPDX-License-Identifier: Apache-2.0 */
/* The file system of a keep: it lives in the keep's own memory, nothing of it
 * reaches host storage in the clear. Inodes with hard links, symlinks,
 * timestamps, a limit on the bytes held, paths resolved beneath a directory and
 * never above it. Results are counts or negative Linux errnos. */
#ifndef EXEC_VFS_VFS_H
#define EXEC_VFS_VFS_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>

struct vfs;
struct node;

enum node_type { NODE_FILE, NODE_DIR, NODE_SYMLINK };

/* Fills `to` with the whole content of file `index` of the manifest, digest
 * checked, the first time it is needed. 0 or a negative errno. */
typedef int vfs_load(void *context, size_t index, void *to, size_t size);

/* `size_max`: most bytes of all contents and names together. */
must_use int vfs_new(uint64_t size_max, vfs_load *load, void *load_context, struct vfs **out);
void vfs_free(struct vfs *v);

/* Build the initial tree; `path` is absolute and normalised, its parent exists
 * (made as a directory where `vfs_add_dir` is asked for a deeper path). */
must_use int vfs_add_dir(struct vfs *v, struct bytes path, uint64_t mtime_ns);
must_use int vfs_add_symlink(struct vfs *v, struct bytes path, struct bytes target,
                             uint64_t mtime_ns);
/* Content comes from vfs_load(index) on first use. */
must_use int vfs_add_file(struct vfs *v, struct bytes path, uint64_t size, uint64_t mtime_ns,
                          size_t index);

/* True when anything at or below `path` was changed since the tree was built. */
bool vfs_changed(struct vfs *v, struct bytes path);

/* Visits everything below directory `path`, parents before children. `name` is
 * relative to `path`, without a leading slash. Stops at the first negative
 * result and returns it. For regular files `data` is the whole content (null
 * where size is 0), for symlinks the target. */
struct vfs_entry {
    struct bytes name;
    enum node_type type;
    const uint8_t *data;
    uint64_t size;
    uint64_t mtime_ns;
};
must_use int vfs_walk(struct vfs *v, struct bytes path,
                      int (*visit)(void *context, const struct vfs_entry *entry), void *context);

#endif
