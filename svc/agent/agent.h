/* SPDX-License-Identifier: Apache-2.0 */
/* The host agent: makes this machine offer keeps to those who deploy. It starts empty
 * keeps, carries bytes between them and their owners, and ends them; it never holds a
 * secret of theirs. See docs/agent.md. */
#ifndef SVC_AGENT_AGENT_H
#define SVC_AGENT_AGENT_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/backend.h"
#include "host/fault.h"
#include "host/usher_rules.h"
#include "include/port.h"

#define AGENT_BACKENDS_MAX 16u

/* Times are milliseconds, sizes bytes; 0 is no limit. Files may be null. */
struct agent_config {
    const char *listen;
    const char *state_dir;
    const char *cert, *key, *client_ca, *tokens;
    bool dev;
    bool metrics_open;

    const struct backend *backends[AGENT_BACKENDS_MAX]; /* in the order of preference */
    size_t backend_count;
    struct bytes signature;  /* SIGSTRUCT, for enclaves */
    const char *measurement; /* of enclaves, in hexadecimal */

    const struct usher_rules *rules; /* what keeps may listen on and connect to */
    uint32_t keeps_max, keeps_of_one_max;
    uint64_t memory_max, upload_max; /* of one keep */
    uint64_t enclave_memory_max;     /* of all enclaves together; 0: what the machine has */
    uint64_t cpu_max, lifetime_max;
    uint64_t unclaimed_max; /* without a session ever */
    uint64_t idle_max;      /* since the last session */
    uint64_t drain_max;
    uint32_t id_first, id_count; /* users that keeps may be, where the agent may choose */
    enum port_level log_level;
};

/* Until a signal ends it. 0, or -errno with `fault` filled. */
must_use int agent_run(const struct agent_config *config, struct fault *fault);

#endif
