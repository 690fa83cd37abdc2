/* SPDX-License-Identifier: Apache-2.0 */
/* Time under a host, and a processor's counter, that lie: the shim's clock with a
 * counter of the test's. */
/* links: tests/unit/shim_keep.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#define SHIM_X86_TSC_H
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t counter;
static uint64_t tsc_read(void) { return counter; }

#define read clock_read /* unistd.h has one, too */
#include "shim/core/clock.c"
#undef read
#include "tests/unit/shim_keep.h"

#define MS 1000000ull

static struct kernel k;
static struct frame f;

/* Each ns is three ticks. */
#define TICKS 3u
static void pass(uint64_t ns)
{
    counter += ns * TICKS;
    keep.time[0] += (int64_t)ns;
    keep.time[1] += (int64_t)ns;
}

static int setup(void **state)
{
    (void)state;
    counter = 1000000;
    keep_start(&k, &f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_fini();
    return 0;
}

static uint64_t now(void) { return clock_now(&k, PORT_CLOCK_MONOTONIC); }
static uint64_t real(void) { return clock_now(&k, PORT_CLOCK_REALTIME); }

/* Until the counter's rate is known. */
static void settle(void)
{
    for (unsigned i = 0; i < 3; i++) {
        (void)now();
        (void)real();
        pass(200 * MS);
    }
    (void)now();
    (void)real();
}

static void near(uint64_t a, uint64_t b)
{
    const uint64_t apart = a > b ? a - b : b - a;
    if (apart > 1000)
        fail_msg("%lu is not near %lu", a, b);
}

static void it_goes_on_between_the_hosts_words(void **state)
{
    (void)state;
    settle();
    const unsigned calls = keep.calls;
    for (unsigned i = 0; i < 90; i++) {
        pass(MS);
        near(now(), (uint64_t)keep.time[PORT_CLOCK_MONOTONIC]);
        near(real(), (uint64_t)keep.time[PORT_CLOCK_REALTIME]);
    }
    assert_int_equal(keep.calls, calls); /* without one */
    pass(11 * MS);
    near(now(), (uint64_t)keep.time[PORT_CLOCK_MONOTONIC]);
    assert_int_equal(keep.calls, calls + 1);
}

/* Runtimes look all the time: ten calls a second of each clock are enough. */
static void the_host_is_asked_every_100_ms(void **state)
{
    (void)state;
    settle();
    const unsigned calls = keep.calls;
    for (unsigned i = 0; i < 1000; i++) {
        pass(MS);
        (void)now();
    }
    assert_true(keep.calls - calls >= 9 && keep.calls - calls <= 10);
}

static void it_never_goes_back(void **state)
{
    (void)state;
    settle();
    const uint64_t before = now();
    const uint64_t real_before = real();
    keep.time[PORT_CLOCK_MONOTONIC] = 1000;
    keep.time[PORT_CLOCK_REALTIME] = 0;
    uint64_t last = before;
    for (unsigned i = 0; i < 500; i++) {
        pass(7 * MS);
        const uint64_t n = now();
        assert_true(n >= last);
        last = n;
        assert_true(real() >= real_before);
    }
}

/* Counters that stand still, run wild or go back; words of the host at random. */
static void no_lie_takes_it_back_or_far(void **state)
{
    (void)state;
    uint64_t last[2] = {0};
    for (unsigned i = 0; i < 100000; i++) {
        const unsigned which = keep_random() % 2;
        counter += keep_random() % 3 == 0 ? keep_random() >> keep_random() % 44 : 0;
        if (keep_random() % 7 == 0)
            counter = keep_random() << 20;
        keep.time[which] = (int64_t)(keep_random() >> keep_random() % 44);
        if (keep_random() % 5 == 0)
            keep.time[which] = (int64_t)(keep_random() << 19 & INT64_MAX);
        const uint64_t n = clock_now(&k, (enum port_clock)which);
        assert_true(n >= last[which]);
        assert_true(n <= (uint64_t)INT64_MAX + FRESH_FOR);
        last[which] = n;
    }
}

/* A host that counts fast between two words: the rate it implies is not believed to
 * an extent that the product would overflow, and no time is told that it never gave. */
static void an_absurd_rate_is_not_learnt(void **state)
{
    (void)state;
    (void)now();
    keep.time[PORT_CLOCK_MONOTONIC] += (int64_t)(3000 * SECOND);
    counter += 1; /* one tick for 50 minutes */
    (void)now();
    counter += 1ull << 39;
    keep.time[PORT_CLOCK_MONOTONIC] += 1;
    assert_true(now() == (uint64_t)keep.time[PORT_CLOCK_MONOTONIC]);
}

/* A long rest before the second look must not keep it from learning for ever. */
static void it_learns_after_a_rest(void **state)
{
    (void)state;
    (void)now();
    pass(7200 * SECOND);
    settle();
    const unsigned calls = keep.calls;
    pass(MS);
    (void)now();
    assert_int_equal(keep.calls, calls);
}

static void huge_times_are_only_huge(void **state)
{
    (void)state;
    settle();
    keep.time[PORT_CLOCK_MONOTONIC] = INT64_MAX;
    keep.time[PORT_CLOCK_REALTIME] = INT64_MAX;
    counter += TICKS * SECOND;
    assert_true(now() == INT64_MAX);
    counter += TICKS * MS;
    assert_true(now() >= INT64_MAX);
    const uint64_t room = keep_room(&k, PAGE_SIZE);
    const uint64_t a[6] = {0, room};
    assert_int_equal(clock_tell(&k, a), 0);
    const struct timespec *t = (const struct timespec *)room;
    assert_true(t->tv_sec > 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000);
}

static void an_errno_is_no_time(void **state)
{
    (void)state;
    settle();
    const uint64_t before = now();
    keep.lies = true;
    keep.result = -38;
    counter += TICKS * SECOND;
    assert_true(now() == before);
    keep.lies = false;
    pass(SECOND);
    assert_true(now() > before);
    keep.lies = true;
    keep.result = -1;
    counter += TICKS * SECOND;
    assert_int_equal(ENDING(now()), STOPPED_PORT);
}

static void the_call_knows_its_clocks(void **state)
{
    (void)state;
    const uint64_t room = keep_room(&k, PAGE_SIZE);
    const struct timespec *t = (const struct timespec *)room;
    for (uint64_t id = 0; id < 40; id++) {
        const uint64_t a[6] = {id, room};
        if (id > CLOCK_BOOTTIME) {
            assert_int_equal(clock_tell(&k, a), -EINVAL);
            continue;
        }
        assert_int_equal(clock_tell(&k, a), 0);
        const bool is_real = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
        assert_true(t->tv_sec == (is_real ? 1700000000 : 5));
    }
    const uint64_t huge[6] = {UINT64_MAX, room};
    const uint64_t outside[6] = {0, (uint64_t)keep.base};
    const uint64_t edge[6] = {0, k.memory.space.end - 8};
    assert_int_equal(clock_tell(&k, huge), -EINVAL);
    assert_int_equal(clock_tell(&k, outside), -EFAULT);
    assert_int_equal(clock_tell(&k, edge), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_on_between_the_hosts_words, setup, teardown),
        cmocka_unit_test_setup_teardown(the_host_is_asked_every_100_ms, setup, teardown),
        cmocka_unit_test_setup_teardown(it_never_goes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(no_lie_takes_it_back_or_far, setup, teardown),
        cmocka_unit_test_setup_teardown(an_absurd_rate_is_not_learnt, setup, teardown),
        cmocka_unit_test_setup_teardown(it_learns_after_a_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(huge_times_are_only_huge, setup, teardown),
        cmocka_unit_test_setup_teardown(an_errno_is_no_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_call_knows_its_clocks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
