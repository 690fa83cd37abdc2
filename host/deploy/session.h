/* SPDX-License-Identifier: Apache-2.0 */
/* One session of an owner with a keep, from the handshake to its end: the standard streams
 * of this process on one side, an upgraded connection on the other. What may be said and
 * when is owner.h's; here is only what waits, reads and writes. Trusts the user. */
#ifndef HOST_DEPLOY_SESSION_H
#define HOST_DEPLOY_SESSION_H

#include "host/deploy/owner.h"
#include "host/deploy/package.h"
#include "host/fault.h"
#include "net/upgrade.h"
#include "tls/session.h"

/* The rest of a workload, once the keep may have it. */
struct session_workload {
    struct package_parts parts;
    uint8_t digest[EVIDENCE_DIGEST_SIZE];
};

enum session_role {
    SESSION_DEPLOYS,  /* brings the workload, and stays */
    SESSION_DETACHES, /* brings it, and leaves it */
    SESSION_ATTACHES, /* to a workload that runs */
    SESSION_WATCHES,  /* the same, and says nothing */
    SESSION_READS,    /* takes what was kept while nobody was there, and leaves */
};

struct session_plan {
    enum session_role role;
    struct owner_terms terms;
    const struct tls_identity *identity; /* the owner's, or null */
    uint64_t timeout_ms;                 /* of the program; 0: none */

    /* What the session asks of its caller, and tells. Those that return an int end it when
     * that is not 0. Null where they cannot be called. */
    int (*endorse)(void *context, struct bytes evidence, struct attest_input *with);
    void (*appraised)(void *context, enum owner_fault fault, bool ready,
                      const struct attest_result *result);
    int (*package)(void *context, struct session_workload *workload);
    void (*progress)(void *context, uint64_t sent, uint64_t size);
    int (*files)(void *context, struct bytes part);
    void (*log)(void *context, uint32_t level, struct bytes text, bool proven);
    void (*lost)(void *context, uint64_t size);
    void *context;
};

enum session_ending {
    SESSION_EXIT,    /* code: the program's status */
    SESSION_TRAP,    /* it trapped */
    SESSION_FAILED,  /* the keep says that it cannot go on; its messages say why */
    SESSION_REFUSED, /* fault: the policy refuses the keep */
    SESSION_BROKEN,  /* fault, and `why` where more is known */
    SESSION_ABORTED, /* code: what a function of the plan returned */
    SESSION_SIGNAL,  /* code: the signal by which the user ended it */
    SESSION_TIMEOUT, /* timeout_ms passed */
    SESSION_LEFT,    /* with the workload running: all that was wanted is done */
};

struct session_outcome {
    enum session_ending ending;
    enum owner_fault fault;
    int code;
    bool running;                       /* the program had begun */
    uint8_t keep[EVIDENCE_DIGEST_SIZE]; /* SHA-256 of the keep's key, once there is one */
    bool stop;        /* what runs is to be stopped by its host: it did not heed its user */
    int output_error; /* -errno of standard output, where that failed */
    struct fault why; /* empty, or one line */
};

/* The caller has blocked the user's signals (host/signals.h); SIGPIPE is ignored from now
 * on. Leaves the wire open. */
void session_run(struct upgrade *wire, const struct session_plan *plan,
                 struct session_outcome *outcome);

#endif
