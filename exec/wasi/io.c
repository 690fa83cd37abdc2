/* SPDX-License-Identifier: Apache-2.0 */
/* fd_read, fd_write and their positioned forms. */
#include "exec/vfs/vfs.h"
#include "exec/wasi/state.h"
#include "exec/wasi/transfer.h"

/* The guest's request, checked: args are descriptor, list, its count. */
struct request {
    struct fd *f;
    struct iovs iovs;
    uint8_t *size_out;
};

static uint32_t load(struct wasi *w, struct mem mem, const uint64_t *args, uint64_t size_out,
                     uint64_t right, struct request *r)
{
    r->size_out = mem_at(mem, size_out, 4, 4);
    if (r->size_out == NULL)
        return WASI_EFAULT;
    r->f = fdtab_get(&w->fds, args[0]);
    if (r->f == NULL || (r->f->rights & right) == 0)
        return WASI_EBADF;
    return iovs_load(mem, args[1], args[2], &r->iovs);
}

static uint32_t finish(const struct request *r, int64_t n)
{
    if (n < 0)
        return wasi_errno_of(n);
    mem_put32(r->size_out, (uint32_t)n);
    return WASI_SUCCESS;
}

/* Appending ignores the offset, as on Linux. */
static uint64_t write_offset(const struct fd *f, uint64_t offset)
{
    return (f->flags & FDFLAG_APPEND) != 0 ? node_stat(f->node).size : offset;
}

uint32_t wasi_fd_read(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct request r;
    uint32_t e = load(w, mem, args, args[3], RIGHT_FD_READ, &r);
    if (e != WASI_SUCCESS)
        return e;
    if (r.f->object != NULL)
        return finish(&r, transfer_recv(w, r.f, &r.iovs, 0));
    int64_t n = transfer_pread(r.f->node, &r.iovs, r.f->offset);
    if (n > 0)
        r.f->offset += (uint64_t)n;
    return finish(&r, n);
}

uint32_t wasi_fd_write(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct request r;
    uint32_t e = load(w, mem, args, args[3], RIGHT_FD_WRITE, &r);
    if (e != WASI_SUCCESS)
        return e;
    if (r.f->object != NULL)
        return finish(&r, transfer_send(w, r.f, &r.iovs));
    uint64_t offset = write_offset(r.f, r.f->offset);
    int64_t n = transfer_pwrite(r.f->node, &r.iovs, offset);
    if (n > 0)
        r.f->offset = offset + (uint64_t)n;
    return finish(&r, n);
}

uint32_t wasi_fd_pread(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct request r;
    uint32_t e = load(w, mem, args, args[4], RIGHT_FD_READ, &r);
    if (e != WASI_SUCCESS)
        return e;
    if (r.f->object != NULL)
        return WASI_ESPIPE;
    return finish(&r, transfer_pread(r.f->node, &r.iovs, args[3]));
}

uint32_t wasi_fd_pwrite(struct wasi *w, struct mem mem, const uint64_t *args)
{
    struct request r;
    uint32_t e = load(w, mem, args, args[4], RIGHT_FD_WRITE, &r);
    if (e != WASI_SUCCESS)
        return e;
    if (r.f->object != NULL)
        return WASI_ESPIPE;
    return finish(&r, transfer_pwrite(r.f->node, &r.iovs, write_offset(r.f, args[3])));
}
