/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls about the process; expected are Linux's answers for the one
 * process, with the one thread, that exec is. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>

#include <asm/prctl.h>
#include <cmocka.h>

#include "tests/unit/shim_keep.h"

#define P PAGE_SIZE

static struct kernel k;
static struct frame f;
static uint64_t room; /* a page, then nothing */
static uint64_t outside;

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    room = keep_room(&k, P);
    outside = (uint64_t)keep.base + KEEP_RUN;
    keep.poll_waits = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_check(&k);
    keep_fini();
    return 0;
}

static void the_one_process(void **state)
{
    (void)state;
    assert_int_equal(SYS(&k, getpid), 1);
    assert_int_equal(SYS(&k, gettid), 1);
    assert_int_equal(SYS(&k, set_tid_address, room), 1);
    assert_int_equal(SYS(&k, sched_yield), 0);
}

static void fs_stays_within_execs_memory(void **state)
{
    (void)state;
    uint64_t *const out = (uint64_t *)room;
    assert_int_equal(SYS(&k, arch_prctl, ARCH_SET_FS, room + 64), 0);
    assert_true(keep.fs == room + 64);
    assert_int_equal(SYS(&k, arch_prctl, ARCH_GET_FS, room), 0);
    assert_true(*out == room + 64);
    const uint64_t bad[] = {
        0,          outside,   k.memory.space.start - 1, k.memory.space.end, 1ull << 47,
        1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(SYS(&k, arch_prctl, ARCH_SET_FS, bad[i]), -EPERM);
    assert_true(keep.fs == room + 64);
    assert_int_equal(SYS(&k, arch_prctl, ARCH_GET_FS, outside), -EFAULT);
    assert_int_equal(SYS(&k, arch_prctl, ARCH_GET_FS, room + P - 7), -EFAULT);
    assert_int_equal(SYS(&k, arch_prctl, ARCH_SET_GS, room), -EINVAL);
    assert_int_equal(SYS(&k, arch_prctl, ARCH_GET_CPUID, 0), -EINVAL);
    assert_int_equal(SYS(&k, arch_prctl, 1ull << 32 | ARCH_SET_FS, room), -EINVAL);
}

static void limits_are_read_only(void **state)
{
    (void)state;
    const struct rlimit *out = (const struct rlimit *)room;
    assert_int_equal(SYS(&k, prlimit64, 0, RLIMIT_STACK, 0, room), 0);
    assert_true(out->rlim_cur == KERNEL_STACK_SIZE && out->rlim_max == KERNEL_STACK_SIZE);
    assert_int_equal(SYS(&k, prlimit64, 1, RLIMIT_AS, 0, room), 0);
    assert_true(out->rlim_cur == RLIM_INFINITY);
    assert_int_equal(SYS(&k, prlimit64, 0, RLIMIT_AS, 0, 0), 0);
    assert_int_equal(SYS(&k, prlimit64, 0, RLIMIT_AS, room, 0), -EPERM);
    assert_int_equal(SYS(&k, prlimit64, 0, RLIM_NLIMITS, 0, room), -EINVAL);
    assert_int_equal(SYS(&k, prlimit64, 2, RLIMIT_AS, 0, room), -EINVAL);
    assert_int_equal(SYS(&k, prlimit64, 0, UINT64_MAX, 0, room), -EINVAL);
    assert_int_equal(SYS(&k, prlimit64, 0, RLIMIT_AS, 0, outside), -EFAULT);
    assert_int_equal(SYS(&k, prlimit64, 0, RLIMIT_AS, 0, room + P - 8), -EFAULT);
}

static void there_is_one_cpu(void **state)
{
    (void)state;
    const cpu_set_t *set = (const cpu_set_t *)room;
    memset((void *)room, 0, P);
    assert_int_equal(SYS(&k, sched_getaffinity, 0, sizeof(cpu_set_t), room), 8);
    assert_int_equal(CPU_COUNT(set), 1);
    assert_int_equal(SYS(&k, sched_getaffinity, 0, 4, room), -EINVAL);
    assert_int_equal(SYS(&k, sched_getaffinity, 0, 0, room), -EINVAL);
    assert_int_equal(SYS(&k, sched_getaffinity, 9, 128, room), -EINVAL);
    assert_int_equal(SYS(&k, sched_getaffinity, 0, 128, outside), -EFAULT);
}

static void sysinfo_tells_of_the_keep_alone(void **state)
{
    (void)state;
    const struct sysinfo *out = (const struct sysinfo *)room;
    memset((void *)room, 0xee, P);
    assert_int_equal(SYS(&k, sysinfo, room), 0);
    assert_true(out->totalram == KEEP_SIZE - KEEP_ARENA);
    assert_int_equal(out->mem_unit, 1);
    assert_int_equal(out->procs, 1);
    assert_int_equal(out->uptime, 0);
    for (size_t i = sizeof(*out); i < P; i++)
        assert_int_equal(((uint8_t *)room)[i], 0xee);
    assert_int_equal(SYS(&k, sysinfo, outside), -EFAULT);
    assert_int_equal(SYS(&k, sysinfo, room + P - 111), -EFAULT);
}

/* ---- futex ---- */

#define PRIVATE FUTEX_PRIVATE_FLAG

static int64_t futex(uint64_t at, uint64_t operation, uint64_t value, uint64_t time)
{
    return SYS(&k, futex, at, operation, value, time);
}

static uint64_t time_at(int64_t seconds, int64_t ns)
{
    *(struct timespec *)(room + 512) = (struct timespec){seconds, ns};
    return room + 512;
}

static void a_wait_that_nobody_ends_is_reported(void **state)
{
    (void)state;
    *(uint32_t *)room = 5;
    assert_int_equal(futex(room, FUTEX_WAIT | PRIVATE, 4, 0), -EAGAIN);
    assert_int_equal(ENDING(futex(room, FUTEX_WAIT | PRIVATE, 5, 0)), EXITED);
    assert_non_null(strstr(keep.log, "waits for a thread"));
    assert_int_equal(keep.exit[0], PORT_END_FAILED);
    /* the value has 32 bits */
    assert_int_equal(ENDING(futex(room, FUTEX_WAIT_BITSET, 1ull << 32 | 5, 0)), EXITED);
}

static void a_wait_ends_with_its_time(void **state)
{
    (void)state;
    const int64_t start = keep.time[PORT_CLOCK_MONOTONIC];
    *(uint32_t *)room = 5;
    assert_int_equal(futex(room, FUTEX_WAIT | PRIVATE, 5, time_at(3, 7)), -ETIMEDOUT);
    assert_true(keep.time[PORT_CLOCK_MONOTONIC] - start >= 3000000007);
    const int64_t until = keep.time[PORT_CLOCK_MONOTONIC] + 2000000000;
    assert_int_equal(futex(room, FUTEX_WAIT_BITSET | PRIVATE, 5,
                           time_at(until / 1000000000, until % 1000000000)),
                     -ETIMEDOUT);
    assert_true(keep.time[PORT_CLOCK_MONOTONIC] >= until);
    const int64_t day = keep.time[PORT_CLOCK_REALTIME] / 1000000000 + 1;
    assert_int_equal(
        futex(room, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | PRIVATE, 5, time_at(day, 0)),
        -ETIMEDOUT);
    assert_true(keep.time[PORT_CLOCK_REALTIME] >= day * 1000000000);
    /* long past: at once */
    const unsigned calls = keep.calls;
    assert_int_equal(futex(room, FUTEX_WAIT_BITSET | PRIVATE, 5, time_at(0, 1)), -ETIMEDOUT);
    assert_true(keep.calls - calls <= 1);
    /* a host that cannot wait ends the wait */
    keep.lies = true;
    keep.result = -11;
    assert_int_equal(futex(room, FUTEX_WAIT | PRIVATE, 5, time_at(1, 0)), -ETIMEDOUT);
}

static void futex_refuses(void **state)
{
    (void)state;
    *(uint32_t *)room = 5;
    assert_int_equal(futex(room + 1, FUTEX_WAIT, 5, 0), -EINVAL);
    assert_int_equal(futex(room + 2, FUTEX_WAKE, 1, 0), -EINVAL);
    assert_int_equal(futex(outside, FUTEX_WAIT, 0, 0), -EFAULT);
    assert_int_equal(futex(room + P, FUTEX_WAIT, 0, 0), -EFAULT);
    assert_int_equal(futex(room, FUTEX_WAIT, 5, outside), -EFAULT);
    assert_int_equal(futex(room, FUTEX_WAIT, 5, time_at(-1, 0)), -EINVAL);
    assert_int_equal(futex(room, FUTEX_WAIT, 5, time_at(0, 1000000000)), -EINVAL);
    assert_int_equal(futex(room, FUTEX_WAIT, 5, time_at(0, -1)), -EINVAL);
    assert_int_equal(futex(room, FUTEX_WAIT, 5, time_at(INT64_MAX, 0)), -EINVAL);
    assert_int_equal(futex(room, FUTEX_WAKE | PRIVATE, 1, 0), 0);
    assert_int_equal(futex(room, FUTEX_WAKE_BITSET | PRIVATE, 1, 0), 0);
    const uint64_t others[] = {
        FUTEX_FD, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_UNLOCK_PI,
        77};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(futex(room, others[i] | PRIVATE, 0, 0), -ENOSYS);
}

/* ---- randomness, last words ---- */

static void getrandom_fills_what_it_says(void **state)
{
    (void)state;
    memset((void *)room, 0, P);
    assert_int_equal(SYS(&k, getrandom, room, 40, 0), 40);
    unsigned zeroes = 0;
    for (size_t i = 0; i < 40; i++)
        zeroes += ((uint8_t *)room)[i] == 0;
    assert_true(zeroes < 10);
    for (size_t i = 40; i < P; i++)
        assert_int_equal(((uint8_t *)room)[i], 0);
    assert_int_equal(SYS(&k, getrandom, room, 0, 0), 0);
    assert_int_equal(SYS(&k, getrandom, room, SIZE_MAX, 0), 256); /* the rest is asked for again */
    assert_int_equal(SYS(&k, getrandom, room + P - 8, 9, 0), -EFAULT);
    assert_int_equal(SYS(&k, getrandom, outside, 8, 0), -EFAULT);
    assert_int_equal(keep.calls, 0); /* never the host's */
}

static void write_is_for_last_words(void **state)
{
    (void)state;
    memcpy((void *)room, "free(): invalid pointer\n", 25);
    assert_int_equal(SYS(&k, write, 2, room, 24), 24);
    assert_string_equal(keep.log, "free(): invalid pointer\n");
    assert_int_equal(keep.frame.arg[0], PORT_LOG_ERROR);
    assert_int_equal(SYS(&k, write, 1, room, 4), 4);
    assert_int_equal(SYS(&k, write, 1, room, SIZE_MAX), 4096);
    assert_int_equal(SYS(&k, write, 1, room, 0), 0);
    const unsigned calls = keep.calls;
    assert_int_equal(SYS(&k, write, 1, room + 1, 4096), -EFAULT);
    assert_int_equal(SYS(&k, write, 1, outside, 4), -EFAULT);
    assert_int_equal(SYS(&k, write, 0, room, 4), -EBADF);
    assert_int_equal(SYS(&k, write, 3, room, 4), -EBADF);
    assert_int_equal(SYS(&k, write, UINT64_MAX, room, 4), -EBADF);
    assert_int_equal(SYS(&k, write, 1ull << 32 | 1, room, 4), -EBADF);
    assert_int_equal(keep.calls, calls);
    keep.lies = true;
    keep.result = -5;
    assert_int_equal(SYS(&k, write, 2, room, 4), -EIO);
    keep.result = 4; /* not what the row allows */
    assert_int_equal(ENDING(SYS(&k, write, 2, room, 4)), STOPPED_PORT);
}

/* Text of exec's own is not for the host of a deployment, or of who knows what. */
static void write_is_silent_in_a_deployment(void **state)
{
    (void)state;
    static const uint32_t modes[] = {BOOT_DEPLOY, 0, 4, UINT32_MAX};
    memcpy((void *)room, "s3cret", 6);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        k.boot.mode = modes[i];
        k.silent_writes = 0;
        assert_int_equal(SYS(&k, write, 2, room, 6), 6);
        assert_string_equal(keep.log, "bytes that exec wrote to its standard error: 6");
        assert_int_equal(SYS(&k, write, 1, room, SIZE_MAX), 4096);
        assert_string_equal(keep.log, "bytes that exec wrote to its standard output: 4096");
        assert_null(memmem(keep.block, PORT_BLOCK_SIZE, "s3cret", 6));
    }
    const unsigned calls = keep.calls;
    assert_int_equal(SYS(&k, write, 2, room, 0), 0);
    assert_int_equal(SYS(&k, write, 2, outside, 4), -EFAULT);
    assert_int_equal(SYS(&k, write, 0, room, 4), -EBADF);
    assert_int_equal(keep.calls, calls);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(SYS(&k, write, 2, room, 6), 6);
    assert_int_equal(keep.calls, calls + 8); /* ten with the two before */
    assert_int_equal(k.silent_writes, 102);  /* the rest is counted */
    k.silent_writes = 0;
    keep.lies = true;
    keep.result = -5;
    assert_int_equal(SYS(&k, write, 2, room, 4), -EIO);
}

static void exit_group_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(ENDING(SYS(&k, exit_group, 0x101)), EXITED);
    assert_string_equal(keep.log, "the keep failed: exec ended with status 1");
    assert_int_equal(ENDING(SYS(&k, exit_group, 0)), EXITED);
    assert_string_equal(keep.log, "the keep failed: exec ended with status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_one_process, setup, teardown),
        cmocka_unit_test_setup_teardown(fs_stays_within_execs_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_are_read_only, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_one_cpu, setup, teardown),
        cmocka_unit_test_setup_teardown(sysinfo_tells_of_the_keep_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_that_nobody_ends_is_reported, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_ends_with_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(futex_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(getrandom_fills_what_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(write_is_for_last_words, setup, teardown),
        cmocka_unit_test_setup_teardown(write_is_silent_in_a_deployment, setup, teardown),
        cmocka_unit_test_setup_teardown(exit_group_is_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
