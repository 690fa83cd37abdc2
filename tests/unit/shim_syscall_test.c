/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls there are: those of the table, and no other. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "shim/core/syscalls.h"
#include "tests/unit/shim_keep.h"

static struct kernel k;
static struct frame f;

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_check(&k);
    keep_fini();
    return 0;
}

static bool in_table(uint64_t number)
{
#define CASE(name) case __NR_##name:
    switch (number) {
        SYSCALL_TABLE(CASE)
        return true;
    default:
        return false;
    }
#undef CASE
}

/* Unknown, uncounted to the host, with no effect. */
static void unknown(uint64_t number)
{
    const uint64_t before = k.unknown_calls;
    const unsigned calls = keep.calls;
    const uint64_t room = k.memory.brk_start;
    if (keep_call(&k, number, room, room, room, room, room) != -ENOSYS)
        fail_msg("call %lu", number);
    assert_true(k.unknown_calls == before + 1);
    assert_int_equal(keep.calls, calls);
}

static void any_other_number_is_enosys(void **state)
{
    (void)state;
    unsigned known = 0;
    for (uint64_t n = 0; n < 1024; n++) {
        if (in_table(n))
            known++;
        else
            unknown(n);
    }
    assert_int_equal(known, 24);
    for (uint64_t n = 1; n <= 1024; n++)
        unknown(-n);
    /* the whole register is the number, unlike a truncating kernel's */
    for (uint64_t n = 0; n < 1024; n++) {
        unknown(n | 1ull << 32);
        unknown(n | 0x40000000); /* the x32 table */
        unknown(n | 1ull << 63);
    }
    unknown(INT64_MAX);
}

/* A call that is answered is known to be; none is passed on but through the port. */
static void is_answered(uint64_t number)
{
    static int64_t result;
    const uint64_t before = k.unknown_calls;
    if (ENDING(result = keep_call(&k, number, 1, 1, 1, 1, 1)) == WENT_ON)
        assert_int_not_equal(result, -ENOSYS);
    assert_true(k.unknown_calls == before);
}

static void a_number_of_the_table_is_answered(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 1024; n++) {
        if (in_table(n))
            is_answered(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_other_number_is_enosys, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_of_the_table_is_answered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
