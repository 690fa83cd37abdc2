/* SPDX-License-Identifier: Apache-2.0 */
/* Standard streams over the channel; see console.h. */
#include "exec/console.h"

#include "exec/wait.h"
#include "exec/wasi/abi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Credit goes back when this much has been read: the owner can send while the rest is. */
#define CREDIT_STEP (CHANNEL_WINDOW / 2)

static bool is_detached(const struct console *c) { return (c->flags & CHANNEL_DETACHED) != 0; }

int console_init(struct console *c, uint32_t flags)
{
    *c = (struct console){.flags = flags, .input = malloc(CHANNEL_WINDOW)};
    if (c->input == NULL)
        return -ENOMEM;
    return is_detached(c) ? output_ring_init(&c->ring, CHANNEL_RING) : 0;
}

void console_fini(struct console *c)
{
    output_ring_fini(&c->ring);
    free(c->input);
    *c = (struct console){0};
}

/* ---- input ---- */

void console_input(struct console *c, struct bytes data)
{
    c->input_ended |= data.size == 0;
    const size_t left = c->input_ended ? 0 : CHANNEL_WINDOW - c->input_size;
    const size_t size = data.size < left ? data.size : left;
    const size_t at = (c->input_start + c->input_size) % CHANNEL_WINDOW;
    const size_t first = size < CHANNEL_WINDOW - at ? size : CHANNEL_WINDOW - at;
    if (size == 0)
        return;
    memcpy(c->input + at, data.data, first);
    memcpy(c->input, data.data + first, size - first);
    c->input_size += size;
}

/* What is contiguous of the first `size` bytes. */
static size_t copy_input(const struct console *c, uint8_t *to, size_t size)
{
    const size_t there = size < c->input_size ? size : c->input_size;
    const size_t first = CHANNEL_WINDOW - c->input_start;
    memcpy(to, c->input + c->input_start, there < first ? there : first);
    if (there > first)
        memcpy(to + first, c->input, there - first);
    return there;
}

static void give_credit(struct console *c)
{
    if (c->session == NULL || c->input_owed < CREDIT_STEP)
        return;
    struct put p = owner_session_message(c->session, CHANNEL_CREDIT, 8);
    if (p.bad)
        return;
    const uint32_t owed = (uint32_t)c->input_owed;
    channel_pair_put(&p, (struct channel_pair){.first = CHANNEL_STDIN, .second = owed});
    c->session->state.input += owed;
    c->input_owed = 0;
}

static int64_t read_input(struct console *c, void *to, size_t size, bool peek)
{
    if (c->input_size == 0)
        return c->input_ended ? 0 : -EAGAIN;
    const size_t got = copy_input(c, to, size);
    if (peek)
        return (int64_t)got;
    c->input_size -= got;
    c->input_start = c->input_size == 0 ? 0 : (c->input_start + got) % CHANNEL_WINDOW;
    c->input_owed += got;
    give_credit(c);
    return (int64_t)got;
}

/* ---- output ---- */

