/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps this machine can start, looked at anew from time to time, and what a
 * simulation's manufacturer would publish of it. */
#ifndef SVC_AGENT_PLATFORM_H
#define SVC_AGENT_PLATFORM_H

#include "svc/agent/agent.h"

#include <jansson.h>

/* One backend that is offered. */
struct offer {
    const struct backend *backend;
    struct probe rows[PROBE_MAX];
    size_t count;
    bool available;
    json_t *collateral; /* null: none made yet */
    uint64_t made_at;   /* of clock_ms() */
};

struct platform {
    const struct agent_config *config;
    struct offer offers[AGENT_BACKENDS_MAX];
    uint64_t looked_at;         /* of clock_ms(): when it began to */
    struct platform_look *look; /* that is under way; null: none */
    struct bytes peers;         /* collateral for keeps' peers; empty: none made */
    uint64_t peers_at;          /* of clock_ms(): when it was */
};

/* Probes everything, which may take seconds. */
void platform_open(struct platform *platform, const struct agent_config *config);
void platform_close(struct platform *platform);

/* What was found long ago is looked at anew, by a thread: who asks gets the answer from before
 * until that has one. Never waits. */
void platform_refresh(struct platform *platform);

/* The one of that name, or, for a null name, the first that works and may be chosen. Null
 * when there is none. */
struct offer *platform_find(struct platform *platform, const char *name);

/* {file: its contents in base64}; a new reference. Null with `fault` filled. */
json_t *platform_collateral(struct offer *offer, struct fault *fault);

/* For keeps of that backend that verify others (peer_collateral.h); borrowed until the next
 * call. Empty: there is none. */
struct bytes platform_peer_collateral(struct platform *platform, const struct backend *backend);

/* The measurement of such keeps, or null. */
const char *platform_measurement(const struct platform *platform, const struct backend *backend);

/* What GET /v1/platform shows. */
json_t *platform_describe(const struct platform *platform);

#endif
