/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's counter. A host can set and scale it. */
#ifndef SHIM_X86_TSC_H
#define SHIM_X86_TSC_H

#include <stdint.h>

static inline uint64_t tsc_read(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#endif
