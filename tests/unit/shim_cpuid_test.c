/* SPDX-License-Identifier: Apache-2.0 */
/* The table of CPUID: what exec rests on is there, and nothing that its keep cannot
 * carry. Bits and layouts are the SDM's [2A CPUID, 1 13.2]. */
/* links: shim/x86/cpuid.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <cpuid.h>

#include "shim/x86/cpuid.h"
#include "shim/x86/xsave.h"

static bool has(uint32_t word, unsigned bit) { return word >> bit & 1; }

static void what_exec_rests_on_is_there(void **state)
{
    (void)state;
    const struct cpuid one = cpuid_answer(1, 0);
    const struct cpuid seven = cpuid_answer(7, 0);
    assert_true(one.ecx & bit_RDRND);
    assert_true(one.ecx & bit_AES);
    assert_true(one.ecx & bit_PCLMUL);
    assert_true(one.ecx & bit_OSXSAVE);
    assert_true(one.ecx & bit_AVX);
    assert_true(one.ecx & bit_SSE4_2);
    assert_true(one.edx & bit_SSE2);
    assert_true(seven.ebx & bit_AVX2);
    assert_true(seven.ebx & bit_SHA);
    assert_true(seven.ebx & bit_FSGSBASE);
    assert_true(seven.ebx & bit_RDSEED);
}

/* Beyond x87, SSE and AVX the frames have no room. */
static void nothing_needs_more_state(void **state)
{
    (void)state;
    const struct cpuid seven = cpuid_answer(7, 0);
    const unsigned avx512_ebx[] = {16, 17, 21, 26, 27, 28, 30, 31, 14 /* MPX */};
    const unsigned ecx[] = {1 /* VBMI */,
                            3 /* PKU */,
                            4 /* OSPKE */,
                            6 /* VBMI2 */,
                            7 /* CET */,
                            11,
                            12,
                            14,
                            2 /* UMIP */,
                            5 /* WAITPKG */};
    const unsigned edx[] = {2, 3, 8, 20 /* CET_IBT */, 22, 23, 24, 25 /* AMX */};
    for (size_t i = 0; i < sizeof(avx512_ebx) / 4; i++)
        assert_false(has(seven.ebx, avx512_ebx[i]));
    for (size_t i = 0; i < sizeof(ecx) / 4; i++)
        assert_false(has(seven.ecx, ecx[i]));
    for (size_t i = 0; i < sizeof(edx) / 4; i++)
        assert_false(has(seven.edx, edx[i]));
    assert_int_equal(seven.eax, 0); /* no further subleaf */
    /* leaf 0x0d: components, sizes */
    const struct cpuid state0 = cpuid_answer(0x0d, 0);
    const struct cpuid avx = cpuid_answer(0x0d, 2);
    assert_int_equal(state0.eax, XSAVE_COMPONENTS);
    assert_int_equal(state0.edx, 0);
    assert_int_equal(state0.ebx, XSAVE_SIZE);
    assert_int_equal(state0.ecx, XSAVE_SIZE);
    assert_int_equal(avx.eax + avx.ebx, XSAVE_SIZE);
    assert_int_equal(cpuid_answer(0x0d, 1).eax, 0); /* no XSAVEC, XSAVES: other layouts */
    for (uint32_t n = 3; n < 64; n++)
        assert_int_equal(cpuid_answer(0x0d, n).eax, 0);
}

/* Instructions that an enclave may not execute, or that tell of a host. */
static void nothing_that_an_enclave_lacks(void **state)
{
    (void)state;
    const struct cpuid one = cpuid_answer(1, 0);
    const struct cpuid seven = cpuid_answer(7, 0);
    assert_false(has(one.ecx, 3));    /* MONITOR */
    assert_false(has(one.ecx, 5));    /* VMX */
    assert_false(has(one.ecx, 31));   /* a hypervisor */
    assert_false(has(one.ecx, 24));   /* TSC deadline */
    assert_false(has(seven.ebx, 11)); /* TSX: RTM */
    assert_false(has(seven.ebx, 2));  /* SGX */
    assert_false(has(seven.ebx, 10)); /* INVPCID */
    const struct cpuid zero = {0};
    const uint32_t leaves[] = {0x12, 0x0a, 0x14, 0x40000000, 0x40000001, 0x0b,
                               0x1f, 0x15, 0x19, 0x80000002, 0x8000001f, UINT32_MAX};
    for (size_t i = 0; i < sizeof(leaves) / 4; i++) {
        const struct cpuid c = cpuid_answer(leaves[i], 0);
        assert_memory_equal(&c, &zero, sizeof(c));
    }
}

