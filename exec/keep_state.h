/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep may be told, when and by whom: one way from empty to ended, one session
 * that brings the one workload, and later sessions of its owner's. Pure: it makes no
 * call, reads no clock, and trusts nothing of what it is told. */
#ifndef EXEC_KEEP_STATE_H
#define EXEC_KEEP_STATE_H

#include "base/attr.h"
#include "channel/message.h"
#include "conf/evidence_claims.h"

#include <stdbool.h>

#define KEEP_HANDSHAKE_NS 10000000000u  /* a session that attaches has its READY by then */
#define KEEP_SILENCE_NS   60000000000u  /* of the session that brings the workload */
#define KEEP_EMPTY_NS     600000000000u /* a keep waits for that session */

enum keep_phase { KEEP_EMPTY, KEEP_CHALLENGED, KEEP_LOADED, KEEP_ENDED };

enum session_phase {
    SESSION_HANDSHAKE,
    SESSION_OPEN,       /* who it is is known, not yet what it wants */
    SESSION_CHALLENGED, /* has its EVIDENCE, may send WORKLOAD */
    SESSION_LOADED,     /* has sent it */
    SESSION_ATTACHED,   /* has its READY: streams */
};

/* X(NAME, what the peer is told): constants, fit for the host's log too. */
#define KEEP_REFUSALS(X)                                                                      \
    X(NONE, "")                                                                               \
    X(BUSY, "another session brings this keep its workload")                                  \
    X(VERSION, "owner and keep speak different versions of the channel")                      \
    X(TAKEN, "this keep has been challenged already: it takes one workload, once")            \
    X(EMPTY, "this keep has no workload that one could attach to")                            \
    X(STRANGER, "this is not the key of the workload's owner")                                \
    X(ORDER, "a message came out of place")                                                   \
    X(MALFORMED, "a message was malformed")                                                   \
    X(WINDOW, "a message went beyond what there was credit for")                              \
    X(LIMIT, "the workload is larger than this keep has room for")                            \
    X(PARTS, "the parts of the workload do not add up to its size")                           \
    X(HEAD, "the head of the workload is malformed, or of another version")                   \
    X(KEY, "the owner's key is not a public key of P-256")                                    \
    X(OWNERLESS, "a detached workload needs its owner's key")                                 \
    X(NATIVE, "the module is not a WebAssembly module of version 1; this keep takes no code " \
              "that it has not compiled itself")                                              \
    X(MANIFEST, "the manifest is malformed")                                                  \
    X(MEMORY, "the keep is out of memory")                                                    \
    X(PROOF, "the host does not let this keep prove what it is")                              \
    X(STALLED, "the session stalled")                                                         \
    X(REPLACED, "another session of the owner's has taken the place of this one")

#define X(name, text) REFUSED_##name,
enum keep_refusal { KEEP_REFUSALS(X) KEEP_REFUSAL_COUNT };
#undef X

const char *keep_refusal_text(enum keep_refusal why);

struct keep_session {
    enum session_phase phase;
    bool deploys;   /* the one that brings the workload */
    uint64_t since; /* nanoseconds: accepted, or heard from last */
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    uint64_t time;      /* its clock, as it says */
    uint32_t input;     /* bytes of STDIN that it may send */
    bool input_ended;   /* it has said so */
    uint32_t credit[2]; /* bytes of STDOUT and STDERR that it takes */
    bool ended;         /* it was sent EXIT */
};

struct keep_state {
    enum keep_phase phase;
    bool claimed; /* a session has come that deploys; there is never another */
    uint8_t workload[EVIDENCE_DIGEST_SIZE];
    uint8_t owner_key[CHANNEL_OWNER_KEY_MAX];
    size_t owner_key_size; /* 0: nobody attaches */
    bool detached;         /* the workload outlives its session */
    uint64_t workload_max; /* most bytes of WORKLOAD's payload */
};

/* A session accepted at `now`; every time is of one monotonic clock. */
struct keep_session keep_accept(uint64_t now);

/* Its handshake is done. */
must_use enum keep_refusal keep_open(struct keep_state *k, struct keep_session *s, uint64_t now);

/* Bytes came from it. */
void keep_heard(struct keep_session *s, uint64_t now);

/* Nanoseconds that it may stay silent from `now` on: 0, it has stalled; UINT64_MAX, for
 * ever. */
uint64_t keep_patience(const struct keep_session *s, uint64_t now);

/* May it send this now? Asked before a byte of the payload is taken. */
must_use enum keep_refusal keep_allows(const struct keep_state *k, const struct keep_session *s,
                                       const struct channel_header *h);

enum keep_what {
    KEEP_NOTHING,
    KEEP_PROVE, /* answer EVIDENCE or READY: keep_claims */
    KEEP_LOAD,  /* take the workload apart, then keep_loaded */
    KEEP_INPUT, /* bytes for standard input */
    KEEP_INPUT_END,
    KEEP_OUTPUT, /* there is more credit for output */
    KEEP_SIGNAL,
    KEEP_TOLD, /* EXIT has arrived */
};

struct keep_action {
    enum keep_what what;
    uint32_t signal;          /* KEEP_SIGNAL: its number */
    enum channel_type stream; /* KEEP_OUTPUT: and how many bytes more */
    uint32_t credit;
};

/* A message that keep_allows has let pass, and its payload: of WORKLOAD and STDIN it may
 * be left out. `peer_key` is the DER SubjectPublicKeyInfo that the session has proved to
 * hold, empty for none. */
must_use enum keep_refusal keep_take(struct keep_state *k, struct keep_session *s,
                                     const struct channel_header *h, struct bytes payload,
                                     struct bytes peer_key, struct keep_action *action);

/* The workload is whole, and what its manifest says. `flags` and key as in WORKLOAD. */
void keep_loaded(struct keep_state *k, struct keep_session *s,
                 const uint8_t digest[static EVIDENCE_DIGEST_SIZE], struct bytes owner_key,
                 uint32_t flags);

/* What is proved to a session that was answered KEEP_PROVE or has loaded the workload:
 * all but the key. Slices are borrowed of `k`, `s` and `exporter`. */
struct evidence_claims keep_claims(const struct keep_state *k, const struct keep_session *s,
                                   const uint8_t exporter[static CHANNEL_EXPORTER_SIZE]);

/* It has been answered. */
void keep_answered(struct keep_state *k, struct keep_session *s);

/* The workload has ended. */
void keep_end(struct keep_state *k);

/* What is over with a session that is over. */
enum keep_loss {
    LOSS_SESSION,  /* nothing else */
    LOSS_WORKLOAD, /* the workload, too: nobody will ever see it */
    LOSS_KEEP,     /* the keep: it never goes back to empty */
};
must_use enum keep_loss keep_lost(const struct keep_state *k, const struct keep_session *s);

#endif
