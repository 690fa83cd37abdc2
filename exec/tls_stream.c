/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections; see tls_stream.h. Trusts tls/ for what is plaintext. */
#include "exec/tls_stream.h"

#include "exec/check.h"
#include "exec/time.h"
#include "exec/tls_link.h"
#include "exec/wasi/abi.h"

#include <errno.h>
#include <stdlib.h>

static struct tls_stream *stream_of(struct object *o) { return (struct tls_stream *)o; }

void tls_stream_drop(struct tls_stream *s)
{
    if (s == NULL)
        return;
    tls_link_remove(&s->open);
    tls_link_remove(&s->late);
    s->set->closed_count -= tls_link_is_in(&s->closed);
    tls_link_remove(&s->closed);
    wire_close(&s->wire);
    free(s);
}

/* ---- what is late ---- */

/* Brings out what is outgoing, and remembers whether there is more. */
static void flush(struct tls_stream *s)
{
    (void)!wire_write(&s->wire, (struct bytes){0}, false);
    if (wire_is_flushed(&s->wire))
        tls_link_remove(&s->late);
    else if (!tls_link_is_in(&s->late))
        tls_link_append(&s->set->late, &s->late);
}

static size_t ask_late(struct tls_streams *set, struct port_poll_row *rows, size_t room,
                       uint64_t *timeout_ns)
{
    size_t count = 0;
    if (set->closed_count > 0) {
        const uint64_t due = TLS_LINKED(set->closed.next, closed)->due, now = port_now(true);
        const uint64_t left = due > now ? due - now : 0;
        *timeout_ns = left < *timeout_ns ? left : *timeout_ns;
    }
    for (struct tls_link *l = set->late.next; l != &set->late && count < room; l = l->next) {
        const struct tls_stream *s = TLS_LINKED(l, late);
        rows[count++] =
            (struct port_poll_row){.handle = (int32_t)s->wire.handle, .want = PORT_POLL_WRITE};
    }
    return count;
}

static void drop_overdue(struct tls_streams *set)
{
    const uint64_t now = set->closed_count > 0 ? port_now(true) : 0;
    while (set->closed_count > 0 &&
           !CHECK(stream_lingers, now < TLS_LINKED(set->closed.next, closed)->due))
        tls_stream_drop(TLS_LINKED(set->closed.next, closed));
}

static size_t ask(void *context, struct port_poll_row *rows, size_t room, uint64_t *timeout_ns)
{
    struct tls_streams *set = context;
    const struct wait_company *before = set->before;
    set->asked_before = 0;
    if (before != NULL)
        set->asked_before = before->ask(before->context, rows, room, timeout_ns);
    return set->asked_before +
           ask_late(set, rows + set->asked_before, room - set->asked_before, timeout_ns);
}

/* Whether the first `count` that are late may go on stands in `rows`. */
static void answer_late(struct tls_streams *set, const struct port_poll_row *rows, size_t count)
{
    struct tls_link *next = set->late.next;
    for (size_t i = 0; i < count; i++) {
        struct tls_stream *s = TLS_LINKED(next, late);
        next = next->next;
        if (rows[i].ready == 0)
            continue;
        flush(s);
        if (tls_link_is_in(&s->closed) && wire_is_flushed(&s->wire))
            tls_stream_drop(s);
    }
    drop_overdue(set);
}

static int answer(void *context, const struct port_poll_row *rows, size_t count)
{
    struct tls_streams *set = context;
    const struct wait_company *before = set->before;
    answer_late(set, rows + set->asked_before, count - set->asked_before);
    const int error = before == NULL ? 0 : before->answer(before->context, rows, set->asked_before);
    return error == 0 && set->ending && set->late.next == &set->late ? -ECANCELED : error;
}

void tls_streams_init(struct tls_streams *set, const struct wait_company *before)
{
    *set = (struct tls_streams){.before = before,
                                .company = {.ask = ask, .answer = answer, .context = set}};
    tls_link_init(&set->open);
    tls_link_init(&set->late);
    tls_link_init(&set->closed);
}

