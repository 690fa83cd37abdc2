/* SPDX-License-Identifier: Apache-2.0 */
/* Functions on paths. What a path may reach is the file system's to say; here it
 * is only made sure that it starts at a directory and is text. */
#include "exec/vfs/vfs.h"
#include "exec/wasi/clock.h"
#include "exec/wasi/filestat.h"
#include "exec/wasi/state.h"

#include <string.h>

struct place {
    struct node *start;
    struct bytes path;
};

/* `path` are two arguments: pointer and length. */
static uint32_t place_load(struct wasi *w, struct mem mem, uint64_t dir, const uint64_t *path,
                           struct place *out)
{
    const struct fd *f = fdtab_get(&w->fds, dir);
    if (f == NULL)
        return WASI_EBADF;
    if (filetype_of(f) != FILETYPE_DIRECTORY)
        return WASI_ENOTDIR;
    out->start = f->node;
    return mem_text(mem, path[0], path[1], &out->path);
}

/* args: dir, path. */
static uint32_t change(struct wasi *w, struct mem mem, const uint64_t *args,
                       int (*action)(struct node *start, struct bytes path))
{
    struct place p;
    uint32_t e = place_load(w, mem, args[0], &args[1], &p);
    return e != WASI_SUCCESS ? e : wasi_errno_of(action(p.start, p.path));
}

uint32_t wasi_path_create_directory(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return change(w, mem, args, vfs_mkdir);
}

uint32_t wasi_path_remove_directory(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return change(w, mem, args, vfs_rmdir);
}

uint32_t wasi_path_unlink_file(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return change(w, mem, args, vfs_unlink);
}

/* args: dir, lookupflags, path. The node found is held. */
static uint32_t lookup(struct wasi *w, struct mem mem, const uint64_t *args, struct node **out)
{
    struct place p;
    uint32_t e = place_load(w, mem, args[0], &args[2], &p);
    if (e != WASI_SUCCESS)
        return e;
    if (args[1] > LOOKUP_SYMLINK_FOLLOW)
        return WASI_EINVAL;
    return wasi_errno_of(vfs_lookup(p.start, p.path, args[1] == LOOKUP_SYMLINK_FOLLOW, out));
}

static uint32_t path_filestat_get(struct wasi *w, struct mem mem, const uint64_t *args,
                                  enum preview preview)
{
    uint8_t *out = mem_at(mem, args[4], FILESTAT_SIZE(preview), 8);
    if (out == NULL)
        return WASI_EFAULT;
    struct node *n;
    uint32_t e = lookup(w, mem, args, &n);
    if (e != WASI_SUCCESS)
        return e;
    filestat_put(out, preview, filetype_of_node(node_stat(n).type), n);
    node_release(n);
    return WASI_SUCCESS;
}

uint32_t wasi_path_filestat_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return path_filestat_get(w, mem, args, PREVIEW1);
}

uint32_t wasi_path_filestat_get_preview0(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return path_filestat_get(w, mem, args, PREVIEW0);
}

uint32_t wasi_path_filestat_set_times(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct node *n;
    uint32_t e = lookup(w, mem, args, &n);
    if (e != WASI_SUCCESS)
        return e;
    e = filestat_set_times(n, &args[4], clock_now(w, CLOCKID_REALTIME));
    node_release(n);
    return e;
}

/* args: old dir, lookupflags, old path, new dir, new path. */
uint32_t wasi_path_link(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct place from, to;
    uint32_t e = place_load(w, mem, args[0], &args[2], &from);
    if (e == WASI_SUCCESS)
        e = place_load(w, mem, args[4], &args[5], &to);
    if (e != WASI_SUCCESS)
        return e;
    if (args[1] > LOOKUP_SYMLINK_FOLLOW)
        return WASI_EINVAL;
    return wasi_errno_of(
        vfs_link(from.start, from.path, args[1] == LOOKUP_SYMLINK_FOLLOW, to.start, to.path));
}

