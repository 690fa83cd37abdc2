/* SPDX-License-Identifier: Apache-2.0 */
/* How many a second, and as many at once. Pure. */
#ifndef SVC_STEWARD_RATE_H
#define SVC_STEWARD_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint32_t per_second; /* 0: any number */
    uint64_t left;       /* thousandths of one */
    uint64_t at;         /* of clock_ms() */
};

struct rate rate_start(uint32_t per_second, uint64_t now_ms);

/* Whether one more may be; then it is counted. */
bool rate_take(struct rate *rate, uint64_t now_ms);

#endif
