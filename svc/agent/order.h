/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent tells the process of a keep, and what that tells back, in memory that
 * both see; and which descriptors it is born with. Both are the same program. The agent
 * never reads the order again, and trusts nothing in the report. */
#ifndef SVC_AGENT_ORDER_H
#define SVC_AGENT_ORDER_H

#include "host/isolate.h"
#include "host/keep.h"
#include "include/sgx_arch.h"

#define KEEP_PROCESS "keep-process" /* the hidden command, then the keep's id */

/* Descriptors of a keep's process. 0 and 1 lead nowhere, 2 is its log. */
enum { ORDER_FD = 3, LISTEN_FD = 4, USHER_FD = 5, COLLATERAL_FD = 6 };

struct order {
    uint32_t size; /* of this */
    char backend[16];
    struct isolation isolation;
    uint64_t memory_max; /* bytes */
    uint64_t cpu_max;    /* seconds, 0: no limit */
    uint32_t log_level;
    uint32_t signature_size; /* 0 or all of it */
    struct sgx_sigstruct signature;
};

struct order_page {
    struct order order;
    struct keep_report report;
};

/* The hidden command: becomes the keep. Never returns. */
no_return void keep_process(void);

#endif
