/* SPDX-License-Identifier: Apache-2.0 */
/* The deployment channel at the keep: its listener, the session that brings the workload
 * or is attached to it, and those that want to be. Served whenever the keep waits, and
 * never waits itself, so that no session holds up another one or the workload. Which
 * message may come is keep_state's to say. */
#ifndef EXEC_OWNER_CHANNEL_H
#define EXEC_OWNER_CHANNEL_H

#include "base/attr.h"
#include "exec/console.h"
#include "exec/delivery.h"
#include "exec/identity.h"
#include "exec/keep_state.h"
#include "exec/owner_session.h"
#include "exec/wait.h"
#include "exec/wasi/wasi.h"
#include "tls/certificate.h"

#define OWNER_PENDING_MAX 4u

/* Ticks of the processor between looks at the port while the workload is busy: some
 * milliseconds on any, and cheaper to ask for than the time. */
#define OWNER_LOOK_TICKS 20000000u

struct owner_channel {
    struct wait_company company; /* waits end with -EINTR once the workload has to end */
    struct keep_state state;
    struct keep_identity identity;
    struct tls_identity own;
    uint8_t cert[TLS_CERTIFICATE_MAX];
    int64_t listener;

    struct owner_session *current; /* brings the workload, or is attached; null: none */
    struct owner_session *pending[OWNER_PENDING_MAX];
    struct owner_session *asked[OWNER_PENDING_MAX + 1]; /* sessions of this round's rows */
    size_t asked_count;

    struct delivery delivery;
    bool delivered; /* whole, to be loaded */
    bool failed;    /* there will never be a workload */

    struct console console;
    struct wasi_stop stop;
    unsigned attached; /* sessions so far that had their READY */
    bool told;         /* one of them has got EXIT */
    uint64_t looked;   /* nanoseconds: at the port */
    uint64_t ticks;    /* the same in ticks */
    struct owner_buffer buffer;
};

/* Makes the keep's identity and listens. `c` stays where it is. `files_size` is what the keep has
 * room for. 0 or -errno. */
must_use int owner_channel_open(struct owner_channel *c, uint64_t files_size);

/* Wipes the identity and what was delivered, and closes every session. */
void owner_channel_close(struct owner_channel *c);

/* For wasi_host.serve, whose context is the channel's company. */
void owner_channel_look(void *company);

/* Serves whatever comes, once: waits for it `timeout_ns` at most. 0 or -errno. */
must_use int owner_channel_serve(struct owner_channel *c, uint64_t timeout_ns);

/* Serves until `done`. False: the session that was current has gone or lost its place; or
 * nothing went out to it for `patience_ns`, and it was let go. */
bool owner_channel_serve_until(struct owner_channel *c, bool (*done)(struct owner_channel *c),
                               uint64_t patience_ns);

/* The current session broke a rule. */
void owner_channel_refuse(struct owner_channel *c, enum keep_refusal why);

/* The current session's workload is loaded: answers READY. */
void owner_channel_ready(struct owner_channel *c);

#endif