static void subleaves_are_heeded(void **state)
{
    (void)state;
    const struct cpuid zero = {0};
    const struct cpuid one = cpuid_answer(1, 0);
    const struct cpuid again = cpuid_answer(1, 77); /* leaf 1 has none: any is it */
    assert_memory_equal(&one, &again, sizeof(one));
    const struct cpuid caches_end = cpuid_answer(4, 4);
    const struct cpuid seven_one = cpuid_answer(7, 1);
    assert_memory_equal(&caches_end, &zero, sizeof(zero));
    assert_memory_equal(&seven_one, &zero, sizeof(zero));
    /* leaf 4: type 1 data, 2 code, 3 unified; sets of 64-byte lines */
    const uint32_t size[] = {48 << 10, 32 << 10, 1280 << 10, 24 << 20};
    for (uint32_t n = 0; n < 4; n++) {
        const struct cpuid c = cpuid_answer(4, n);
        const uint32_t ways = (c.ebx >> 22) + 1;
        assert_int_equal(c.ebx & 0xfff, 63);
        assert_int_equal(ways * 64 * (c.ecx + 1), size[n]);
    }
}

static void the_highest_leaves_are_there(void **state)
{
    (void)state;
    const struct cpuid low = cpuid_answer(0, 0);
    const struct cpuid high = cpuid_answer(0x80000000, 0);
    char vendor[13] = {0};
    memcpy(vendor, &low.ebx, 4);
    memcpy(vendor + 4, &low.edx, 4);
    memcpy(vendor + 8, &low.ecx, 4);
    assert_string_equal(vendor, "GenuineIntel");
    assert_int_not_equal(cpuid_answer(low.eax, 0).eax, 0);
    assert_int_not_equal(cpuid_answer(high.eax, 0).edx, 0);
}

/* Features are what two agree on; everything else stays the table's. */
static void a_host_only_takes_away(void **state)
{
    (void)state;
    const struct cpuid all = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    static const uint32_t leaves[] = {0, 1, 2, 4, 7, 0x0d, 0x80000000, 0x80000001};
    for (size_t i = 0; i < ARRAY_COUNT(leaves); i++) {
        const struct cpuid answer = cpuid_answer(leaves[i], 0);
        const struct cpuid kept = cpuid_narrow(leaves[i], answer, all);
        assert_memory_equal(&kept, &answer, sizeof(kept));
    }
    const struct cpuid features = cpuid_narrow(1, cpuid_answer(1, 0), (struct cpuid){0});
    assert_int_equal(features.eax, cpuid_answer(1, 0).eax);
    assert_int_equal(features.ebx, cpuid_answer(1, 0).ebx);
    assert_int_equal(features.ecx | features.edx, 0);
    const struct cpuid extended = cpuid_narrow(7, cpuid_answer(7, 0), (struct cpuid){.ebx = 32});
    assert_int_equal(extended.ebx, 32); /* AVX2 */
    assert_int_equal(extended.ecx | extended.edx, 0);
    const struct cpuid size = cpuid_narrow(0x0d, cpuid_answer(0x0d, 0), all);
    assert_int_equal(size.ebx, 832);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_exec_rests_on_is_there),   cmocka_unit_test(nothing_needs_more_state),
        cmocka_unit_test(nothing_that_an_enclave_lacks), cmocka_unit_test(subleaves_are_heeded),
        cmocka_unit_test(the_highest_leaves_are_there),  cmocka_unit_test(a_host_only_takes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
