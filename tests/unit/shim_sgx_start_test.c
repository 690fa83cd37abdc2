/* SPDX-License-Identifier: Apache-2.0 */
/* The first entry of an SGX keep: what the host passes, and what becomes of it. The
 * enclave is but a range of addresses here. */
/* links: shim/x86/cpuid.c base/wipe.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/sgx/sgx.h"

static uint64_t enclave_base = 0x7f1000000000;
#define sgx_base ((const uint8_t *)enclave_base)
#include "shim/sgx/start.c"
#undef sgx_base

#define base enclave_base

#define SIZE SGX_KEEP_SIZE

const struct exec_image exec_image = {.page_count = 100, .run_count = 8};
const uint8_t sgx_port_gate[1];
const uint8_t sgx_evidence_gate[1];
const uint8_t sgx_clock_gate[1];
struct frame sgx_frame;

static jmp_buf stopped;
static enum sgx_keep_stop why_stopped;
static struct start given;
static uint8_t given_key[32];
static bool checked;

no_return void sgx_leave_dead(enum sgx_keep_stop why)
{
    why_stopped = why;
    longjmp(stopped, 1);
}

void sgx_check_self(void) { checked = true; }

void sgx_seal_key(uint8_t key[static 32])
{
    assert_true(checked); /* no key for an enclave that is not ours */
    memset(key, 0x4b, 32);
}

void kernel_start(struct kernel *k, const struct start *start, struct frame *f)
{
    assert_ptr_equal(k, &sgx_kernel);
    assert_ptr_equal(f, &sgx_frame);
    given = *start;
    memcpy(given_key, start->cache_key, 32);
}

int64_t kernel_port(struct kernel *k, const struct port_call *call)
{
    assert_ptr_equal(k, &sgx_kernel);
    return call == NULL ? 7 : 8;
}

uint64_t clock_now(struct kernel *k, enum port_clock which)
{
    assert_ptr_equal(k, &sgx_kernel);
    return which == PORT_CLOCK_REALTIME ? 1 : 2;
}

static uint64_t added_from, added_to;

bool machine_present(uint64_t page) { return page >= added_from && page < added_to; }

void machine_add(uint64_t from, uint64_t to, unsigned prot)
{
    assert_int_equal(prot, PROT_R | PROT_W);
    added_from = from;
    added_to = to;
}

static bool start_stops(uint64_t block, uint64_t exec, uint64_t nodes)
{
    checked = false;
    memset(&given, 0, sizeof(given));
    if (setjmp(stopped) != 0) {
        assert_null(given.ranges);
        return true;
    }
    sgx_start(block, exec, nodes);
    return false;
}

#define BLOCK 0x10000000u
#define EXEC  0x20000000u
#define NODES 0x30000000u

