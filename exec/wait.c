/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting; see wait.h. */
#include "exec/wait.h"

#include <errno.h>

struct wait {
    const struct wait_company *company; /* null: none */
    struct wait_row *rows;
    size_t count;
    struct port_poll_row polls[PORT_POLL_MAX]; /* the rows', then the company's */
    size_t poll_count;
};

static struct waiter *waiter_of(const struct wait_row *row) { return (struct waiter *)row->object; }

/* Something is ready without asking anyone. */
static bool is_known(const struct wait_row *row)
{
    const struct object_ops *ops = row->object->ops;
    return ops->ready != NULL && (ops->ready(row->object) & row->want) != 0;
}

static size_t room_for_company(const struct wait_company *c)
{
    return c == NULL ? 0 : WAIT_COMPANY_MIN;
}

/* The longest wait of this round. Until the answers come, `ready` of a row says how many
 * the port is asked about it. */
static uint64_t ask(struct wait *w, uint64_t timeout_ns)
{
    const struct wait_company *c = w->company;
    w->poll_count = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct wait_row *row = &w->rows[i];
        struct waiter *waiter = waiter_of(row);
        const size_t others = w->count - 1 - i + room_for_company(c);
        const size_t room = PORT_POLL_MAX - w->poll_count - others;
        struct port_poll_row *at = w->polls + w->poll_count;
        row->ready = (unsigned)waiter->ops->ask(waiter, row->want, at, room, &timeout_ns);
        w->poll_count += row->ready;
        if (is_known(row))
            timeout_ns = 0;
    }
    if (c != NULL)
        w->poll_count += c->ask(c->context, w->polls + w->poll_count, PORT_POLL_MAX - w->poll_count,
                                &timeout_ns);
    return timeout_ns;
}

static int answer(struct wait *w)
{
    size_t asked = 0;
    for (size_t i = 0; i < w->count; i++)
        asked += w->rows[i].ready;
    int error = 0;
    const struct wait_company *c = w->company;
    if (c != NULL)
        error = c->answer(c->context, w->polls + asked, w->poll_count - asked);
    const struct port_poll_row *next = w->polls;
    int ready = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct wait_row *row = &w->rows[i];
        struct waiter *waiter = waiter_of(row);
        const size_t count = row->ready;
        row->ready = waiter->ops->answer(waiter, next, count) & (row->want | OBJECT_HANGUP);
        next += count;
        ready += row->ready != 0;
    }
    return error < 0 ? error : ready;
}

/* The host may wake us early; it may not make us spin past the deadline. A keep may leave
 * its enclave to read the clock: only where there is a deadline. */
int wait_for(void *company, struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    struct wait w; /* large: what is not used is not cleared */
    if (count > PORT_POLL_MAX - room_for_company(company))
        return -EINVAL;
    w.company = company;
    w.rows = rows;
    w.count = count;
    const bool bounded = timeout_ns != 0 && timeout_ns != PORT_FOREVER;
    const uint64_t start = bounded ? port_now(true) : 0;
    uint64_t left = timeout_ns;
    for (;;) {
        const uint64_t longest = ask(&w, left);
        const int64_t polled = port_poll(w.polls, w.poll_count, longest);
        const int ready = polled < 0 ? (int)polled : answer(&w);
        if (ready != 0 || left == 0)
            return ready;
        if (!bounded)
            continue;
        const uint64_t passed = port_now(true) - start;
        left = passed < timeout_ns ? timeout_ns - passed : 0;
    }
}
