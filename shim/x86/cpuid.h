/* SPDX-License-Identifier: Apache-2.0 */
/* The processor as exec sees it where CPUID is the shim's to answer: one fixed
 * table, so that no host can claim what is not there or hide what exec rests on. */
#ifndef SHIM_X86_CPUID_H
#define SHIM_X86_CPUID_H

#include <stdint.h>

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* A leaf that is not in the table is all zeroes. [SDM 2A CPUID] */
struct cpuid cpuid_answer(uint32_t leaf, uint32_t subleaf);

/* The same without the features that the processor below does not have, by its own
 * answer: what a host says can only take away. */
struct cpuid cpuid_narrow(uint32_t leaf, struct cpuid answer, struct cpuid below);

#endif
