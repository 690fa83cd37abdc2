/* SPDX-License-Identifier: Apache-2.0 */
/* The handler at CSSA 1 believes the processor's frame alone: what a host claims has
 * no part in it, so that all there is to test is the frame. [SDM 3D 35.9] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "shim/sgx/sgx.h"

static const uint64_t enclave_base = 0x7f1000000000;
#define sgx_base ((const uint8_t *)enclave_base)
#include "shim/sgx/exception.c"
#undef sgx_base

struct frame sgx_frame;
struct sgx_ssa sgx_ssa[SGX_KEEP_NSSA];
struct kernel sgx_kernel;
const uint8_t sgx_dispatch[1];
const uint8_t sgx_shim_stack_top[1];

static jmp_buf stopped;
static enum sgx_keep_stop why_stopped;
static struct fault served;

no_return void sgx_stop(enum sgx_keep_stop why)
{
    why_stopped = why;
    longjmp(stopped, 1);
}

void kernel_fault(struct kernel *k, struct frame *f, const struct fault *x)
{
    assert_ptr_equal(k, &sgx_kernel);
    assert_ptr_equal(f, &sgx_frame);
    served = *x;
}

static int setup(void **state)
{
    (void)state;
    memset(sgx_ssa, 0x5a, sizeof(sgx_ssa));
    memset(&sgx_frame, 0, sizeof(sgx_frame));
    struct sgx_gpr *g = &sgx_ssa[0].gpr;
    for (unsigned i = 0; i < 16; i++)
        (&g->rax)[i] = 100 + i;
    g->rflags = 0x246;
    g->rip = enclave_base + SGX_KEEP_EXEC + 0x1234;
    g->exit_info = SGX_EXIT_VALID | SGX_EXIT_HARDWARE | 14;
    sgx_ssa[0].exinfo = (struct sgx_exinfo){.maddr = 0xabc, .errcd = 6};
    return 0;
}

static bool stops(void)
{
    if (setjmp(stopped) != 0)
        return true;
    sgx_exception();
    return false;
}

static void the_threads_registers_are_taken(void **state)
{
    (void)state;
    const struct sgx_gpr before = sgx_ssa[0].gpr;
    assert_false(stops());
    assert_memory_equal(&sgx_frame, &before, 18 * 8); /* all in the processor's order */
    sgx_serve();
    assert_int_equal(served.vector, 14);
    assert_int_equal(served.error, 6);
    assert_true(served.address == 0xabc);
}

static void the_thread_goes_on_in_the_shim(void **state)
{
    (void)state;
    assert_false(stops());
    const struct sgx_gpr *g = &sgx_ssa[0].gpr;
    for (unsigned i = 0; i < 16; i++) {
        const uint64_t expected = i == 4 ? (uint64_t)sgx_shim_stack_top : 0; /* rsp */
        assert_true((&g->rax)[i] == expected);
    }
    assert_true(g->rip == (uint64_t)sgx_dispatch);
    assert_int_equal(g->rflags, 2);
    assert_int_equal(g->fsbase, 0x5a5a5a5a5a5a5a5a); /* exec's stays */
    for (unsigned n = 1; n < SGX_KEEP_NSSA; n++)
        assert_int_equal(sgx_ssa[n].gpr.rax, 0x5a5a5a5a5a5a5a5a);
}

/* Signals that did not happen: EXITINFO says so. [SDM 3D 35.9.1.1] */
static void an_exception_that_was_none_stops(void **state)
{
    (void)state;
    for (uint32_t valid = 0; valid < 2; valid++) {
        for (uint32_t type = 0; type < 8; type++) {
            for (uint32_t vector = 0; vector < 256; vector++) {
                setup(NULL);
                sgx_ssa[0].gpr.exit_info = valid << 31 | type << 8 | vector;
                const bool is_one = valid == 1 && type == 3; /* hardware */
                if (stops() == is_one)
                    fail_msg("valid %u, type %u, vector %u", valid, type, vector);
                if (!is_one) {
                    assert_int_equal(why_stopped, SGX_KEEP_STOP_EXCEPTION);
                    assert_int_equal(sgx_frame.rip, 0);
                    continue;
                }
                sgx_serve();
                assert_int_equal(served.vector, vector);
            }
        }
    }
}

static void an_exception_counts_once(void **state)
{
    (void)state;
    assert_false(stops());
    sgx_ssa[0].gpr.rip = enclave_base + SGX_KEEP_EXEC; /* back in exec */
    assert_true(stops());
    assert_int_equal(why_stopped, SGX_KEEP_STOP_EXCEPTION);
}

/* The shim causes none: its pages are always there. */
static void an_exception_outside_of_exec_stops(void **state)
{
    (void)state;
    const struct {
        uint64_t rip;
        bool stop;
    } cases[] = {
        {enclave_base, true},
        {enclave_base + SGX_KEEP_EXEC - 1, true},
        {enclave_base + SGX_KEEP_EXEC, false},
        {enclave_base + SGX_KEEP_SIZE - 1, false},
        {enclave_base + SGX_KEEP_SIZE, true},
        {enclave_base - 1, true},
        {0, true},
        {UINT64_MAX, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(NULL);
        sgx_ssa[0].gpr.rip = cases[i].rip;
        if (stops() != cases[i].stop)
            fail_msg("case %zu", i);
        if (cases[i].stop)
            assert_int_equal(why_stopped, SGX_KEEP_STOP_FATAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_threads_registers_are_taken, setup),
        cmocka_unit_test_setup(the_thread_goes_on_in_the_shim, setup),
        cmocka_unit_test_setup(an_exception_that_was_none_stops, setup),
        cmocka_unit_test_setup(an_exception_counts_once, setup),
        cmocka_unit_test_setup(an_exception_outside_of_exec_stops, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