uint32_t wasi_path_rename(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct place from, to;
    uint32_t e = place_load(w, mem, args[0], &args[1], &from);
    if (e == WASI_SUCCESS)
        e = place_load(w, mem, args[3], &args[4], &to);
    if (e != WASI_SUCCESS)
        return e;
    return wasi_errno_of(vfs_rename(from.start, from.path, to.start, to.path));
}

/* args: target, dir, path. */
uint32_t wasi_path_symlink(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct bytes target;
    struct place p;
    uint32_t e = mem_text(mem, args[0], args[1], &target);
    if (e == WASI_SUCCESS)
        e = place_load(w, mem, args[2], &args[3], &p);
    return e != WASI_SUCCESS ? e : wasi_errno_of(vfs_symlink(target, p.start, p.path));
}

/* args: dir, path, buffer, bytes used. A target too long for the buffer is cut. */
uint32_t wasi_path_readlink(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[3], args[4], 1);
    uint8_t *used_out = mem_at(mem, args[5], 4, 4);
    if (out == NULL || used_out == NULL)
        return WASI_EFAULT;
    struct place p;
    uint32_t e = place_load(w, mem, args[0], &args[1], &p);
    if (e != WASI_SUCCESS)
        return e;
    struct bytes target;
    int rc = vfs_readlink(p.start, p.path, &target);
    if (rc < 0)
        return wasi_errno_of(rc);
    size_t size = target.size < args[4] ? target.size : (size_t)args[4];
    memcpy(out, target.data, size);
    mem_put32(used_out, (uint32_t)size);
    return WASI_SUCCESS;
}

/* ---- path_open ---- */

static unsigned open_how(const uint64_t *args)
{
    uint64_t oflags = args[4];
    bool changes = (args[5] & RIGHT_FD_WRITE) != 0 || (oflags & OFLAG_TRUNC) != 0;
    return (args[1] == LOOKUP_SYMLINK_FOLLOW ? VFS_FOLLOW : 0) |
           (oflags & OFLAG_CREAT ? VFS_CREATE : 0) | (oflags & OFLAG_EXCL ? VFS_EXCLUSIVE : 0) |
           (oflags & OFLAG_TRUNC ? VFS_TRUNCATE : 0) |
           (oflags & OFLAG_DIRECTORY ? VFS_DIRECTORY : 0) | (changes ? VFS_WRITE : 0);
}

/* A file can be read and written as far as that was asked for. */
static uint64_t open_rights(const struct node *n, uint64_t asked)
{
    if (node_stat(n).type == NODE_DIR)
        return RIGHTS_DIR;
    return RIGHTS_FILE & (asked | ~(uint64_t)(RIGHT_FD_READ | RIGHT_FD_WRITE));
}

/* args: dir, lookupflags, path, oflags, rights, rights below, fdflags, descriptor.
 * What is asked for below a directory is not kept: it may be everything. */
uint32_t wasi_path_open(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[8], 4, 4);
    if (out == NULL)
        return WASI_EFAULT;
    struct place p;
    uint32_t e = place_load(w, mem, args[0], &args[2], &p);
    if (e != WASI_SUCCESS)
        return e;
    if (args[1] > LOOKUP_SYMLINK_FOLLOW || args[4] > OFLAGS_ALL || args[7] > FDFLAGS_ALL)
        return WASI_EINVAL;
    uint32_t number;
    int rc = fdtab_reserve(&w->fds, &number);
    struct fd f = {.flags = (uint32_t)args[7]};
    if (rc == 0)
        rc = vfs_open(p.start, p.path, open_how(args), &f.node);
    if (rc < 0)
        return wasi_errno_of(rc);
    f.rights = open_rights(f.node, args[5]);
    fdtab_set(&w->fds, number, &f);
    mem_put32(out, number);
    return WASI_SUCCESS;
}
