/* SPDX-License-Identifier: Apache-2.0 */
/* The file system of a keep: it lives in the keep's own memory, nothing of it
 * reaches host storage in the clear. Nodes with hard links, symlinks,
 * timestamps, a limit on the bytes held, paths resolved beneath a directory and
 * never above it. Trusts its caller for pointers, and nothing that is in a path.
 * Results are counts or negative Linux errnos. One thread at a time. */
#ifndef EXEC_VFS_VFS_H
#define EXEC_VFS_VFS_H

#include "base/attr.h"
#include "base/cur.h"

#include <stdbool.h>

struct vfs;
struct node;

enum node_type { NODE_FILE, NODE_DIR, NODE_SYMLINK };

#define VFS_NAME_MAX  255u     /* bytes of one name */
#define VFS_PATH_MAX  4095u    /* bytes of a path, or of a symlink's target */
#define VFS_HOPS_MAX  40u      /* symlinks followed on one path */
#define VFS_NODES_MAX 1000000u /* nodes; as many names at most */

/* ---- the whole ---- */

/* Fills `to` with the whole content of file `index` of the manifest, digest
 * checked, the first time it is needed. 0 or a negative errno, which is then the
 * answer to every later use of that content. */
typedef int vfs_load(void *context, size_t index, void *to, size_t size);

/* `size_max`: most bytes of all contents, symlink targets and names together. */
must_use int vfs_new(uint64_t size_max, vfs_load *load, void *load_context, struct vfs **out);

/* Frees every node, held or not. */
void vfs_free(struct vfs *v);

/* Build the initial tree; `path` is absolute and normalised, its parent exists
 * (made as a directory of the same time where `vfs_add_dir` is asked for a deeper
 * path). A directory may be added again, to set its time. Not after
 * vfs_open_root. */
must_use int vfs_add_dir(struct vfs *v, struct bytes path, uint64_t mtime_ns);
must_use int vfs_add_symlink(struct vfs *v, struct bytes path, struct bytes target,
                             uint64_t mtime_ns);
/* Content comes from vfs_load(index) on first use. */
must_use int vfs_add_file(struct vfs *v, struct bytes path, uint64_t size, uint64_t mtime_ns,
                          size_t index);

/* Opens the directory at absolute `path` as a place to start paths from. It and
 * the directories above it can no longer be removed or renamed (-EBUSY). With
 * `read_only` whatever is below is never changed, on whichever way it is reached
 * (-EROFS); a root inside another decides for what is below itself, and of two
 * on one directory the stricter counts. `out` is held. */
must_use int vfs_open_root(struct vfs *v, struct bytes path, bool read_only, struct node **out);

/* True when something at or below `path` was changed since the tree was built: a
 * name gone or with another node under it, a name that was not there, content
 * written or cut, times set. Reading is no change, nor is a new name that is
 * gone again. */
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

/* ---- by path ----
 *
 * A path begins at directory `start` and never leaves it: a path or symlink that
 * is absolute, or whose ".." would rise above `start`, is -EPERM (what WASI
 * calls "not capable"). Other failures common to all:
 *
 *   -ENOENT        something is missing, the path is empty, or `start` was removed
 *   -ENOTDIR       `start` or something on the way is no directory; a slash at the
 *                  end asks that of the last name too
 *   -ELOOP         more than VFS_HOPS_MAX symlinks
 *   -ENAMETOOLONG  path or name too long
 *   -EINVAL        a NUL in the path
 *   -ENOSPC        size_max or VFS_NODES_MAX reached
 *   -EROFS, -EBUSY see vfs_open_root
 *   -ENOMEM
 *
 * Nodes come back held: node_release gives them up. */

#define VFS_FOLLOW    1u  /* follow a symlink in the last place */
#define VFS_CREATE    2u  /* make an empty file where there is nothing */
#define VFS_EXCLUSIVE 4u  /* with VFS_CREATE: -EEXIST where there is something */
#define VFS_TRUNCATE  8u  /* cut a file to 0 bytes */
#define VFS_DIRECTORY 16u /* -ENOTDIR if it is none; not with VFS_CREATE (-EINVAL) */
#define VFS_WRITE     32u /* opened to change it: -EROFS if read only, -EISDIR if a directory */

/* As open(2). Without VFS_FOLLOW a symlink in the last place is -ELOOP. */
must_use int vfs_open(struct node *start, struct bytes path, unsigned how, struct node **out);

/* The node itself, a symlink too without `follow`: for stat and times by path. */
must_use int vfs_lookup(struct node *start, struct bytes path, bool follow, struct node **out);

must_use int vfs_mkdir(struct node *start, struct bytes path);
must_use int vfs_rmdir(struct node *start, struct bytes path);
/* -EISDIR for a directory. */
must_use int vfs_unlink(struct node *start, struct bytes path);
/* -EPERM for an absolute target, which nothing could follow. */
must_use int vfs_symlink(struct bytes target, struct node *start, struct bytes path);
/* Target, borrowed until the symlink is gone. -EINVAL if it is no symlink. */
must_use int vfs_readlink(struct node *start, struct bytes path, struct bytes *target);
/* -EPERM for a directory. A symlink is linked itself unless `follow`. */
must_use int vfs_link(struct node *from_start, struct bytes from, bool follow,
                      struct node *to_start, struct bytes to);
/* As rename(2): replaces atomically; nothing happens when both are one node;
 * -EINVAL for a directory into itself, -ENOTEMPTY, -EISDIR, -ENOTDIR. */
must_use int vfs_rename(struct node *from_start, struct bytes from, struct node *to_start,
                        struct bytes to);

/* ---- an open node ----
 *
 * Lives on without a name for as long as it is held. Contents are files only:
 * -EISDIR for a directory, -EINVAL for a symlink. Reading leaves atime alone. */

struct node *node_hold(struct node *n);
void node_release(struct node *n); /* null is fine */

struct node_stat {
    uint64_t ino;
    uint64_t nlink;
    uint64_t size; /* bytes of content or target; 0 for a directory */
    enum node_type type;
    uint64_t atime_ns;
    uint64_t mtime_ns;
    uint64_t ctime_ns;
};
struct node_stat node_stat(const struct node *n);

/* Null: leave as it is. */
must_use int node_set_times(struct node *n, const uint64_t *atime_ns, const uint64_t *mtime_ns);

/* Bytes read: fewer than asked at the end of the file, 0 beyond. */
must_use int64_t node_read(struct node *n, void *to, size_t size, uint64_t offset);
/* Bytes written: fewer than asked where size_max leaves room for some. A gap
 * between the end and `offset` reads as zeros. -EFBIG beyond INT64_MAX. */
must_use int64_t node_write(struct node *n, const void *from, size_t size, uint64_t offset);
/* Cuts, or grows with zeros. */
must_use int node_truncate(struct node *n, uint64_t size);
/* Grows to at least offset + size; never cuts. -EINVAL for a size of 0. */
must_use int node_allocate(struct node *n, uint64_t offset, uint64_t size);

struct node_entry {
    struct bytes name; /* borrowed until the directory changes */
    uint64_t ino;
    enum node_type type;
    uint64_t next; /* cookie of what follows */
};
/* The entry at `cookie` (0: start) or the first one after it. 1, 0 at the end,
 * or -ENOTDIR. First come "." and ".." (which tells the directory's own ino: what
 * is above is nobody's business). A cookie stays good for ever: whatever happens
 * in between, an entry present throughout is told exactly once. */
must_use int node_readdir(const struct node *dir, uint64_t cookie, struct node_entry *out);

#endif
