/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors themselves: close, renumber, what they are, how they behave. */
#include "base/put.h"
#include "exec/wasi/filestat.h"
#include "exec/wasi/state.h"

#include <string.h>

uint32_t wasi_fd_close(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    if (fdtab_get(&w->fds, args[0]) == NULL)
        return WASI_EBADF;
    fdtab_close(&w->fds, (uint32_t)args[0]);
    return WASI_SUCCESS;
}

uint32_t wasi_fd_renumber(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    if (fdtab_get(&w->fds, args[0]) == NULL || fdtab_get(&w->fds, args[1]) == NULL)
        return WASI_EBADF;
    fdtab_move(&w->fds, (uint32_t)args[0], (uint32_t)args[1]);
    return WASI_SUCCESS;
}

/* [WASI preview1 fdstat] A stream has neither the right to seek nor to tell: by
 * that, on a character device, C libraries know a terminal. */
uint32_t wasi_fd_fdstat_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[1], FDSTAT_SIZE, 8);
    if (out == NULL)
        return WASI_EFAULT;
    const struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    enum filetype type = filetype_of(f);
    struct put p = put_init(out, FDSTAT_SIZE);
    put_le16(&p, (uint16_t)type);
    put_le16(&p, (uint16_t)f->flags);
    put_le32(&p, 0);
    put_le64(&p, f->rights);
    put_le64(&p, type == FILETYPE_DIRECTORY ? RIGHTS_BELOW : 0);
    return WASI_SUCCESS;
}

/* The three flags for synchronous writes hold always: nothing outlives the keep. */
uint32_t wasi_fd_fdstat_set_flags(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    if (args[1] > FDFLAGS_ALL)
        return WASI_EINVAL;
    f->flags = (uint32_t)args[1];
    return WASI_SUCCESS;
}

uint32_t wasi_fd_fdstat_set_rights(struct wasi *w, maybe_unused struct mem mem,
                                   const uint64_t *args)
{
    return fdtab_get(&w->fds, args[0]) == NULL ? WASI_EBADF : WASI_ENOTSUP;
}

/* Libraries look for directories from 3 on and stop at the first EBADF: what else
 * is open among them has to answer something. */
uint32_t wasi_fd_prestat_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[1], PRESTAT_SIZE, 4);
    if (out == NULL)
        return WASI_EFAULT;
    const struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL || (f->preopen.size == 0 && (args[0] < FIRST_DIR || args[0] > w->last_dir)))
        return WASI_EBADF;
    struct put p = put_init(out, PRESTAT_SIZE);
    put_le32(&p, f->preopen.size != 0 ? PREOPENTYPE_DIR : PREOPENTYPE_OTHER);
    put_le32(&p, (uint32_t)f->preopen.size);
    return WASI_SUCCESS;
}

uint32_t wasi_fd_prestat_dir_name(struct wasi *w, struct mem mem, const uint64_t *args)
{
    const struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    if (f->preopen.size == 0)
        return WASI_ENOTDIR;
    if (f->preopen.size > args[2])
        return WASI_ENAMETOOLONG;
    uint8_t *out = mem_at(mem, args[1], args[2], 1);
    if (out == NULL)
        return WASI_EFAULT;
    memcpy(out, f->preopen.data, f->preopen.size);
    return WASI_SUCCESS;
}
