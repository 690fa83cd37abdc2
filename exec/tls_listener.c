/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting TLS connections; see tls_listener.h. Whoever connects is a stranger: what one
 * holds is bounded, and one that stalls makes way. */
#include "exec/tls_listener.h"

#include "exec/check.h"
#include "exec/wasi/abi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listener {
    struct waiter waiter; /* first: an object is its listener */
    struct tls_streams *set;
    const struct tls_context *context;
    int64_t handle;
    struct tls_stream *pending[TLS_PENDING_MAX]; /* the longest idle first */
    size_t pending_count;
    struct tls_stream *done[TLS_PENDING_MAX]; /* to be given out, in this order */
    size_t done_count;
    uint64_t later; /* monotonic: when the host may be asked for more; 0: at once */
    bool asked;     /* about the handle */
    bool waited;    /* since it was last asked in vain: what is pending has gone on */
};

static struct listener *listener_of(struct object *o) { return (struct listener *)o; }

static struct tls_stream *remove_at(struct tls_stream **list, size_t *count, size_t index)
{
    struct tls_stream *s = list[index];
    memmove(&list[index], &list[index + 1], (*count - index - 1) * sizeof(struct tls_stream *));
    (*count)--;
    return s;
}

/* What is pending at `index` goes on. It moves behind the others when something came. */
static void carry_on(struct listener *l, size_t index)
{
    struct tls_stream *s = l->pending[index];
    const uint64_t came = s->wire.came;
    const int state = tls_stream_handshake(s);
    if (state == -EAGAIN && s->wire.came == came)
        return;
    (void)remove_at(l->pending, &l->pending_count, index);
    if (state == -EAGAIN)
        l->pending[l->pending_count++] = s;
    else if (state == 0)
        l->done[l->done_count++] = s;
    else
        tls_stream_drop(s);
}

/* Done ones are not given out faster than the program takes them: the rest waits at the
 * host. */
static bool has_room(const struct listener *l)
{
    return CHECK(listener_done, l->done_count < TLS_PENDING_MAX);
}

/* Handles or memory are short, and others may give some back. */
static int pause_a_while(struct listener *l, int64_t error)
{
    l->later = port_now(true) + TLS_PAUSE_NS;
    return (int)error;
}

/* As many as the host has, up to a bound, so that others get their turn. 0, or why there was
 * none. What there is no memory for is dropped, as one whose handshake fails. */
static int accept_some(struct listener *l)
{
    l->later = 0;
    for (size_t i = 0; i < TLS_PENDING_MAX && l->done_count + 1 < TLS_PENDING_MAX; i++) {
        const int64_t handle = port_accept(l->handle);
        if (handle == -EMFILE || handle == -ENOMEM)
            return pause_a_while(l, handle);
        if (handle < 0)
            return i > 0 && handle == -EAGAIN ? 0 : (int)handle;
        if (!CHECK(listener_pending, l->pending_count < TLS_PENDING_MAX))
            tls_stream_drop(remove_at(l->pending, &l->pending_count,
                                      CHECKED(listener_idlest, 0, TLS_PENDING_MAX - 1)));
        struct tls_stream *s;
        if (tls_stream_new(l->set, l->context, handle, &s) < 0)
            return pause_a_while(l, -EAGAIN);
        l->pending[l->pending_count++] = s;
        carry_on(l, l->pending_count - 1);
    }
    return 0;
}

/* Each of those pending, or those that `rows` or the clock stir, is looked at once: who goes
 * on may move or go. */
static void carry_on_all(struct listener *l, const struct port_poll_row *rows, size_t count)
{
    const uint64_t now = l->pending_count > 0 ? port_now(true) : 0;
    size_t left = l->pending_count;
    for (size_t i = 0; left > 0 && has_room(l); left--) {
        const struct tls_stream *s = l->pending[i];
        const bool asked = rows != NULL && s->row > 0 && s->row <= count;
        if (rows == NULL || (asked && rows[s->row - 1].ready != 0) || s->due <= now)
            carry_on(l, i);
        i += i < l->pending_count && l->pending[i] == s;
    }
}

/* A program may also ask again and again, and never wait. */
static int listener_accept(struct object *o, struct object **connection)
{
    struct listener *l = listener_of(o);
    if (l->done_count == 0 && !l->waited)
        carry_on_all(l, NULL, 0);
    const int error = l->done_count == 0 ? accept_some(l) : 0;
    if (l->done_count == 0) {
        l->waited = false;
        return error == 0 ? -EAGAIN : error;
    }
    *connection = &remove_at(l->done, &l->done_count, 0)->waiter.object;
    return 0;
}

static void listener_close(struct object *o)
{
    struct listener *l = listener_of(o);
    for (size_t i = 0; i < l->pending_count; i++)
        tls_stream_drop(l->pending[i]);
    for (size_t i = 0; i < l->done_count; i++)
        tls_stream_drop(l->done[i]);
    port_close(l->handle);
    free(l);
}

/* ---- waiting ---- */

static unsigned listener_ready(struct object *o)
{
    return listener_of(o)->done_count > 0 ? OBJECT_READABLE : 0;
}

static size_t listener_ask(struct waiter *w, maybe_unused unsigned want, struct port_poll_row *rows,
                           size_t room, uint64_t *timeout_ns)
{
    struct listener *l = (struct listener *)w;
    const uint64_t now = l->pending_count > 0 || l->later > 0 ? port_now(true) : 0;
    size_t count = 0;
    l->asked = has_room(l) && l->later <= now;
    if (l->later > now && l->later - now < *timeout_ns)
        *timeout_ns = l->later - now;
    if (l->asked)
        rows[count++] =
            (struct port_poll_row){.handle = (int32_t)l->handle, .want = PORT_POLL_READ};
    for (size_t i = 0; i < l->pending_count; i++) {
        struct tls_stream *s = l->pending[i];
        const uint64_t left = s->due > now ? s->due - now : 0;
        if (left < *timeout_ns)
            *timeout_ns = left;
        s->row = count < room ? (unsigned)count + 1 : 0;
        if (s->row > 0)
            rows[count++] = wire_row(&s->wire);
    }
    return count;
}

static unsigned listener_answer(struct waiter *w, const struct port_poll_row *rows, size_t count)
{
    struct listener *l = (struct listener *)w;
    carry_on_all(l, rows, count);
    l->waited = true;
    if (l->asked && count > 0 && rows[0].ready != 0)
        (void)!accept_some(l);
    return listener_ready(&w->object);
}

static const struct waiter_ops listener_waiter = {.ask = listener_ask, .answer = listener_answer};

static const struct object_ops listener_ops = {
    .filetype = FILETYPE_SOCKET_STREAM,
    .accept = listener_accept,
    .ready = listener_ready,
    .close = listener_close,
    .waits = 1,
};

struct object *tls_listener_new(struct tls_streams *set, const struct tls_context *context,
                                int64_t handle)
{
    struct listener *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        port_close(handle);
        return NULL;
    }
    l->waiter = (struct waiter){.object = {.ops = &listener_ops}, .ops = &listener_waiter};
    l->set = set;
    l->context = context;
    l->handle = handle;
    return (struct object *)l;
}
