/* SPDX-License-Identifier: Apache-2.0 */
/* Moving bytes; see transfer.h. Trusts an object or node not to claim more bytes
 * than it was given room for. */
#include "exec/wasi/transfer.h"

#include "exec/vfs/vfs.h"
#include "exec/wasi/state.h"

#include <errno.h>

/* Small buffers are sent as one, so that a header and its body are one packet. */
#define GATHER_SIZE 16384u

uint64_t transfer_rights(const struct object *o)
{
    return RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE |
           (o->ops->read != NULL ? RIGHT_FD_READ : 0) |
           (o->ops->write != NULL ? RIGHT_FD_WRITE : 0) |
           (o->ops->accept != NULL ? RIGHT_SOCK_ACCEPT : 0) |
           (o->ops->shutdown != NULL ? RIGHT_SOCK_SHUTDOWN : 0);
}

int transfer_wait(struct wasi *w, const struct fd *f, unsigned want)
{
    if ((f->flags & FDFLAG_NONBLOCK) != 0 || !f->object->ops->waits)
        return -EAGAIN;
    struct wait_row row = {.object = f->object, .want = want};
    const struct wasi_host *host = &w->config.host;
    int rc = host->wait(host->context, &row, 1, UINT64_MAX);
    return rc < 0 ? rc : 0;
}

int64_t transfer_recv(struct wasi *w, const struct fd *f, const struct iovs *v, unsigned flags)
{
    bool peek = (flags & RECV_PEEK) != 0;
    bool all = (flags & RECV_WAITALL) != 0 && !peek;
    uint64_t done = 0;
    while (done < v->total) {
        struct iov run = iovs_run(v, done);
        int64_t n = f->object->ops->read(f->object, run.data, run.size, peek ? OBJECT_PEEK : 0);
        if (n == -EAGAIN && (done == 0 || all)) {
            n = transfer_wait(w, f, OBJECT_READABLE);
            if (n == 0)
                continue;
        }
        if (n <= 0)
            return done > 0 ? (int64_t)done : n;
        done += (uint64_t)n;
        if (!all && (peek || (uint64_t)n < run.size))
            break;
    }
    return (int64_t)done;
}

static int64_t send_next(struct object *o, const struct iovs *v, uint64_t done)
{
    struct iov run = iovs_run(v, done);
    uint8_t gathered[GATHER_SIZE];
    if (run.size < sizeof(gathered) && run.size < v->total - done) {
        run.size = iovs_gather(v, done, gathered, sizeof(gathered));
        run.data = gathered;
    }
    return o->ops->write(o, run.data, run.size);
}

int64_t transfer_send(struct wasi *w, const struct fd *f, const struct iovs *v)
{
    uint64_t done = 0;
    while (done < v->total) {
        int64_t n = send_next(f->object, v, done);
        if (n == -EAGAIN) {
            n = transfer_wait(w, f, OBJECT_WRITABLE);
            if (n == 0)
                continue;
        }
        if (n <= 0)
            return done > 0 ? (int64_t)done : n;
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

/* Every buffer in turn, until the file or its room ends. */
static int64_t move(struct node *file, const struct iovs *v, uint64_t offset, bool write)
{
    uint64_t done = 0;
    while (done < v->total) {
        struct iov run = iovs_run(v, done);
        int64_t n = write ? node_write(file, run.data, run.size, offset + done)
                          : node_read(file, run.data, run.size, offset + done);
        if (n < 0 && done == 0)
            return n;
        if (n <= 0)
            break;
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

int64_t transfer_pread(struct node *file, const struct iovs *v, uint64_t offset)
{
    return move(file, v, offset, false);
}

int64_t transfer_pwrite(struct node *file, const struct iovs *v, uint64_t offset)
{
    return move(file, v, offset, true);
}