static void a_range_is_wholly_outside_or_not(void **state)
{
    (void)state;
    const uint64_t end = base + SIZE;
    const struct {
        uint64_t at, size;
        bool touches;
    } cases[] = {
        {base - 4096, 4096, false},
        {base - 4096, 4097, true},
        {base - 1, 1, false},
        {base - 1, 2, true},
        {base, 1, true},
        {base + SIZE / 2, 4096, true},
        {end - 1, 1, true},
        {end, 1, false},
        {end - 1, 4096, true},
        {base - 4096, SIZE + 8192, true}, /* around it */
        {0, base, false},
        {0, base + 1, true},
        {0, UINT64_MAX, true},
        {1, UINT64_MAX, true}, /* wraps */
        {end, UINT64_MAX, true},
        {UINT64_MAX, 1, true},
        {UINT64_MAX, UINT64_MAX, true},
        {UINT64_MAX - 4095, 4095, false},
        {UINT64_MAX - 4095, 4096, true},
        {end, -(end + 1), false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (sgx_touches_enclave(cases[i].at, cases[i].size) != cases[i].touches)
            fail_msg("case %zu", i);
    }
}

static void what_the_host_passes_must_lie_outside(void **state)
{
    (void)state;
    assert_false(start_stops(BLOCK, EXEC, NODES));
    const uint64_t end = base + SIZE;
    const uint64_t bad[] = {
        0,
        base,
        base + SGX_KEEP_TABLES,
        end - 4096,
        base - 4096, /* its end is inside */
        UINT64_MAX - 4095,
        1, /* not pages */
        BLOCK + 8,
        BLOCK + 4095,
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const bool stop[3] = {start_stops(bad[i], EXEC, NODES), start_stops(BLOCK, bad[i], NODES),
                              start_stops(BLOCK, EXEC, bad[i])};
        /* the nodes are less than a page: one before the enclave or the last will do */
        const bool fits = bad[i] == base - 4096 || bad[i] == UINT64_MAX - 4095;
        if (!stop[0] || !stop[1] || stop[2] == fits)
            fail_msg("case %zu", i);
        assert_int_equal(why_stopped, SGX_KEEP_STOP_BLOCK);
    }
    /* to the last page of each */
    assert_false(start_stops(base - PORT_BLOCK_SIZE, EXEC, NODES));
    assert_true(start_stops(base - PORT_BLOCK_SIZE + 4096, EXEC, NODES));
    assert_false(start_stops(BLOCK, base - 100 * 4096, NODES));
    assert_true(start_stops(BLOCK, base - 99 * 4096, NODES));
    assert_false(start_stops(end, end, end));
}

static void the_rest_is_the_shims_own(void **state)
{
    (void)state;
    assert_false(start_stops(BLOCK, EXEC, NODES));
    assert_true(checked);
    assert_ptr_equal(given.block, (void *)BLOCK);
    assert_ptr_equal(given.exec, (void *)EXEC);
    assert_ptr_equal(given.nodes, (void *)NODES);
    assert_true(given.exec_base == base + SGX_KEEP_EXEC);
    assert_true(given.arena_start == base + SGX_KEEP_ARENA);
    assert_true(given.arena_end == base + SGX_KEEP_SIZE);
    assert_true((uint64_t)given.ranges == base + SGX_KEEP_TABLES);
    assert_true((uint64_t)(given.ranges + given.range_count) <= (uint64_t)given.run);
    assert_true((uint64_t)given.run == added_from);
    assert_int_equal(added_to - added_from, TREE_RUN_BYTES);
    assert_int_equal(given_key[31], 0x4b);
    assert_int_equal(sgx_port(NULL), 7);
    assert_int_equal(sgx_clock(PORT_CLOCK_REALTIME), 1);
    assert_int_equal(sgx_clock(PORT_CLOCK_MONOTONIC), 2);
    assert_int_equal(sgx_clock(UINT64_MAX), 2); /* whatever else it asks for */
}

static void the_page_of_zeroes_comes_once(void **state)
{
    (void)state;
    added_from = added_to = 0;
    const uint64_t page = (uint64_t)tables_zero_page();
    assert_true(page > base + SGX_KEEP_TABLES && page < base + SGX_KEEP_EXEC);
    assert_true(added_from == page && added_to == page + 4096);
    added_to = page + 4097; /* would be seen */
    assert_true((uint64_t)tables_zero_page() == page);
    assert_true(added_to == page + 4097);
}

static void every_stop_has_its_reason(void **state)
{
    (void)state;
    const struct {
        enum machine_stop why;
        enum sgx_keep_stop reason;
    } cases[] = {
        {STOP_ENDED, SGX_KEEP_STOP_ENDED}, {STOP_FAULT, SGX_KEEP_STOP_FAULT},
        {STOP_FATAL, SGX_KEEP_STOP_FATAL}, {STOP_PAGE, SGX_KEEP_STOP_PAGE},
        {STOP_BLOCK, SGX_KEEP_STOP_BLOCK}, {STOP_ENTROPY, SGX_KEEP_STOP_ENTROPY},
        {STOP_BUG, SGX_KEEP_STOP_BUG},     {(enum machine_stop)99, SGX_KEEP_STOP_BUG},
    };
    for (volatile size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (setjmp(stopped) == 0)
            machine_stop(cases[i].why);
        assert_int_equal(why_stopped, cases[i].reason);
    }
    if (setjmp(stopped) == 0)
        port_attacked(1, 2);
    assert_int_equal(why_stopped, SGX_KEEP_STOP_PORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_wholly_outside_or_not),
        cmocka_unit_test(what_the_host_passes_must_lie_outside),
        cmocka_unit_test(the_rest_is_the_shims_own),
        cmocka_unit_test(the_page_of_zeroes_comes_once),
        cmocka_unit_test(every_stop_has_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
