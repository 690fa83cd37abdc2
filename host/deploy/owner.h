/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's half of the deployment channel: what a keep may say and when, what it has to
 * prove, and when anything may be said to it. Pure: it makes no call and reads no clock.
 * Trusts its policy; of the keep nothing until its evidence is accepted, and of a host
 * that carries its messages nothing ever.
 *
 *     owner_challenge -> EVIDENCE, owner_appraise -> owner_load, WORKLOAD, owner_loaded
 *                     -> READY, owner_appraise    -> streams -> EXIT
 */
#ifndef HOST_DEPLOY_OWNER_H
#define HOST_DEPLOY_OWNER_H

#include "attest/attest.h"
#include "base/put.h"
#include "channel/reader.h"
#include "conf/evidence_claims.h"

/* X(NAME, what the user is told) */
#define OWNER_FAULTS(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(EVIDENCE, "its evidence does not meet the policy")                                           \
    X(PROOFLESS, "it proves nothing of itself, so its host could read and alter all that is sent " \
                 "to it")                                                                          \
    X(IDENTITY, "the policy names no program for this kind of evidence")                           \
    X(KEEP, "it is another keep than the one that the workload was sent to")                       \
    X(WORKLOAD, "the keep has another workload than was sent to it")                               \
    X(SECRETS, "the keep has other secrets than were sent to it")                                  \
    X(MALFORMED, "the keep sent a message that is malformed")                                      \
    X(ORDER, "the keep sent a message out of place")                                               \
    X(WINDOW, "the keep sent more than there was credit for")                                      \
    X(FILES, "the keep sent folders that nobody asked for")                                        \
    X(EARLY, "nothing may be sent to a keep before its evidence is accepted")                      \
    X(CUT, "the session was cut short by the host, the network or the keep: what came may not "    \
           "be all")                                                                               \
    X(MEMORY, "out of memory")

#define X(name, text) OWNER_FAULT_##name,
enum owner_fault { OWNER_FAULTS(X) OWNER_FAULT_COUNT };
#undef X

const char *owner_fault_text(enum owner_fault fault);

/* True of what a policy refuses; the rest are failures. */
bool owner_fault_is_refusal(enum owner_fault fault);

enum owner_phase {
    OWNER_NEW,
    OWNER_CHALLENGED,
    OWNER_ACCEPTED, /* the keep may have the workload */
    OWNER_LOADING,  /* it is on its way */
    OWNER_LOADED,   /* all of it is sent */
    OWNER_RUNNING,  /* streams */
    OWNER_ENDED,    /* EXIT came */
};

/* What the owner wants. */
struct owner_terms {
    enum channel_what what;
    struct policy policy; /* of evidence; this session's nonce, exporter, purpose, profile and
                             workload take the place of what it says of them */
    bool insecure;        /* a keep that proves nothing will do */
    bool files;           /* folders are to come back */
    uint8_t workload[EVIDENCE_DIGEST_SIZE]; /* of ATTACH: what the keep has ... */
    uint8_t keep[EVIDENCE_DIGEST_SIZE];     /* ... and who it is: SHA-256 of its key */
};

/* What is this session's alone. */
struct owner_session {
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    uint8_t exporter[CHANNEL_EXPORTER_SIZE];
    struct bytes peer_key; /* that the keep has proved to hold: DER SubjectPublicKeyInfo */
};

struct owner {
    enum owner_phase phase;
    struct owner_terms terms;
    struct owner_session session;
    uint8_t peer_key[CHANNEL_OWNER_KEY_MAX];
    uint8_t secrets[EVIDENCE_DIGEST_SIZE]; /* that READY has to tell, of DEPLOY */
    bool input_ended;
    uint32_t input;                      /* bytes of STDIN that the keep takes */
    uint32_t output[CHANNEL_STDERR + 1]; /* by type: bytes that it may send ... */
    uint32_t taken[CHANNEL_STDERR + 1];  /* ... and that were, without credit for them yet */
    bool output_ended;
};

/* Slices of `session` and `terms` are borrowed; a key is copied. 0, or -EMSGSIZE for a key
 * that is too long. */
must_use int owner_init(struct owner *o, const struct owner_terms *terms,
                        const struct owner_session *session);

/* CHALLENGE at `time`, nanoseconds since 1970. */
void owner_challenge(struct owner *o, uint64_t time, struct put *out);

/* ---- from the keep ---- */

enum owner_what {
    OWNER_NOTHING,
    OWNER_APPRAISE, /* owner_appraise(`evidence`), before anything else */
    OWNER_OUTPUT,   /* `bytes` of standard output or error, `type`; empty: its end */
    OWNER_INPUT,    /* the keep takes more */
    OWNER_FILES,    /* `bytes` of the archive */
    OWNER_LOG,      /* a message, `bytes` at `level`; proven if evidence was accepted */
    OWNER_LOST,     /* `number` bytes of output were dropped */
    OWNER_END,      /* `end`, `number`: its status */
};

struct owner_action {
    enum owner_what what;
    enum channel_type type;
    struct channel_evidence evidence;
    struct bytes bytes;
    uint32_t level;
    uint64_t number;
    enum channel_end end;
    bool proven;
};

/* Slices of `action` are of the part. */
must_use enum owner_fault owner_take(struct owner *o, const struct channel_part *part,
                                     struct owner_action *action);

/* The wire has ended, cleanly or not. */
must_use enum owner_fault owner_ended(const struct owner *o);

/* What the keep has sent, judged at `time` (seconds since 1970) with the endorsements in
 * `with`. `result` tells why; of a keep that proves nothing it holds only what was claimed,
 * and its verdict is UNVERIFIED. */
must_use enum owner_fault owner_appraise(struct owner *o, const struct channel_evidence *evidence,
                                         const struct attest_input *with, int64_t time,
                                         struct attest_result *result);

/* ---- to the keep ---- */

/* The workload of that digest may go out now, with these secrets (as WORKLOAD has them). */
must_use enum owner_fault owner_load(struct owner *o,
                                     const uint8_t digest[static EVIDENCE_DIGEST_SIZE],
                                     struct bytes secrets);

/* All of it has. */
void owner_loaded(struct owner *o);

/* How many bytes of standard input the keep takes now. */
uint32_t owner_input_room(const struct owner *o);

/* A whole message: at most owner_input_room() bytes, none for the end. */
void owner_put_input(struct owner *o, struct bytes input, struct put *out);

void owner_put_signal(struct owner *o, uint32_t number, struct put *out);

/* `size` bytes of output went where they belong: gives credit for them, if it is worth a
 * message by now. */
void owner_put_credit(struct owner *o, enum channel_type type, uint32_t size, struct put *out);

/* For whoever leaves: credit for all that there is none for yet, EXIT too. What has none counts
 * as not arrived, and comes again. */
void owner_put_last_credit(struct owner *o, struct put *out);

#endif
