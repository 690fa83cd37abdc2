/* SPDX-License-Identifier: Apache-2.0 */
/* Open files: position, size, times. Everything lives in memory, so that there is
 * nothing to advise about and nothing to synchronise. */
#include "exec/vfs/vfs.h"
#include "exec/wasi/clock.h"
#include "exec/wasi/filestat.h"
#include "exec/wasi/state.h"

/* Null when the descriptor is no regular file. */
static struct fd *file_at(struct wasi *w, uint64_t number)
{
    struct fd *f = fdtab_get(&w->fds, number);
    return f != NULL && filetype_of(f) == FILETYPE_REGULAR_FILE ? f : NULL;
}

/* Null when the descriptor is neither file nor directory. */
static struct node *node_at(struct wasi *w, uint64_t number)
{
    const struct fd *f = fdtab_get(&w->fds, number);
    return f != NULL ? f->node : NULL;
}

uint32_t wasi_fd_advise(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    if (file_at(w, args[0]) == NULL)
        return WASI_EBADF;
    return args[3] > ADVICE_LAST ? WASI_EINVAL : WASI_SUCCESS;
}

uint32_t wasi_fd_allocate(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    const struct fd *f = file_at(w, args[0]);
    if (f == NULL || (f->rights & RIGHT_FD_WRITE) == 0)
        return WASI_EBADF;
    return wasi_errno_of(node_allocate(f->node, args[1], args[2]));
}

uint32_t wasi_fd_datasync(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    return node_at(w, args[0]) == NULL ? WASI_EBADF : WASI_SUCCESS;
}

uint32_t wasi_fd_sync(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return wasi_fd_datasync(w, mem, args);
}

static uint32_t filestat_get(struct wasi *w, struct mem mem, const uint64_t *args,
                             enum preview preview)
{
    uint8_t *out = mem_at(mem, args[1], FILESTAT_SIZE(preview), 8);
    if (out == NULL)
        return WASI_EFAULT;
    const struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    filestat_put(out, preview, filetype_of(f), f->node);
    return WASI_SUCCESS;
}

uint32_t wasi_fd_filestat_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return filestat_get(w, mem, args, PREVIEW1);
}

uint32_t wasi_fd_filestat_get_preview0(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return filestat_get(w, mem, args, PREVIEW0);
}

/* As ftruncate(2): a file not open for writing is EINVAL. */
uint32_t wasi_fd_filestat_set_size(struct wasi *w, maybe_unused struct mem mem,
                                   const uint64_t *args)
{
    const struct fd *f = file_at(w, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    if ((f->rights & RIGHT_FD_WRITE) == 0)
        return WASI_EINVAL;
    return wasi_errno_of(node_truncate(f->node, args[1]));
}

uint32_t wasi_fd_filestat_set_times(struct wasi *w, maybe_unused struct mem mem,
                                    const uint64_t *args)
{
    struct node *n = node_at(w, args[0]);
    return n == NULL ? WASI_EBADF : filestat_set_times(n, &args[1], clock_now(w, CLOCKID_REALTIME));
}

enum whence { WHENCE_SET, WHENCE_CUR, WHENCE_END, WHENCE_COUNT };

/* args: descriptor, offset, whence, new offset. `order` says what whence means. */
static uint32_t seek(struct wasi *w, struct mem mem, const uint64_t *args,
                     const enum whence order[static WHENCE_COUNT])
{
    uint8_t *out = mem_at(mem, args[3], 8, 8);
    if (out == NULL)
        return WASI_EFAULT;
    struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f != NULL && f->object != NULL)
        return WASI_ESPIPE;
    if (file_at(w, args[0]) == NULL)
        return WASI_EBADF;
    if (args[2] >= WHENCE_COUNT)
        return WASI_EINVAL;
    enum whence whence = order[args[2]];
    uint64_t from = whence == WHENCE_CUR   ? f->offset
                    : whence == WHENCE_END ? node_stat(f->node).size
                                           : 0;
    int64_t offset;
    if (__builtin_add_overflow((int64_t)from, (int64_t)args[1], &offset) || offset < 0)
        return WASI_EINVAL;
    f->offset = (uint64_t)offset;
    mem_put64(out, f->offset);
    return WASI_SUCCESS;
}

uint32_t wasi_fd_seek(struct wasi *w, struct mem mem, const uint64_t *args)
{
    static const enum whence order[] = {WHENCE_SET, WHENCE_CUR, WHENCE_END};
    return seek(w, mem, args, order);
}

uint32_t wasi_fd_seek_preview0(struct wasi *w, struct mem mem, const uint64_t *args)
{
    static const enum whence order[] = {WHENCE_CUR, WHENCE_END, WHENCE_SET};
    return seek(w, mem, args, order);
}

uint32_t wasi_fd_tell(struct wasi *w, struct mem mem, const uint64_t *args)
{
    static const enum whence order[] = {WHENCE_SET, WHENCE_CUR, WHENCE_END};
    const uint64_t here[] = {args[0], 0, WHENCE_CUR, args[1]};
    return seek(w, mem, here, order);
}
