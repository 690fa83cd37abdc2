/* SPDX-License-Identifier: Apache-2.0 */
/* The table of CPUID; see cpuid.h. What stands here is in every processor with
 * SGX2 and AVX2: a server of the Ice Lake generation. Nothing that needs more state
 * than x87, SSE and AVX. [SDM 2A CPUID] */
#include "shim/x86/cpuid.h"

#include "base/attr.h"

#include <stddef.h>

#define ANY    UINT32_MAX
#define BIT(n) (1u << (n))

/* Leaf 1: ecx, edx. */
#define SSE3       BIT(0)
#define PCLMULQDQ  BIT(1)
#define SSSE3      BIT(9)
#define FMA        BIT(12)
#define CMPXCHG16B BIT(13)
#define SSE4_1     BIT(19)
#define SSE4_2     BIT(20)
#define MOVBE      BIT(22)
#define POPCNT     BIT(23)
#define AESNI      BIT(25)
#define XSAVE      BIT(26)
#define OSXSAVE    BIT(27)
#define AVX        BIT(28)
#define F16C       BIT(29)
#define RDRAND     BIT(30)
#define FPU        BIT(0)
#define TSC        BIT(4)
#define CMPXCHG8B  BIT(8)
#define CMOV       BIT(15)
#define CLFLUSH    BIT(19)
#define MMX        BIT(23)
#define FXSR       BIT(24)
#define SSE        BIT(25)
#define SSE2       BIT(26)

/* Leaf 7: ebx, edx. */
#define FSGSBASE BIT(0)
#define BMI1     BIT(3)
#define AVX2     BIT(5)
#define BMI2     BIT(8)
#define ERMS     BIT(9)
#define RDSEED   BIT(18)
#define ADX      BIT(19)
#define SHA      BIT(29)
#define FSRM     BIT(4)

/* Leaf 0x80000001: ecx, edx. */
#define LAHF      BIT(0)
#define LZCNT     BIT(5)
#define PREFETCHW BIT(8)
#define NX        BIT(20)
#define RDTSCP    BIT(27)
#define LONG_MODE BIT(29)

static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    struct cpuid answer;
} table[] = {
    {0, ANY, {0x0d, 0x756e6547, 0x6c65746e, 0x49656e69}}, /* GenuineIntel */
    {1,
     ANY,
     {0x000606a6, 0x00010800,
      SSE3 | PCLMULQDQ | SSSE3 | FMA | CMPXCHG16B | SSE4_1 | SSE4_2 | MOVBE | POPCNT | AESNI |
          XSAVE | OSXSAVE | AVX | F16C | RDRAND,
      FPU | TSC | CMPXCHG8B | CMOV | CLFLUSH | MMX | FXSR | SSE | SSE2}},
    /* Caches, as near to leaf 4 as this leaf has it: 32 KiB of data, 32 KiB of code, 2 MiB,
     * 24 MiB. "See leaf 4" would be shorter, and cost a C library 50 CPUIDs that trap. */
    {2, ANY, {0x7d302c01, 0x000000ec, 0, 0}},
    {4, 0, {0x00000121, 0x02c0003f, 63, 0}},    /* 48 KiB of data, level 1 */
    {4, 1, {0x00000122, 0x01c0003f, 63, 0}},    /* 32 KiB of code, level 1 */
    {4, 2, {0x00000143, 0x04c0003f, 1023, 0}},  /* 1.25 MiB, level 2 */
    {4, 3, {0x00000163, 0x02c0003f, 32767, 4}}, /* 24 MiB, level 3 */
    {7, 0, {0, FSGSBASE | BMI1 | AVX2 | BMI2 | ERMS | RDSEED | ADX | SHA, 0, FSRM}},
    {0x0d, 0, {7, 832, 832, 0}},
    {0x0d, 1, {0, 0, 0, 0}},
    {0x0d, 2, {256, 576, 0, 0}},
    {0x80000000, ANY, {0x80000001, 0, 0, 0}},
    {0x80000001, ANY, {0, 0, LAHF | LZCNT | PREFETCHW, NX | RDTSCP | LONG_MODE}},
};

struct cpuid cpuid_answer(uint32_t leaf, uint32_t subleaf)
{
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (table[i].leaf == leaf && (table[i].subleaf == ANY || table[i].subleaf == subleaf))
            return table[i].answer;
    }
    return (struct cpuid){0};
}

struct cpuid cpuid_narrow(uint32_t leaf, struct cpuid answer, struct cpuid below)
{
    if (leaf != 1 && leaf != 7 && leaf != 0x80000001)
        return answer;
    answer.ecx &= below.ecx;
    answer.edx &= below.edx;
    if (leaf == 7) /* leaf 1 has no features there */
        answer.ebx &= below.ebx;
    return answer;
}
