/* SPDX-License-Identifier: Apache-2.0 */
/* exec's pointers, as the shim checks them, and exec's calls of the port. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "tests/unit/shim_keep.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define P    PAGE_SIZE

static struct kernel k;
static struct frame f;
static uint64_t room; /* four pages, then nothing */
static uint64_t start;
static uint64_t end; /* of all that is exec's */

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    room = keep_room(&k, 4 * P);
    start = k.memory.space.start;
    end = k.memory.space.end;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep.on_read = NULL;
    keep_check(&k);
    keep_fini();
    return 0;
}

static void what_is_not_execs_is_refused(void **state)
{
    (void)state;
    const struct {
        uint64_t at, size;
        bool ok;
    } cases[] = {
        {room, 4 * P, true},
        {room + 1, 4 * P - 1, true},
        {room, 4 * P + 1, false},
        {room + 4 * P - 1, 1, true},
        {room + 4 * P - 1, 2, false},
        {room + 4 * P, 1, false},
        {room, SIZE_MAX, false},
        {room, SIZE_MAX - room, false},
        {room, SIZE_MAX - room + 1, false}, /* ends at 0 */
        {room, SIZE_MAX - room + 2, false}, /* wraps to 1 */
        {room + 4 * P - 1, SIZE_MAX, false},
        {start - 1, 2, false},
        {start - P, P, false},
        {start - P, 4 * P, false},
        {(uint64_t)keep.base + KEEP_RUN, 8, false}, /* the shim's own, present */
        {(uint64_t)keep.base + KEEP_RUN, room, false},
        {end - 1, 2, false},
        {end, 1, false},
        {end, SIZE_MAX, false},
        {end - 8, SIZE_MAX - end + 9, false},
        {0, 1, false},
        {0, SIZE_MAX, false},
        {SIZE_MAX, 1, false},
        {SIZE_MAX, SIZE_MAX, false},
        {(uint64_t)keep.block, 8, false}, /* the host's */
        {(uint64_t)keep.exec, 8, false},
        {1ull << 47, 1, false},
        {1ull << 63, 1, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (user_ok(&k, cases[i].at, cases[i].size, PROT_R) != cases[i].ok ||
            user_ok(&k, cases[i].at, cases[i].size, PROT_W) != cases[i].ok)
            fail_msg("case %zu", i);
        assert_true(user_ok(&k, cases[i].at, 0, PROT_R)); /* nothing is asked for */
    }
}

static void the_permission_counts_on_every_page(void **state)
{
    (void)state;
    assert_int_equal(SYS(&k, mprotect, room + P, P, PROT_READ), 0);
    assert_int_equal(SYS(&k, mprotect, room + 2 * P, P, PROT_NONE), 0);
    assert_true(user_ok(&k, room, 2 * P, PROT_R));
    assert_false(user_ok(&k, room, 2 * P, PROT_W));
    assert_true(user_ok(&k, room, P, PROT_W));
    assert_false(user_ok(&k, room, 3 * P, PROT_R));
    assert_false(user_ok(&k, room + P, P, PROT_X));
    assert_false(user_ok(&k, start, P, PROT_W)); /* exec's constants */
    assert_true(user_ok(&k, start + 5 * P, P, PROT_X));
}

/* The shim itself never faults: what is allowed is brought first. */
static void what_is_allowed_is_present_then(void **state)
{
    (void)state;
    const uint64_t at = (uint64_t)SYS(&k, mmap, 0, 100 * P, RW, ANON, -1);
    assert_true(user_ok(&k, at + 30 * P + 1, 40 * P, PROT_W));
    for (uint64_t page = at + 30 * P; page <= at + 70 * P; page += P)
        assert_int_equal(*keep_page(page), PRESENT | RW);
    assert_int_equal(*keep_page(at + 99 * P), 0);
    memset((void *)(at + 30 * P + 1), 1, 40 * P);
    static const char text[] = "across pages of two ranges";
    char back[sizeof(text)];
    assert_int_equal(SYS(&k, mprotect, at + P, P, PROT_READ), 0);
    assert_int_equal(user_write(&k, at + 2 * P - 5, text, sizeof(text)), -EFAULT);
    assert_int_equal(user_write(&k, at + 3 * P - 5, text, sizeof(text)), 0);
    assert_int_equal(user_read(&k, at + 3 * P - 5, back, sizeof(back)), 0);
    assert_string_equal(back, text);
    assert_int_equal(user_read(&k, at + 100 * P - 5, back, sizeof(back)), -EFAULT);
}

/* ---- the port ---- */

static int64_t port(struct port_call call)
{
    memcpy((void *)room, &call, sizeof(call));
    return kernel_port(&k, (const struct port_call *)room);
}

static void buffers_outside_execs_memory_are_refused(void **state)
{
    (void)state;
    void *const in = (void *)(room + P);
    const unsigned calls = keep.calls;
    const uint64_t bad[] = {(uint64_t)keep.base + KEEP_RUN,
                            end,
                            0,
                            SIZE_MAX - 3,
                            (uint64_t)keep.block,
                            room + 4 * P - 7,
                            start - 8};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        void *const other = (void *)bad[i];
        assert_int_equal(port((struct port_call){PORT_WRITE, {0}, other, 8, NULL, 0}), -EFAULT);
        assert_int_equal(port((struct port_call){PORT_READ, {0}, NULL, 0, other, 8}), -EFAULT);
        assert_int_equal(kernel_port(&k, other), -EFAULT);
    }
    /* output goes to what can be written */
    void *const constants = (void *)start;
    assert_int_equal(port((struct port_call){PORT_READ, {0}, NULL, 0, constants, 8}), -EFAULT);
    assert_int_equal(port((struct port_call){PORT_WRITE, {0}, in, SIZE_MAX, NULL, 0}), -EINVAL);
    assert_int_equal(port((struct port_call){PORT_READ, {0}, NULL, 0, in, SIZE_MAX}), -EINVAL);
    assert_int_equal(port((struct port_call){PORT_READ, {0}, NULL, 0, in, 1ull << 63}), -EINVAL);
    assert_int_equal(keep.calls, calls); /* the host has not seen any */
}

