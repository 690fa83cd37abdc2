/* SPDX-License-Identifier: Apache-2.0 */
/* What a user hears of a deployment while it happens, on standard error: lines on a
 * terminal, or with --json an object a line for programs. */
#ifndef HOST_CLI_DEPLOY_TELL_H
#define HOST_CLI_DEPLOY_TELL_H

#include "attest/attest.h"
#include "host/deploy/owner.h"
#include "include/port.h"

struct deploy_tell {
    bool json;
    bool shown; /* steps, as lines */
    bool bar;   /* there is one on the terminal */
    enum port_level level;
    uint64_t start; /* monotonic milliseconds */
    uint64_t bar_next;
};

/* Whom it is about; all may be null but the host. */
struct deploy_subject {
    const char *host;
    const char *keep; /* its id */
    const char *backend;
    const char *program;
};

void deploy_tell_init(struct deploy_tell *t, bool json, enum port_level level);

/* The three steps. */
void deploy_tell_attested(struct deploy_tell *t, const struct deploy_subject *s,
                          const struct attest_result *result);
void deploy_tell_packaged(struct deploy_tell *t, const uint8_t digest[static EVIDENCE_DIGEST_SIZE],
                          uint64_t size);
void deploy_tell_progress(struct deploy_tell *t, uint64_t sent, uint64_t size);
void deploy_tell_provisioned(struct deploy_tell *t, const struct deploy_subject *s);

/* Evidence was refused, before (`sent`: after) a workload went out. */
void deploy_tell_refused(struct deploy_tell *t, const struct deploy_subject *s,
                         enum owner_fault fault, const struct attest_result *result, bool sent);

/* A keep was refused before there was one. */
void deploy_tell_unfit(struct deploy_tell *t, const char *why);

/* `ending` is "exit", "trap", "failed", "signal", "timeout" or "detached". */
void deploy_tell_exit(struct deploy_tell *t, const char *ending, int status);

/* Anything else that ended it; `message` null when it was told already. */
void deploy_tell_failed(struct deploy_tell *t, const char *message, int status);

#endif
