/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of ring 0, one each. [SDM 2] */
#ifndef SHIM_KVM_INSTRUCTION_H
#define SHIM_KVM_INSTRUCTION_H

#include "shim/x86/cpuid.h"

#include <stdint.h>

static inline void write_cr0(uint64_t value) { __asm__ volatile("mov %0, %%cr0" : : "r"(value)); }
static inline void write_cr4(uint64_t value) { __asm__ volatile("mov %0, %%cr4" : : "r"(value)); }

static inline uint64_t read_msr(uint32_t number)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline void write_xcr0(uint32_t components)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(components), "d"(0));
}

static inline struct cpuid read_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c;
    __asm__ volatile("cpuid"
                     : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx)
                     : "a"(leaf), "c"(subleaf));
    return c;
}

static inline void flush_page(uint64_t page)
{
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
}

static inline void flush_all(void)
{
    uint64_t root;
    __asm__ volatile("mov %%cr3, %0\n\tmov %0, %%cr3" : "=r"(root) : : "memory");
}

static inline void allow_user(void) { __asm__ volatile("stac" : : : "memory"); }
static inline void forbid_user(void) { __asm__ volatile("clac" : : : "memory"); }

#endif
