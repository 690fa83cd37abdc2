/* SPDX-License-Identifier: Apache-2.0 */
/* A session with one keep of a host, as commands have it: who is asked, what the keep has
 * to prove, and what the user hears of it. Functions that return a status have said what is
 * wrong. */
#ifndef HOST_CLI_VISIT_H
#define HOST_CLI_VISIT_H

#include "host/cli/attest_source.h"
#include "host/cli/deploy_tell.h"
#include "host/cli/host_login.h"
#include "host/cli/owner_policy.h"
#include "host/deploy/session.h"

struct visit {
    const struct line *line;
    enum port_level level;
    struct deploy_tell tell;
    struct host_login login;
    struct owner_policy policy;
    struct remote remote;
    struct attest_source endorsements; /* for what the keep proves; none of them trusted */
    const struct backend *backend;     /* null: of another build */
    const char *program;               /* for messages */
    char keep[REMOTE_ID_MAX + 1];      /* its id, empty: none */
    bool sent;                         /* a workload is going there */
    unsigned unproven;                 /* messages heard before evidence was accepted */
    struct session_outcome outcome;
};

/* Reads --json, -v, -q and the rest of what a line says of hosts; `known` as in
 * host_login_read. 0 or a status; call visit_fini in any case. */
must_use int visit_begin(const struct line *line, const char *known, struct visit *v);
void visit_fini(struct visit *v);

/* From now on the user's signals wait until somebody asks for them: to be called when all
 * that may take a while on this machine is done, and before a host is asked. */
void visit_hold_signals(void);

/* Names of files, contents in base64: hints of a host, or what was remembered of them; null
 * for none. 0, -EBADMSG for what is something else, or -ENOMEM. */
must_use int visit_take_collateral(struct visit *v, const json_t *files);

/* The reverse: a new object, or null. */
json_t *visit_collateral(const struct visit *v);

/* One session with the keep, of which `plan` says all but policy, endorsements and what is
 * told; its context is the visit or begins with one. The status to exit with. */
must_use int visit_run(struct visit *v, struct session_plan *plan);

/* Ends the keep on its host; a failure only matters to the host. */
void visit_stop(struct visit *v);

/* Says what failed, to people or programs, and returns STATUS_FAILED. */
must_use int visit_fail(struct visit *v, const struct fault *fault);

#endif
