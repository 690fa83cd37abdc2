/* SPDX-License-Identifier: Apache-2.0 */
/* poll_oneoff: clocks and streams in one wait. Subscriptions are copied once, so
 * that events may be written over them. */
#include "base/put.h"
#include "exec/vfs/vfs.h"
#include "exec/wasi/clock.h"
#include "exec/wasi/state.h"

#include <stdlib.h>

#define SUBSCRIPTIONS_MAX (4 * FDTAB_MAX)

struct subscription {
    uint64_t userdata;
    enum eventtype type;
    uint32_t subject;     /* clock or descriptor */
    uint64_t deadline;    /* on clock `subject` */
    struct wait_row *row; /* null: not for the host to say */
    /* The event: */
    bool happened;
    bool hangup;
    uint32_t error;
    uint64_t size; /* bytes there to be moved, as far as known */
};

struct poll {
    struct wasi *wasi;
    struct subscription *subscriptions;
    size_t count;
    struct wait_row *rows;
    size_t row_count;
    size_t events;
};

static void happen(struct poll *p, struct subscription *s, uint32_t error)
{
    s->happened = true;
    s->error = error;
    p->events++;
}

/* ---- what is subscribed to ---- */

/* [WASI preview1 subscription_clock] Preview 0 begins with an identifier. */
static uint32_t take_clock(const struct wasi *w, struct cur *c, enum preview preview,
                           struct subscription *s)
{
    if (preview == PREVIEW0)
        cur_take(c, 8);
    s->subject = cur_le32(c);
    cur_take(c, 4);
    uint64_t time = cur_le64(c);
    cur_take(c, 8); /* precision */
    uint16_t flags = cur_le16(c);
    if (!clock_is_known(s->subject) || flags > SUBCLOCK_ABSTIME)
        return WASI_EINVAL;
    s->deadline = time;
    if (flags != SUBCLOCK_ABSTIME) {
        s->subject = CLOCKID_MONOTONIC;
        if (__builtin_add_overflow(clock_now(w, CLOCKID_MONOTONIC), time, &s->deadline))
            s->deadline = UINT64_MAX;
    }
    return WASI_SUCCESS;
}

static uint32_t take(const struct wasi *w, struct cur *c, enum preview preview,
                     struct subscription *s)
{
    s->userdata = cur_le64(c);
    uint8_t type = cur_u8(c);
    cur_take(c, 7);
    struct cur u = cur_init(cur_take(c, SUBSCRIPTION_SIZE(preview) - 16));
    if (type > EVENT_FD_WRITE)
        return WASI_EINVAL;
    s->type = type;
    if (s->type == EVENT_CLOCK)
        return take_clock(w, &u, preview, s);
    s->subject = cur_le32(&u);
    return WASI_SUCCESS;
}

static void see_ready(struct poll *p, struct subscription *s, struct object *o, unsigned bits)
{
    unsigned want = s->type == EVENT_FD_READ ? OBJECT_READABLE : OBJECT_WRITABLE;
    if ((bits & (want | OBJECT_HANGUP)) == 0)
        return;
    s->hangup = (bits & OBJECT_HANGUP) != 0;
    if (s->type == EVENT_FD_READ && o->ops->buffered != NULL)
        s->size = o->ops->buffered(o);
    if (s->size == 0 && (bits & want) != 0)
        s->size = 1;
    happen(p, s, WASI_SUCCESS);
}

static void watch_stream(struct poll *p, struct subscription *s, struct object *o)
{
    if (!o->ops->waits) {
        see_ready(p, s, o, OBJECT_READABLE | OBJECT_WRITABLE);
        return;
    }
    if (o->ops->ready != NULL)
        see_ready(p, s, o, o->ops->ready(o));
    if (s->happened)
        return;
    s->row = &p->rows[p->row_count++];
    s->row->object = o;
    s->row->want = s->type == EVENT_FD_READ ? OBJECT_READABLE : OBJECT_WRITABLE;
}

/* A file is always ready. */
static void watch(struct poll *p, struct subscription *s)
{
    const struct fd *f = fdtab_get(&p->wasi->fds, s->subject);
    uint64_t right = s->type == EVENT_FD_READ ? RIGHT_FD_READ | RIGHT_SOCK_ACCEPT : RIGHT_FD_WRITE;
    if (f == NULL || (f->rights & right) == 0) {
        happen(p, s, WASI_EBADF);
    } else if (f->object != NULL) {
        watch_stream(p, s, f->object);
    } else {
        uint64_t end = node_stat(f->node).size;
        s->size = s->type == EVENT_FD_WRITE ? 1 : f->offset < end ? end - f->offset : 0;
        happen(p, s, WASI_SUCCESS);
    }
}

