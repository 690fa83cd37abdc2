/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the agent share. */
#ifndef SVC_AGENT_AGENT_PARTS_H
#define SVC_AGENT_AGENT_PARTS_H

#include "net/server.h"
#include "svc/agent/keeps.h"
#include "svc/agent/platform.h"
#include "svc/agent/streams.h"
#include "svc/agent/tokens.h"

#define STATUS_CLASSES 6u /* of HTTP: 1xx to 5xx */

struct agent {
    const struct agent_config *config;
    struct loop loop;
    struct server *server;
    SSL_CTX *tls;
    struct tokens tokens; /* none: nobody has one */
    struct keeps keeps;
    struct streams streams;
    struct platform platform;
    struct audit audit;
    int state_fd;
    struct watch signals;
    bool draining;       /* takes no new keeps */
    uint64_t drained_at; /* of clock_ms(): when it waits no longer */
    bool over;
    uint64_t started_ms;
    uint64_t requests[STATUS_CLASSES];
    char page_policy[256]; /* Content-Security-Policy of the status page */
};

/* Everything that the agent answers to. */
extern const struct server_route agent_routes[];
extern const size_t agent_route_count;

/* Called when a request has been answered. */
void agent_answered(void *agent, const struct server_request *request, unsigned status);

/* ---- who asks ---- */

#define WHO_MAX KEEP_OWNER_SIZE

/* "token:NAME", "key:HEX" of a certificate's key, or "anybody" where the agent knows no
 * difference; "" when it is nobody the agent knows. */
void agent_who(const struct agent *agent, const struct server_request *request,
               char who[static WHO_MAX]);

/* False for what a page of somebody else's in a browser may have sent. */
bool agent_is_own_request(const struct agent *agent, const struct server_request *request);

/* ---- telling ---- */

/* The numbers for Prometheus; from malloc. Null when memory is short. */
char *agent_metrics(const struct agent *agent);

/* The status page. */
extern const char agent_page[];
extern const char agent_page_end[];

/* Its policy: no script and no style but its own. 0 or -errno. */
must_use int agent_page_policy(char policy[static 256]);

/* ---- files ---- */

/* Certificate and key as configured; with --dev those of the state folder, made once. 0 or
 * -errno with `fault` filled. */
must_use int agent_tls_load(const struct agent *agent, SSL_CTX **out, struct fault *fault);

/* 0 or -errno with `fault` filled. */
must_use int agent_tokens_load(const struct agent *agent, struct tokens *out, struct fault *fault);

#endif
