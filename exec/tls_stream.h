/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections over the port, as objects for WASI: the program reads and writes plain
 * bytes. What a peer or the host tampers with or cuts is -ECONNRESET, never an end.
 *
 * Records are whole or nothing: what the wire has not yet taken of one waits in the keep, and
 * goes on whatever the program waits for. That is what a struct tls_streams is for: it is
 * company in every wait. */
#ifndef EXEC_TLS_STREAM_H
#define EXEC_TLS_STREAM_H

#include "base/attr.h"
#include "exec/wait.h"
#include "exec/wire.h"

#include <stdbool.h>

#define TLS_HANDSHAKE_NS 10000000000u /* from a connection to the end of its handshake */
#define TLS_LINGER_NS    10000000000u /* for the wire to take what a closed one has left */
#define TLS_LINGER_MAX   256u         /* closed ones; the oldest is cut for one more */

struct tls_link {
    struct tls_link *prev, *next; /* itself: in no list */
};

struct tls_streams {
    struct tls_link open;   /* with a handshake done, not closed by the program */
    struct tls_link late;   /* with something that the wire has not taken */
    struct tls_link closed; /* of those, what the program has closed, oldest first */
    size_t closed_count;
    const struct wait_company *before; /* whoever else is to be served; null: nobody */
    size_t asked_before;               /* rows of theirs */
    bool ending;                       /* waits end when nothing is late */
    struct wait_company company;
};

struct tls_stream {
    struct waiter waiter; /* first: an object is its stream */
    struct wire wire;
    struct tls_streams *set;
    struct tls_link open, late, closed;
    uint64_t due; /* monotonic: when a handshake, or lingering, has taken too long */
    unsigned row; /* of the last ask: its place there, from 1 on; 0: not asked about */
    int state;    /* of the handshake: 0, -EAGAIN or why it failed */
    bool no_more_reads;
    bool no_more_writes;
};

/* An empty set, to be company in the place of `before`. It stays where it is. */
void tls_streams_init(struct tls_streams *set, const struct wait_company *before);

/* The program is over: ends each open connection as it ought to be ended, and waits until
 * the wire has taken all, for TLS_LINGER_NS at most. */
void tls_streams_end(struct tls_streams *set);

/* A connection on `handle` whose handshake has yet to begin. Owns the handle from here on,
 * even on failure. 0 or -ENOMEM. */
must_use int tls_stream_new(struct tls_streams *set, const struct tls_context *context,
                            int64_t handle, struct tls_stream **out);

/* Carries on the handshake as far as it goes: 0 when it is done, -EAGAIN, -ETIMEDOUT, or
 * what tls_session_handshake() says. */
int tls_stream_handshake(struct tls_stream *s);

/* Waits for its end, among what the set is company to. The same, but for -EAGAIN. */
must_use int tls_stream_connect(struct tls_stream *s);

/* Closes it without a word more, and frees it. Null is none. */
void tls_stream_drop(struct tls_stream *s);

#endif
