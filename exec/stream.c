/* SPDX-License-Identifier: Apache-2.0 */
/* Streams over the port; see stream.h. The host's word on readiness is a hint:
 * nothing but waiting depends on it. */
#include "exec/stream.h"

#include "exec/port.h"

#include <errno.h>
#include <stdlib.h>

/* [WASI preview1 filetype] */
#define FILETYPE_UNKNOWN          0
#define FILETYPE_CHARACTER_DEVICE 2
#define FILETYPE_SOCKET_STREAM    6

struct stream {
    struct object object; /* first: an object is its stream */
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
        return -ENOMEM;
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

static struct object *stream_new(const struct object_ops *ops, int64_t handle)
{
    struct stream *s = malloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct stream){.object = {.ops = ops}, .handle = handle};
    return &s->object;
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

static void ask_for(const struct wait_row *rows, struct port_poll_row *polls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned want = (rows[i].want & OBJECT_READABLE ? PORT_POLL_READ : 0) |
                        (rows[i].want & OBJECT_WRITABLE ? PORT_POLL_WRITE : 0);
        polls[i] = (struct port_poll_row){.handle = (int32_t)stream_of(rows[i].object)->handle,
                                          .want = (uint16_t)want};
    }
}

/* The host may wake us early; it may not make us spin past the deadline. What it
 * writes into a row beside `ready` is dropped. A keep leaves its enclave to read the
 * clock: only where there is a deadline. */
static int64_t poll_until_ready(const struct wait_row *rows, struct port_poll_row *polls,
                                size_t count, uint64_t timeout_ns)
{
    const bool bounded = timeout_ns != 0 && timeout_ns != PORT_FOREVER;
    const uint64_t start = bounded ? port_now(true) : 0;
    uint64_t left = timeout_ns;
    for (;;) {
        ask_for(rows, polls, count);
        int64_t ready = port_poll(polls, count, left);
        if (ready != 0 || left == 0)
            return ready;
        if (!bounded)
            continue;
        const uint64_t passed = port_now(true) - start;
        left = passed < timeout_ns ? timeout_ns - passed : 0;
    }
}

int stream_wait(struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    struct port_poll_row polls[PORT_POLL_MAX];
    if (count > PORT_POLL_MAX)
        return -EINVAL;
    int64_t ready = poll_until_ready(rows, polls, count, timeout_ns);
    for (size_t i = 0; i < count; i++) {
        unsigned got = ready > 0 ? polls[i].ready : 0;
        rows[i].ready = (got & PORT_POLL_READ ? OBJECT_READABLE : 0) |
                        (got & PORT_POLL_WRITE ? OBJECT_WRITABLE : 0) |
                        (got & PORT_POLL_HANGUP ? OBJECT_HANGUP : 0);
    }
    return (int)ready;
}
