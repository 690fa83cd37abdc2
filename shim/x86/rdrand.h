/* SPDX-License-Identifier: Apache-2.0 */
/* One word of the processor's random numbers; false: none yet. [SDM 2B RDRAND] */
#ifndef SHIM_X86_RDRAND_H
#define SHIM_X86_RDRAND_H

#include <stdbool.h>
#include <stdint.h>

static inline bool rdrand(uint64_t *word)
{
    bool ok;
    __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
    return ok;
}

#endif