static void what_is_execs_is_carried(void **state)
{
    (void)state;
    uint8_t *const in = (void *)(room + P);
    memcpy(in, "abcdefgh", 8);
    keep.result = 8;
    assert_int_equal(port((struct port_call){PORT_WRITE, {7}, in, 8, NULL, 0}), 8);
    assert_memory_equal(keep.block + PORT_DATA_OFFSET, "abcdefgh", 8);
    assert_int_equal(keep.frame.arg[0], 7);
    memcpy(keep.block + PORT_DATA_OFFSET, "ABCD", 4);
    keep.result = 3;
    assert_int_equal(port((struct port_call){PORT_READ, {7}, NULL, 0, in, 8}), 3);
    assert_memory_equal(in, "ABCdefgh", 8);
    keep.result = 9;
    assert_int_equal(ENDING(port((struct port_call){PORT_READ, {7}, NULL, 0, in, 8})),
                     STOPPED_PORT);
}

/* Memory that the host manages is the shim's business alone. */
static void some_verbs_are_not_for_exec(void **state)
{
    (void)state;
    const unsigned calls = keep.calls;
    assert_int_equal(port((struct port_call){.verb = PORT_MEMORY, .arg = {1, room, 1}}), -EINVAL);
    assert_int_equal(port((struct port_call){.verb = PORT_VERB_COUNT}), -EINVAL);
    assert_int_equal(port((struct port_call){.verb = UINT32_MAX}), -EINVAL);
    assert_int_equal(keep.calls, calls);
}

static void a_host_that_lets_the_end_pass_changes_nothing(void **state)
{
    (void)state;
    keep.lies = true;
    keep.result = 0;
    assert_int_equal(ENDING(port((struct port_call){.verb = PORT_EXIT})), STOPPED_ENDED);
    keep.lies = false;
    assert_int_equal(ENDING(port((struct port_call){.verb = PORT_EXIT})), EXITED);
}

/* exec cannot change a call once it is checked: even an output over the call itself. */
static void a_call_is_copied_once(void **state)
{
    (void)state;
    const struct port_call call = {PORT_READ, {7}, NULL, 0, (void *)room, sizeof(call)};
    memset(keep.block + PORT_DATA_OFFSET, 0xff, sizeof(call));
    keep.result = sizeof(call);
    assert_int_equal(port(call), sizeof(call));
    assert_int_equal(*(uint8_t *)(room + sizeof(call)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_execs_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_permission_counts_on_every_page, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_allowed_is_present_then, setup, teardown),
        cmocka_unit_test_setup_teardown(buffers_outside_execs_memory_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_execs_is_carried, setup, teardown),
        cmocka_unit_test_setup_teardown(some_verbs_are_not_for_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(a_host_that_lets_the_end_pass_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_call_is_copied_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
