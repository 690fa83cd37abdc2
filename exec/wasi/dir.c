/* SPDX-License-Identifier: Apache-2.0 */
/* fd_readdir. Cookies are the file system's and stay good whatever happens to the
 * directory in between. */
#include "base/put.h"
#include "exec/vfs/vfs.h"
#include "exec/wasi/filestat.h"
#include "exec/wasi/state.h"

/* As much as still fits: the guest sees a full buffer and asks again. */
static void put_fitting(struct put *p, struct bytes from)
{
    size_t room = p->capacity - p->size;
    if (from.size > room)
        from.size = room;
    put_bytes(p, from);
}

/* [WASI preview1 dirent] */
static void put_entry(struct put *p, const struct node_entry *e)
{
    uint8_t dirent[DIRENT_SIZE];
    struct put d = put_init(dirent, sizeof(dirent));
    put_le64(&d, e->next);
    put_le64(&d, e->ino);
    put_le32(&d, (uint32_t)e->name.size);
    put_le32(&d, filetype_of_node(e->type));
    put_fitting(p, put_done(&d));
    put_fitting(p, e->name);
}

uint32_t wasi_fd_readdir(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[1], args[2], 1);
    uint8_t *used_out = mem_at(mem, args[4], 4, 4);
    if (out == NULL || used_out == NULL)
        return WASI_EFAULT;
    const struct fd *f = fdtab_get(&w->fds, args[0]);
    if (f == NULL)
        return WASI_EBADF;
    if (f->node == NULL)
        return WASI_ENOTDIR;
    struct put p = put_init(out, args[2]);
    struct node_entry e = {.next = args[3]};
    int rc;
    while ((rc = node_readdir(f->node, e.next, &e)) > 0 && p.size < p.capacity)
        put_entry(&p, &e);
    if (rc < 0)
        return wasi_errno_of(rc);
    mem_put32(used_out, (uint32_t)p.size);
    return WASI_SUCCESS;
}
