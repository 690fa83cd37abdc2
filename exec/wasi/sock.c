/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: connections and the listeners they come from. */
#include "exec/wasi/state.h"
#include "exec/wasi/transfer.h"

#include <errno.h>

static uint32_t socket_at(struct wasi *w, uint64_t number, struct fd **out)
{
    *out = fdtab_get(&w->fds, number);
    if (*out == NULL)
        return WASI_EBADF;
    const struct object *o = (*out)->object;
    bool is_socket = o != NULL && (o->ops->filetype == FILETYPE_SOCKET_STREAM ||
                                   o->ops->filetype == FILETYPE_SOCKET_DGRAM);
    return is_socket ? WASI_SUCCESS : WASI_ENOTSOCK;
}

static int accept_waiting(struct wasi *w, const struct fd *f, struct object **connection)
{
    int rc;
    while ((rc = f->object->ops->accept(f->object, connection)) == -EAGAIN) {
        rc = transfer_wait(w, f, OBJECT_READABLE);
        if (rc < 0)
            break;
    }
    return rc;
}

/* args: listener, fdflags of the connection, its descriptor. */
uint32_t wasi_sock_accept(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *out = mem_at(mem, args[2], 4, 4);
    if (out == NULL)
        return WASI_EFAULT;
    struct fd *f;
    uint32_t e = socket_at(w, args[0], &f);
    if (e != WASI_SUCCESS)
        return e;
    if ((args[1] & ~(uint64_t)FDFLAG_NONBLOCK) != 0 || f->object->ops->accept == NULL)
        return WASI_EINVAL;
    uint32_t number;
    int rc = fdtab_reserve(&w->fds, &number);
    struct object *connection;
    if (rc == 0)
        rc = accept_waiting(w, fdtab_get(&w->fds, args[0]), &connection);
    if (rc < 0)
        return wasi_errno_of(rc);
    fdtab_set(&w->fds, number,
              &(struct fd){.object = connection,
                           .rights = transfer_rights(connection),
                           .flags = (uint32_t)args[1]});
    mem_put32(out, number);
    return WASI_SUCCESS;
}

/* args: socket, list, its count, riflags, bytes received, roflags. */
uint32_t wasi_sock_recv(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *size_out = mem_at(mem, args[4], 4, 4);
    uint8_t *flags_out = mem_at(mem, args[5], 2, 2);
    if (size_out == NULL || flags_out == NULL)
        return WASI_EFAULT;
    struct fd *f;
    uint32_t e = socket_at(w, args[0], &f);
    if (e != WASI_SUCCESS)
        return e;
    struct iovs iovs;
    e = iovs_load(mem, args[1], args[2], &iovs);
    if (e != WASI_SUCCESS)
        return e;
    if (args[3] > (RECV_PEEK | RECV_WAITALL))
        return WASI_EINVAL;
    if (f->object->ops->read == NULL)
        return WASI_ENOTCONN;
    int64_t n = transfer_recv(w, f, &iovs, (unsigned)args[3]);
    if (n < 0)
        return wasi_errno_of(n);
    mem_put32(size_out, (uint32_t)n);
    mem_put16(flags_out, 0); /* of a stream nothing is cut off */
    return WASI_SUCCESS;
}

/* args: socket, list, its count, siflags, bytes sent. */
uint32_t wasi_sock_send(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *size_out = mem_at(mem, args[4], 4, 4);
    if (size_out == NULL)
        return WASI_EFAULT;
    struct fd *f;
    uint32_t e = socket_at(w, args[0], &f);
    if (e != WASI_SUCCESS)
        return e;
    struct iovs iovs;
    e = iovs_load(mem, args[1], args[2], &iovs);
    if (e != WASI_SUCCESS)
        return e;
    if (args[3] != 0)
        return WASI_EINVAL;
    if (f->object->ops->write == NULL)
        return WASI_ENOTCONN;
    int64_t n = transfer_send(w, f, &iovs);
    if (n < 0)
        return wasi_errno_of(n);
    mem_put32(size_out, (uint32_t)n);
    return WASI_SUCCESS;
}

uint32_t wasi_sock_shutdown(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    struct fd *f;
    uint32_t e = socket_at(w, args[0], &f);
    if (e != WASI_SUCCESS)
        return e;
    if (args[1] == 0 || args[1] > (OBJECT_SHUT_RD | OBJECT_SHUT_WR))
        return WASI_EINVAL;
    if (f->object->ops->shutdown == NULL)
        return WASI_ENOTCONN;
    return wasi_errno_of(f->object->ops->shutdown(f->object, (unsigned)args[1]));
}
