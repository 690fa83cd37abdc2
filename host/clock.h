/* SPDX-License-Identifier: Apache-2.0 */
/* The host's monotonic clock, for time limits and durations. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment in the past. */
uint64_t clock_ms(void);

/* Microseconds since the same. */
uint64_t clock_us(void);

#endif
