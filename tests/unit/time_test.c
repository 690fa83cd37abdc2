/* SPDX-License-Identifier: Apache-2.0 */
/* A host whose clocks say what the test likes, and what a workload then sees. */
/* links: exec/time.c */
#include "exec/time.h"

#include "exec/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000ull

static uint64_t host_real;
static uint64_t host_monotonic;

uint64_t port_now(bool monotonic) { return monotonic ? host_monotonic : host_real; }

static void assert_now(uint64_t expected) { assert_true(time_now(NULL, false) == expected); }

static void pass(uint64_t ns)
{
    host_real += ns;
    host_monotonic += ns;
}

/* One story: time knows no way back. */
static void time_is_the_latest_that_anybody_says(void **state)
{
    (void)state;
    host_monotonic = 77;
    host_real = 0; /* a host that knows nothing */
    assert_now(TIME_RELEASE);
    pass(SECOND);
    assert_now(TIME_RELEASE + SECOND);
    time_not_before(TIME_RELEASE - 1);
    time_not_before(0);
    assert_now(TIME_RELEASE + SECOND);

    const uint64_t start = TIME_RELEASE + 1000 * SECOND; /* the owner's word */
    time_not_before(start);
    assert_now(start);
    pass(5 * SECOND);
    assert_now(start + 5 * SECOND);
    time_not_before(start + 2 * SECOND); /* late news */
    assert_now(start + 5 * SECOND);

    host_real = start + 60 * SECOND; /* the host's word, later than both */
    assert_now(start + 60 * SECOND);
    host_real -= 30 * SECOND; /* and back */
    assert_now(start + 60 * SECOND);
    pass(SECOND);
    assert_now(start + 61 * SECOND);

    host_monotonic = 5; /* runs backwards */
    assert_now(start + 61 * SECOND);
    pass(SECOND);
    assert_now(start + 62 * SECOND);

    assert_true(time_now(NULL, true) == host_monotonic);

    time_not_before(UINT64_MAX - SECOND); /* does not wrap */
    pass(3 * SECOND);
    assert_now(UINT64_MAX);
    pass(SECOND);
    assert_now(UINT64_MAX);
}

/* 2026-11-01 by another reckoning [RFC 3339]: days since 1970. */
static void a_release_has_a_date(void **state)
{
    (void)state;
    const uint64_t days = 56 * 365ull + 14 /* leap years, 1972 to 2024 */ + 304;
    assert_true(TIME_RELEASE == days * 86400 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_the_latest_that_anybody_says),
        cmocka_unit_test(a_release_has_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
