/* SPDX-License-Identifier: Apache-2.0 */
/* Rates; see rate.h. */
#include "svc/steward/rate.h"

#define ONE 1000u /* each millisecond adds per_second thousandths */

struct rate rate_start(uint32_t per_second, uint64_t now_ms)
{
    return (struct rate){
        .per_second = per_second, .left = (uint64_t)per_second * ONE, .at = now_ms};
}

bool rate_take(struct rate *r, uint64_t now_ms)
{
    const uint64_t most = (uint64_t)r->per_second * ONE;
    const uint64_t passed = now_ms > r->at ? now_ms - r->at : 0;
    if (r->per_second == 0)
        return true;
    r->at = now_ms > r->at ? now_ms : r->at;
    r->left = passed >= ONE || r->left + passed * r->per_second > most
                  ? most
                  : r->left + passed * r->per_second;
    if (r->left < ONE)
        return false;
    r->left -= ONE;
    return true;
}
