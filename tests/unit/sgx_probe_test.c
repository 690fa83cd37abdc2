/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's part of the probes, over tables of CPUID [SDM 3D 36.7.2]. */
/* links: host/probe.c host/sgx/probe.c */
#include "host/sgx/probe.h"

#include "host/sgx/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

vdso_sgx_enter_enclave_t sgx_kernel_entry(void) { return NULL; }

/* A server of the third generation, as the SDM's tables read: two sections of EPC. */
static const struct sgx_cpuid server[] = {
    {.eax = 0x1b},                                            /* leaf 0 */
    {.ebx = 1u << 2, .ecx = 1u << 30},                        /* 7 */
    {.eax = 0x3, .ebx = 1, .edx = 0x381f},                    /* 0x12.0: 2^56 */
    {.eax = 0x36, .ecx = 0x2e7, .edx = 0},                    /* 0x12.1 */
    {.eax = 0x00c00001, .ebx = 0x10, .ecx = 0x7e000001},      /* 0x12.2 */
    {.eax = 0x00000001, .ebx = 0x20, .ecx = 0x1, .edx = 0x1}, /* 0x12.3: 4 GiB */
    {0},
};
static struct sgx_cpuid cpu[7];

static int reset(void **state)
{
    (void)state;
    memcpy(cpu, server, sizeof(cpu));
    return 0;
}

static struct sgx_cpuid table(uint32_t leaf, uint32_t subleaf)
{
    if (leaf == 0)
        return cpu[0];
    if (leaf == 7)
        return cpu[1];
    assert_int_equal(leaf, 0x12);
    return subleaf < 5 ? cpu[2 + subleaf] : (struct sgx_cpuid){0};
}

static struct probe rows[PROBE_MAX];

static size_t probe(void)
{
    memset(rows, 0, sizeof(rows));
    return sgx_probe_cpu(table, rows);
}

static void good_machine(void **state)
{
    (void)state;
    const size_t count = probe();
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].ok)
            fail_msg("%s: %s", rows[i].what, rows[i].why);
    }
    assert_string_equal(rows[7].why, "6112 MiB"); /* 2016 + 4096 */
    assert_int_equal(sgx_epc_size(table), 6112ull << 20);
}

/* Just the row of that name fails. */
static void fails(const char *what)
{
    const size_t count = probe();
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].ok != (strcmp(rows[i].what, what) != 0))
            fail_msg("%s: %s", rows[i].what, rows[i].why);
        found = found || !rows[i].ok;
    }
    assert_true(found);
    reset(NULL);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    cpu[1].ecx = 0;
    fails("Flexible launch control");
    cpu[2].eax = 2;
    fails("SGX1");
    cpu[2].eax = 1;
    fails("SGX2");
    cpu[2].ebx = 0;
    fails("MISCSELECT EXINFO");
    cpu[2].edx = 0x231f; /* 2^35 */
    fails("Enclave size");
    cpu[3].eax = 0x32; /* no MODE64BIT */
    fails("Enclave attributes");
    cpu[3].ecx = 3; /* no AVX */
    fails("Enclave attributes");
    cpu[4].eax = 0;
    fails("Enclave memory (EPC)");
}

static void client_machine(void **state)
{
    (void)state;
    cpu[2].edx = 0x241f; /* 2^36 is just enough */
    cpu[5] = (struct sgx_cpuid){0};
    assert_int_equal(probe(), 8);
    assert_true(rows[5].ok);
    assert_string_equal(rows[7].why, "2016 MiB");
}

/* Leaves that a processor does not have answer with something else. */
static void without_sgx_nothing_else_is_asked(void **state)
{
    (void)state;
    cpu[1].ebx = 0;
    assert_int_equal(probe(), 1);
    assert_false(rows[0].ok);
    assert_int_equal(sgx_epc_size(table), 0);
    reset(state);
    cpu[0].eax = 0xd;
    assert_int_equal(probe(), 1);
    cpu[0].eax = 1;
    assert_int_equal(probe(), 1);
}

static void all_of_it_fits(void **state)
{
    (void)state;
    memset(rows, 0, sizeof(rows));
    const size_t count = sgx_probe(rows);
    assert_in_range(count, 5, PROBE_MAX);
    for (size_t i = 0; i < count; i++)
        assert_true(rows[i].what[0] != '\0' && rows[i].why[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_machine, reset),
        cmocka_unit_test_setup(what_is_missing_is_named, reset),
        cmocka_unit_test_setup(client_machine, reset),
        cmocka_unit_test_setup(without_sgx_nothing_else_is_asked, reset),
        cmocka_unit_test(all_of_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
