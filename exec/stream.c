/* SPDX-License-Identifier: Apache-2.0 */
/* Streams over the port; see stream.h. */
#include "exec/stream.h"

#include "exec/port.h"
#include "exec/wait.h"
#include "exec/wasi/abi.h"

#include <errno.h>
#include <stdlib.h>

struct stream {
    struct waiter waiter; /* first: an object is its stream */
    int64_t handle;
};

static struct stream *stream_of(struct object *o) { return (struct stream *)o; }

static int64_t stream_read(struct object *o, void *to, size_t size, unsigned flags)
{
    unsigned port_flags = flags & OBJECT_PEEK ? PORT_READ_PEEK : 0;
    return port_read(stream_of(o)->handle, to, size, port_flags);
}

static int64_t stream_write(struct object *o, const void *from, size_t size)
{
    return port_write(stream_of(o)->handle, from, size);
}

static int stream_accept(struct object *o, struct object **connection)
{
    int64_t handle = port_accept(stream_of(o)->handle);
    if (handle < 0)
        return (int)handle;
    *connection = stream_new_connection(handle);
    if (*connection == NULL) {
        port_close(handle);
        return -ECONNABORTED;
    }
    return 0;
}

static int stream_shutdown(struct object *o, unsigned how)
{
    unsigned port_how =
        (how & OBJECT_SHUT_RD ? PORT_SHUT_READ : 0) | (how & OBJECT_SHUT_WR ? PORT_SHUT_WRITE : 0);
    return (int)port_shutdown(stream_of(o)->handle, port_how);
}

static void stream_close(struct object *o)
{
    port_close(stream_of(o)->handle);
    free(o);
}

#define INPUT(type)                                                                \
    {                                                                              \
        .filetype = (type), .read = stream_read, .close = stream_close, .waits = 1 \
    }
#define OUTPUT(type)                                                                 \
    {                                                                                \
        .filetype = (type), .write = stream_write, .close = stream_close, .waits = 1 \
    }

static const struct object_ops input_ops[] = {INPUT(FILETYPE_UNKNOWN),
                                              INPUT(FILETYPE_CHARACTER_DEVICE)};
static const struct object_ops output_ops[] = {OUTPUT(FILETYPE_UNKNOWN),
                                               OUTPUT(FILETYPE_CHARACTER_DEVICE)};

static const struct object_ops listener_ops = {
    .filetype = FILETYPE_SOCKET_STREAM,
    .accept = stream_accept,
    .close = stream_close,
    .waits = 1,
};

static const struct object_ops connection_ops = {
    .filetype = FILETYPE_SOCKET_STREAM,
    .read = stream_read,
    .write = stream_write,
    .shutdown = stream_shutdown,
    .close = stream_close,
    .waits = 1,
};

static size_t stream_ask(struct waiter *w, unsigned want, struct port_poll_row *row,
                         maybe_unused size_t room, maybe_unused uint64_t *timeout_ns)
{
    const struct stream *s = (const struct stream *)w;
    const unsigned bits = (want & OBJECT_READABLE ? PORT_POLL_READ : 0) |
                          (want & OBJECT_WRITABLE ? PORT_POLL_WRITE : 0);
    *row = (struct port_poll_row){.handle = (int32_t)s->handle, .want = (uint16_t)bits};
    return 1;
}

static unsigned stream_answer(maybe_unused struct waiter *w, const struct port_poll_row *row,
                              maybe_unused size_t count)
{
    return (row->ready & PORT_POLL_READ ? OBJECT_READABLE : 0) |
           (row->ready & PORT_POLL_WRITE ? OBJECT_WRITABLE : 0) |
           (row->ready & PORT_POLL_HANGUP ? OBJECT_HANGUP : 0);
}

static const struct waiter_ops stream_waiter = {.ask = stream_ask, .answer = stream_answer};

static struct object *stream_new(const struct object_ops *ops, int64_t handle)
{
    struct stream *s = malloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct stream){.waiter = {.object = {.ops = ops}, .ops = &stream_waiter},
                         .handle = handle};
    return (struct object *)s;
}

struct object *stream_new_input(int64_t handle, bool terminal)
{
    return stream_new(&input_ops[terminal], handle);
}

struct object *stream_new_output(int64_t handle, bool terminal)
{
    return stream_new(&output_ops[terminal], handle);
}

struct object *stream_new_listener(int64_t handle) { return stream_new(&listener_ops, handle); }
struct object *stream_new_connection(int64_t handle) { return stream_new(&connection_ops, handle); }
