/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim wants of a processor, and what it turns on. [SDM 2A CPUID, 3A 2.5] */
/* links: shim/kvm/processor.c shim/x86/cpuid.c tests/unit/shim_kvm.c */
#include "shim/kvm/processor.h"

#include "tests/unit/shim_kvm.h"

#include <stdarg.h>

#include <cmocka.h>

extern const uint8_t kvm_syscall[];
const uint8_t kvm_syscall[1] = {0};

/* PCLMULQDQ 1, SSE4.1 19, SSE4.2 20, AES-NI 25, XSAVE 26, AVX 28, RDRAND 30 */
static const struct cpuid one = {.ecx = 0x56180002};
static const struct cpuid plain = {.ebx = 1}; /* FSGSBASE */

static void a_plain_processor_will_do(void **state)
{
    (void)state;
    /* PAE 5, OSFXSR 9, OSXMMEXCPT 10, FSGSBASE 16, OSXSAVE 18 */
    assert_int_equal(processor_cr4(one, plain), 0x50620);
}

static void each_feature_that_is_needed_is_missed(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        const struct cpuid less = {.ecx = one.ecx & ~(1u << bit)};
        if (less.ecx != one.ecx)
            assert_int_equal(processor_cr4(less, plain), 0);
    }
    assert_int_equal(processor_cr4(one, (struct cpuid){.ebx = ~1u}), 0);
}

static void what_protects_is_on_where_it_is(void **state)
{
    (void)state;
    const uint64_t base = processor_cr4(one, plain);
    assert_int_equal(processor_cr4(one, (struct cpuid){.ebx = 1 | 1 << 7}), base | 1 << 20);
    assert_int_equal(processor_cr4(one, (struct cpuid){.ebx = 1 | 1 << 20}), base | 1 << 21);
    assert_int_equal(processor_cr4(one, (struct cpuid){.ebx = 1, .ecx = 4}), base | 1 << 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_processor_will_do),
        cmocka_unit_test(each_feature_that_is_needed_is_missed),
        cmocka_unit_test(what_protects_is_on_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
