/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting: the one place where exec asks the port to poll. An object that waits says
 * which rows of the port bear on it, and what it makes of the host's answers; those are
 * hints, and nothing but waiting depends on them. */
#ifndef EXEC_WAIT_H
#define EXEC_WAIT_H

#include "exec/port.h"
#include "exec/wasi/object.h"

struct waiter;

struct waiter_ops {
    /* Puts the rows of the port that bear on `want`, as many as there is room for, which is
     * one at least; returns how many. `*timeout_ns` is the longest wait: made shorter where
     * something is due before. */
    size_t (*ask)(struct waiter *w, unsigned want, struct port_poll_row *rows, size_t room,
                  uint64_t *timeout_ns);

    /* What is ready, as OBJECT_ bits, by those rows as the host answered them, in the same
     * order. May call the port: what lies on a wire is not yet what a reader gets. */
    unsigned (*answer)(struct waiter *w, const struct port_poll_row *rows, size_t count);
};

/* Whatever of exec's has object_ops.waits begins with this. */
struct waiter {
    struct object object;
    const struct waiter_ops *ops;
};

#define WAIT_COMPANY_MIN 8u /* rows that there is always room for */

/* Whoever has to be served while a program waits, whatever it waits for. */
struct wait_company {
    /* As waiter_ops.ask. */
    size_t (*ask)(void *context, struct port_poll_row *rows, size_t room, uint64_t *timeout_ns);

    /* Serves them. 0, or what the wait ends with. */
    int (*answer)(void *context, const struct port_poll_row *rows, size_t count);

    void *context;
};

/* As wasi_host.wait, whose context is a struct wait_company, or null. Rows hold waiters. */
int wait_for(void *company, struct wait_row *rows, size_t count, uint64_t timeout_ns);

#endif