void tls_streams_end(struct tls_streams *set)
{
    while (tls_link_is_in(&set->open)) {
        struct tls_stream *s = TLS_LINKED(set->open.next, open);
        tls_link_remove(&s->open);
        tls_session_shutdown(s->wire.tls);
        flush(s);
    }
    set->ending = true;
    if (tls_link_is_in(&set->late))
        (void)wait_for(&set->company, NULL, 0, CHECKED(stream_ends, TLS_LINGER_NS, PORT_FOREVER));
}

/* ---- reading and writing ---- */

/* Whatever a peer did to make it fail, it is cut off. */
static int64_t cut(int64_t result)
{
    return result == -ECONNABORTED || result == -EPROTO ? -ECONNRESET : result;
}

static int64_t take(struct tls_stream *s, void *to, size_t size, bool peek)
{
    return peek ? tls_session_peek(s->wire.tls, to, size) : tls_session_read(s->wire.tls, to, size);
}

/* It waits for an answer to go out before it reads on [RFC 8446 4.6.3], and none will. */
static bool is_stuck(const struct tls_stream *s)
{
    return s->wire.broken && tls_session_room(s->wire.tls) == 0;
}

static int64_t stream_read(struct object *o, void *to, size_t size, unsigned flags)
{
    struct tls_stream *s = stream_of(o);
    const bool peek = (flags & OBJECT_PEEK) != 0;
    const uint64_t before = s->wire.came;
    if (s->no_more_reads || size == 0)
        return 0;
    int64_t got = take(s, to, size, peek);
    for (bool more = true; got == -EAGAIN && more;) {
        more = wire_receive(&s->wire) == 1 &&
               CHECK(stream_turn, s->wire.came - before < WIRE_TURN_MAX);
        got = take(s, to, size, peek);
    }
    flush(s);
    if (got == -EAGAIN && is_stuck(s))
        return -ECONNRESET;
    return cut(got);
}

static int64_t stream_write(struct object *o, const void *from, size_t size)
{
    struct tls_stream *s = stream_of(o);
    if (s->no_more_writes)
        return -EPIPE;
    flush(s);
    if (!s->wire.broken && !wire_is_flushed(&s->wire))
        return -EAGAIN;
    const int64_t taken = wire_write(&s->wire, (struct bytes){.data = from, .size = size}, false);
    flush(s);
    return taken == 0 && size > 0 ? -EAGAIN : taken;
}

static int stream_shutdown(struct object *o, unsigned how)
{
    struct tls_stream *s = stream_of(o);
    s->no_more_reads |= (how & OBJECT_SHUT_RD) != 0;
    if ((how & OBJECT_SHUT_WR) != 0 && !s->no_more_writes) {
        s->no_more_writes = true;
        tls_session_shutdown(s->wire.tls);
        flush(s);
    }
    return 0;
}

static void linger(struct tls_stream *s)
{
    struct tls_streams *set = s->set;
    if (!CHECK(stream_lingering, set->closed_count < TLS_LINGER_MAX))
        tls_stream_drop(TLS_LINKED(set->closed.next, closed));
    s->due = port_now(true) + TLS_LINGER_NS;
    tls_link_append(&set->closed, &s->closed);
    set->closed_count++;
}

static void stream_close(struct object *o)
{
    struct tls_stream *s = stream_of(o);
    tls_link_remove(&s->open);
    (void)stream_shutdown(o, OBJECT_SHUT_WR);
    if (wire_is_flushed(&s->wire))
        tls_stream_drop(s);
    else
        linger(s);
}

/* ---- waiting ---- */

static unsigned stream_ready(struct object *o)
{
    struct tls_stream *s = stream_of(o);
    uint8_t first = 0;
    if (s->state != 0)
        return s->state == -EAGAIN ? 0 : OBJECT_READABLE;
    const bool readable = s->no_more_reads || tls_session_peek(s->wire.tls, &first, 1) != -EAGAIN;
    return (readable ? OBJECT_READABLE : 0) | (wire_is_flushed(&s->wire) ? OBJECT_WRITABLE : 0);
}

