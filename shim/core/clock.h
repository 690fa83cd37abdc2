/* SPDX-License-Identifier: Apache-2.0 */
/* Time: the host's word, carried on by the processor's counter for 100 ms so that
 * not every look at a clock is an exit. It never goes back. Untrusted all the
 * same: nothing that has to be true may rest on it. */
#ifndef SHIM_CORE_CLOCK_H
#define SHIM_CORE_CLOCK_H

#include "include/port.h"

struct kernel;

/* One clock of the host's. */
struct clock_source {
    uint64_t last; /* ns: what was told last */
    uint64_t base; /* ns: the host's word at `ticks` */
    uint64_t ticks;
};

struct clock {
    struct clock_source sources[2]; /* by enum port_clock */
    uint64_t scale;                 /* ns for 2^20 ticks, 0: not known yet */
};

/* Nanoseconds since the clock's own start. */
uint64_t clock_now(struct kernel *k, enum port_clock which);

/* The system call; its own name is the C library's where this is tested. */
int64_t clock_tell(struct kernel *k, const uint64_t *a);

#endif
