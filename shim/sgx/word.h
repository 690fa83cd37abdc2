/* SPDX-License-Identifier: Apache-2.0 */
/* One aligned word of memory outside, read or written by one instruction. */
#ifndef SHIM_SGX_WORD_H
#define SHIM_SGX_WORD_H

#include <stdint.h>

static inline uint64_t word_read(const volatile uint64_t *from)
{
    uint64_t word;
    __asm__ volatile("mov %1, %0" : "=r"(word) : "m"(*from));
    return word;
}

static inline void word_write(volatile uint64_t *to, uint64_t word)
{
    __asm__ volatile("mov %1, %0" : "=m"(*to) : "r"(word));
}

#endif