static size_t stream_buffered(struct object *o)
{
    return tls_session_buffered(stream_of(o)->wire.tls);
}

static size_t stream_ask(struct waiter *w, unsigned want, struct port_poll_row *row,
                         maybe_unused size_t room, maybe_unused uint64_t *timeout_ns)
{
    const struct tls_stream *s = (struct tls_stream *)w;
    *row = wire_row(&s->wire);
    if (!CHECK(stream_wire, (want & OBJECT_READABLE) != 0))
        row->want &= PORT_POLL_WRITE;
    return 1;
}

/* The wire is read only for who wants to: else what a peer sends would be taken in, and not
 * held back by the host's buffers. */
static unsigned stream_answer(struct waiter *w, const struct port_poll_row *row,
                              maybe_unused size_t count)
{
    struct tls_stream *s = (struct tls_stream *)w;
    if (s->state == -EAGAIN)
        (void)tls_stream_handshake(s);
    else if (row->ready & PORT_POLL_READ)
        (void)!wire_receive(&s->wire);
    if (row->ready != 0)
        flush(s);
    return stream_ready(&w->object) | (row->ready & PORT_POLL_HANGUP ? OBJECT_HANGUP : 0);
}

static const struct waiter_ops stream_waiter = {.ask = stream_ask, .answer = stream_answer};

static const struct object_ops stream_ops = {
    .filetype = FILETYPE_SOCKET_STREAM,
    .read = stream_read,
    .write = stream_write,
    .shutdown = stream_shutdown,
    .ready = stream_ready,
    .buffered = stream_buffered,
    .close = stream_close,
    .waits = 1,
};

/* ---- the handshake ---- */

int tls_stream_new(struct tls_streams *set, const struct tls_context *context, int64_t handle,
                   struct tls_stream **out)
{
    const int64_t now = (int64_t)(time_now(NULL, false) / 1000000000u);
    struct tls_stream *s = calloc(1, sizeof(*s));
    struct tls_session *tls = NULL;
    if (s == NULL || tls_session_open(context, now, &tls) < 0) {
        free(s);
        port_close(handle);
        return -ENOMEM;
    }
    s->waiter = (struct waiter){.object = {.ops = &stream_ops}, .ops = &stream_waiter};
    s->wire = (struct wire){.tls = tls, .handle = handle};
    s->set = set;
    s->state = -EAGAIN;
    s->due = port_now(true) + TLS_HANDSHAKE_NS;
    tls_link_init(&s->open);
    tls_link_init(&s->late);
    tls_link_init(&s->closed);
    *out = s;
    return 0;
}

int tls_stream_handshake(struct tls_stream *s)
{
    bool more = s->state == -EAGAIN;
    while (more) {
        s->state = tls_session_handshake(s->wire.tls);
        flush(s);
        more = s->state == -EAGAIN && wire_receive(&s->wire) == 1;
    }
    if (s->state == -EAGAIN) {
        s->state = tls_session_handshake(s->wire.tls);
        flush(s);
    }
    if (s->state == -EAGAIN && !CHECK(stream_shakes, port_now(true) < s->due))
        s->state = -ETIMEDOUT;
    if (s->state == 0 && !tls_link_is_in(&s->open))
        tls_link_append(&s->set->open, &s->open);
    return s->state;
}

int tls_stream_connect(struct tls_stream *s)
{
    struct wait_row row = {.object = &s->waiter.object, .want = OBJECT_READABLE | OBJECT_WRITABLE};
    int result = tls_stream_handshake(s);
    if (result == -EAGAIN)
        result = wait_for(&s->set->company, &row, 1,
                          CHECKED(stream_connects, TLS_HANDSHAKE_NS, PORT_FOREVER));
    if (result < 0 && s->state == -EAGAIN)
        return result;
    return s->state == -EAGAIN ? -ETIMEDOUT : s->state;
}
