/* SPDX-License-Identifier: Apache-2.0 */
/* Time; see time.h. Trusts whoever sets a floor. */
#include "exec/time.h"

#include "exec/check.h"
#include "exec/port.h"

static struct {
    uint64_t floor; /* ns since 1970 */
    uint64_t since; /* ns: monotonic, when that was */
} known = {.floor = TIME_RELEASE};

static uint64_t latest(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The floor has risen by what has passed: so it is also what was seen last. */
static uint64_t raise(uint64_t ns)
{
    const uint64_t now = port_now(true);
    const uint64_t passed = known.since != 0 && now > known.since ? now - known.since : 0;
    if (__builtin_add_overflow(known.floor, passed, &known.floor))
        known.floor = UINT64_MAX;
    known.floor = CHECKED(time_floor, latest(known.floor, ns), ns);
    known.since = now;
    return known.floor;
}

void time_not_before(uint64_t ns) { (void)raise(ns); }

uint64_t time_now(maybe_unused void *context, bool monotonic)
{
    return monotonic ? port_now(true) : raise(port_now(false));
}