/* ---- waiting ---- */

/* Nanoseconds until something happens at the latest: 0 if it already has. */
static uint64_t see_clocks(struct poll *p)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        struct subscription *s = &p->subscriptions[i];
        if (s->type != EVENT_CLOCK || s->happened)
            continue;
        uint64_t now = clock_now(p->wasi, s->subject);
        if (s->deadline <= now)
            happen(p, s, WASI_SUCCESS);
        else if (s->deadline - now < least)
            least = s->deadline - now;
    }
    return p->events > 0 ? 0 : least;
}

static void see_rows(struct poll *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct subscription *s = &p->subscriptions[i];
        if (s->row != NULL && !s->happened)
            see_ready(p, s, s->row->object, s->row->ready);
    }
}

/* The host's answer may be nothing: then again. */
static uint32_t wait_for_events(struct poll *p)
{
    const struct wasi_host *host = &p->wasi->config.host;
    do {
        uint64_t timeout = see_clocks(p);
        if (p->row_count == 0 && timeout == 0)
            break;
        int rc = host->wait(host->context, p->rows, p->row_count, timeout);
        if (rc < 0)
            return wasi_errno_of(rc);
        see_rows(p);
    } while (p->events == 0);
    return WASI_SUCCESS;
}

/* [WASI preview1 event] */
static void put_events(const struct poll *p, uint8_t *to)
{
    struct put out = put_init(to, p->events * EVENT_SIZE);
    for (size_t i = 0; i < p->count; i++) {
        const struct subscription *s = &p->subscriptions[i];
        if (!s->happened)
            continue;
        put_le64(&out, s->userdata);
        put_le16(&out, (uint16_t)s->error);
        put_le16(&out, (uint16_t)s->type);
        put_le32(&out, 0);
        put_le64(&out, s->size);
        put_le64(&out, s->hangup ? EVENT_HANGUP : 0);
    }
}

static uint32_t run(struct poll *p, struct cur *in, enum preview preview)
{
    for (size_t i = 0; i < p->count; i++) {
        uint32_t e = take(p->wasi, in, preview, &p->subscriptions[i]);
        if (e != WASI_SUCCESS)
            return e;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->subscriptions[i].type != EVENT_CLOCK)
            watch(p, &p->subscriptions[i]);
    }
    return wait_for_events(p);
}

/* args: subscriptions, events, their count, events that happened. */
static uint32_t poll_oneoff(struct wasi *w, struct mem mem, const uint64_t *args,
                            enum preview preview)
{
    size_t size = args[2] * SUBSCRIPTION_SIZE(preview);
    const uint8_t *in = mem_at(mem, args[0], size, 8);
    uint8_t *events_out = mem_at(mem, args[1], args[2] * EVENT_SIZE, 8);
    uint8_t *count_out = mem_at(mem, args[3], 4, 4);
    if (in == NULL || events_out == NULL || count_out == NULL)
        return WASI_EFAULT;
    if (args[2] == 0 || args[2] > SUBSCRIPTIONS_MAX)
        return WASI_EINVAL;
    struct poll p = {
        .wasi = w,
        .subscriptions = calloc(args[2], sizeof(*p.subscriptions)),
        .count = args[2],
        .rows = calloc(args[2], sizeof(*p.rows)),
    };
    uint32_t e = WASI_ENOMEM;
    if (p.subscriptions != NULL && p.rows != NULL) {
        struct cur c = cur_init((struct bytes){.data = in, .size = size});
        e = run(&p, &c, preview);
    }
    if (e == WASI_SUCCESS) {
        put_events(&p, events_out);
        mem_put32(count_out, (uint32_t)p.events);
    }
    free(p.subscriptions);
    free(p.rows);
    return e;
}

uint32_t wasi_poll_oneoff(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return poll_oneoff(w, mem, args, PREVIEW1);
}

uint32_t wasi_poll_oneoff_preview0(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return poll_oneoff(w, mem, args, PREVIEW0);
}
