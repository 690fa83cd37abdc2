/* SPDX-License-Identifier: Apache-2.0 */
/* A deployed workload's standard streams, over whichever session its owner has: input as
 * far as credit was given for it, output as far as there is credit. Output of a detached
 * workload goes by a ring, where it stays until the owner gives credit for it. Never
 * waits. */
#ifndef EXEC_CONSOLE_H
#define EXEC_CONSOLE_H

#include "base/attr.h"
#include "exec/output_ring.h"
#include "exec/owner_session.h"
#include "exec/wasi/object.h"

struct console {
    struct owner_session *session; /* null: nobody is attached */
    uint32_t flags;                /* of WORKLOAD */
    struct output_ring ring;       /* of a detached workload, else empty */
    uint64_t kept;                 /* bytes in it from before the session, yet to be sent ... */
    bool lost_owed;                /* ... and behind them, what was lost */
    uint8_t *input;                /* CHANNEL_WINDOW bytes, round the end */
    size_t input_start;
    size_t input_size;
    size_t input_owed; /* bytes read that there was no credit for yet */
    bool input_ended;
};

/* `flags` as in WORKLOAD. 0 or -ENOMEM. */
must_use int console_init(struct console *c, uint32_t flags);
void console_fini(struct console *c);

/* Standard stream 0, 1 or 2: a waiter of exec/wait.h. Null when memory is short. */
struct object *console_new(struct console *c, unsigned stream);

/* The session, borrowed until the next call, has its READY: it gets what the ring holds and,
 * unless it brought the workload, LOST behind that.
 * Input that the one before it sent and nobody has read is dropped, as its credit is. */
void console_attach(struct console *c, struct owner_session *s);
void console_detach(struct console *c);

/* STDIN of the session's; with no bytes: its end, after which all is dropped. */
void console_input(struct console *c, struct bytes data);

/* The session has taken so many bytes of STDOUT or STDERR. */
void console_ack(struct console *c, enum channel_type type, uint32_t size);

/* Puts out what there is credit and room for; whoever waits flushes it. */
void console_pump(struct console *c);

/* All output has gone to the session. */
bool console_is_drained(struct console *c);

/* A text for the owner, in order with the output. False: there is no room for it now. */
bool console_log(struct console *c, enum port_level level, struct bytes text);

#endif
