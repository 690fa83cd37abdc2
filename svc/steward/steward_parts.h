/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the service share: steward.c, its life; steward_api.c, its answers;
 * steward_metrics.c, its numbers. */
#ifndef SVC_STEWARD_STEWARD_PARTS_H
#define SVC_STEWARD_STEWARD_PARTS_H

#include "crypto/x509_parse.h"
#include "net/server.h"
#include "svc/steward/answer.h"
#include "svc/steward/audit.h"
#include "svc/steward/decision.h"
#include "svc/steward/rate.h"
#include "svc/steward/steward.h"

#define COLLATERAL_ALARM 259200 /* seconds before its first expiry: 72 hours */

struct steward {
    const struct steward_config *config;
    struct loop loop;
    struct watch signals;
    struct server *server;
    SSL_CTX *tls;
    struct signer signer;
    struct x509_cert authority; /* its certificate */
    struct judge judge;
    struct store *store;
    struct decision decision; /* of the request at hand */
    struct audit audit;
    struct rate rate;      /* of applications: a verification takes a processor's time */
    uint64_t refreshed_at; /* of clock_ms() */
    bool over;
    bool failed;      /* cannot sign or record any more */
    uint64_t ends_at; /* of clock_ms(), once it has failed */

    uint64_t nonces, issued, limited, unrecorded, reloads;
    uint64_t refused[STEWARD_CHECK_COUNT];
};

#define STEWARD_ROUTES 7u
extern const struct server_route steward_routes[STEWARD_ROUTES];
extern const struct server_route steward_routes_legacy[STEWARD_ROUTES]; /* bundles, too */

/* Whether a decision can be recorded now. Where it never can again, the steward has failed. */
bool steward_records(struct steward *s);

/* Null, or why it is not ready. */
const char *steward_unready(const struct steward *s, int64_t now);

/* Prometheus text, from malloc; null when memory is short. */
char *steward_metrics(const struct steward *s, int64_t now, size_t *size);

#endif