static uint32_t *credit_of(const struct console *c, enum channel_type type)
{
    return &c->session->state.credit[type == CHANNEL_STDERR];
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Bytes that may go to the session in one message. */
static size_t sendable(const struct console *c, enum channel_type type)
{
    if (c->session == NULL || c->session->over)
        return 0;
    const size_t room = least(owner_session_room(c->session), CHANNEL_DATA_MAX);
    return least(room, *credit_of(c, type));
}

/* Bytes of output that are taken now. Nothing is lost while somebody is attached. */
static size_t output_room(const struct console *c, enum channel_type type)
{
    if (!is_detached(c))
        return sendable(c, type);
    return c->session == NULL ? SIZE_MAX : output_ring_room(&c->ring);
}

static void send_output(struct console *c, enum channel_type type, struct bytes data)
{
    struct put p = owner_session_message(c->session, type, data.size);
    put_bytes(&p, data);
    *credit_of(c, type) -= (uint32_t)data.size;
    owner_session_flush(c->session);
}

static void keep_output(struct console *c, enum channel_type type, struct bytes data)
{
    output_ring_put(&c->ring, type, data);
    console_pump(c);
    if (c->session != NULL)
        owner_session_flush(c->session);
}

static int64_t write_output(struct console *c, enum channel_type type, const void *from,
                            size_t size)
{
    if (c->session == NULL && !is_detached(c))
        return -EPIPE;
    const struct bytes data = {.data = from, .size = least(size, output_room(c, type))};
    if (data.size == 0)
        return -EAGAIN;
    if (is_detached(c))
        keep_output(c, type, data);
    else
        send_output(c, type, data);
    return (int64_t)data.size;
}

bool console_log(struct console *c, enum port_level level, struct bytes text)
{
    if (!is_detached(c))
        return c->session == NULL || owner_session_log(c->session, level, text);
    uint8_t payload[4 + CHANNEL_LOG_MAX];
    struct put p = put_init(payload, sizeof(payload));
    put_le32(&p, level);
    put_bytes(&p, (struct bytes){.data = text.data, .size = least(text.size, CHANNEL_LOG_MAX)});
    if (output_room(c, CHANNEL_LOG) < p.size)
        return false;
    keep_output(c, CHANNEL_LOG, put_done(&p));
    return true;
}

/* ---- from the ring to the session ---- */

static void send_lost(struct console *c)
{
    if (!c->lost_owed || c->kept > 0)
        return;
    struct put p = owner_session_message(c->session, CHANNEL_LOST, 8);
    c->lost_owed = p.bad;
    if (!p.bad)
        put_le64(&p, output_ring_lost(&c->ring));
}

static bool send_next(struct console *c)
{
    const struct output_record next = output_ring_next(&c->ring);
    const bool text = next.type == CHANNEL_LOG;
    const size_t size = text ? next.size : least(next.size, sendable(c, next.type));
    if (size == 0)
        return false;
    struct put p = owner_session_message(c->session, next.type, size);
    if (p.bad)
        return false;
    if (!text)
        *credit_of(c, next.type) -= (uint32_t)size;
    output_ring_send(&c->ring, p.data + p.size, (uint32_t)size);
    c->kept -= least(c->kept, size);
    send_lost(c);
    return true;
}

void console_pump(struct console *c)
{
    if (c->session == NULL || c->session->over)
        return;
    give_credit(c);
    if (!is_detached(c))
        return;
    send_lost(c);
    while (send_next(c))
        ;
}

void console_ack(struct console *c, enum channel_type type, uint32_t size)
{
    if (is_detached(c))
        output_ring_ack(&c->ring, type, size);
}

bool console_is_drained(struct console *c)
{
    return !is_detached(c) || output_ring_next(&c->ring).size == 0;
}

void console_attach(struct console *c, struct owner_session *s)
{
    c->session = s;
    c->input_start = 0;
    c->input_size = 0;
    c->input_owed = 0;
    output_ring_rewind(&c->ring);
    c->kept = output_ring_unsent(&c->ring);
    c->lost_owed = is_detached(c) && !s->state.deploys;
    console_pump(c);
}

void console_detach(struct console *c)
{
    c->session = NULL;
    output_ring_rewind(&c->ring);
}

/* ---- as objects ---- */

struct console_stream {
    struct waiter waiter; /* first: an object is its stream */
    struct console *console;
    enum channel_type type;
};

static struct console_stream *stream_of(struct object *o) { return (struct console_stream *)o; }

static unsigned stream_ready(struct object *o)
{
    const struct console_stream *s = stream_of(o);
    const struct console *c = s->console;
    if (s->type == CHANNEL_STDIN)
        return c->input_size > 0 || c->input_ended ? OBJECT_READABLE : 0;
    const bool fails = c->session == NULL && !is_detached(c);
    return fails || output_room(c, s->type) > 0 ? OBJECT_WRITABLE : 0;
}

static size_t stream_buffered(struct object *o) { return stream_of(o)->console->input_size; }

static int64_t stream_read(struct object *o, void *to, size_t size, unsigned flags)
{
    return read_input(stream_of(o)->console, to, size, (flags & OBJECT_PEEK) != 0);
}

static int64_t stream_write(struct object *o, const void *from, size_t size)
{
    return write_output(stream_of(o)->console, stream_of(o)->type, from, size);
}

static void stream_close(struct object *o) { free(o); }

static size_t stream_ask(maybe_unused struct waiter *w, maybe_unused unsigned want,
                         maybe_unused struct port_poll_row *rows, maybe_unused size_t room,
                         maybe_unused uint64_t *timeout_ns)
{
    return 0; /* its session is of the company */
}

static unsigned stream_answer(struct waiter *w, maybe_unused const struct port_poll_row *rows,
                              maybe_unused size_t count)
{
    return stream_ready(&w->object);
}

static const struct waiter_ops stream_waiter = {.ask = stream_ask, .answer = stream_answer};

#define INPUT(type)                                                     \
    {                                                                   \
        .filetype = (type), .read = stream_read, .ready = stream_ready, \
        .buffered = stream_buffered, .close = stream_close, .waits = 1  \
    }
#define OUTPUT(type)                                                                             \
    {                                                                                            \
        .filetype = (type), .write = stream_write, .ready = stream_ready, .close = stream_close, \
        .waits = 1                                                                               \
    }

static const struct object_ops input_ops[] = {INPUT(FILETYPE_UNKNOWN),
                                              INPUT(FILETYPE_CHARACTER_DEVICE)};
static const struct object_ops output_ops[] = {OUTPUT(FILETYPE_UNKNOWN),
                                               OUTPUT(FILETYPE_CHARACTER_DEVICE)};

struct object *console_new(struct console *c, unsigned stream)
{
    const bool terminal = (c->flags & (CHANNEL_TERMINAL_STDIN << stream)) != 0;
    const struct object_ops *ops = stream == 0 ? &input_ops[terminal] : &output_ops[terminal];
    struct console_stream *s = malloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct console_stream){.waiter = {.object = {.ops = ops}, .ops = &stream_waiter},
                                 .console = c,
                                 .type = CHANNEL_STDIN + stream};
    return (struct object *)s;
}
