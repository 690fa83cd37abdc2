/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time, compared with the C library's calendar. */
/* links: base/rfc3339.c base/cur.c */
#define _GNU_SOURCE
#include "base/rfc3339.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int64_t seconds;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-03-31T22:20:07Z", 1774995607},
    {"2026-03-31T22:20:07+00:00", 1774995607},
    {"2026-03-31T22:20:07.999Z", 1774995607},
    {"2026-03-31 22:20:07z", 1774995607},
    {"2026-04-01T00:20:07+02:00", 1774995607},
    {"2026-03-31T14:50:07.25-07:30", 1774995607},
    {"1970-01-02", 86400},
    {"1969-12-31T23:59:59Z", -1},
    {"2016-12-31T23:59:60Z", 1483228800},
    {"0000-01-01", -62167219200},
    {"9999-12-31T23:59:59Z", 253402300799},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        int64_t seconds = 42;
        assert_int_equal(rfc3339_parse(bytes_of_text(good[i].text), &seconds), 0);
        if (seconds != good[i].seconds)
            fail_msg("%s gives %lld", good[i].text, (long long)seconds);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-04-00",
        "2026-1-1",
        "26-01-01",
        "2026-01-01T",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.5",
        "2026-01-01T00:00:00ZZ",
        "2026-01-01T00:00:00Z ",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00x01:00",
        "2026-01-01_00:00:00Z",
        "2026/01/01",
        "+026-01-01",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        int64_t seconds;
        if (rfc3339_parse(bytes_of_text(bad[i]), &seconds) != -EINVAL)
            fail_msg("%s is taken", bad[i]);
    }
}

/* A prime number of seconds apart over all years that four digits can tell. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t at = -62167219200; at <= 253402300799; at += 3000017) {
        const time_t t = (time_t)at;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char want[64];
        snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        char text[RFC3339_SIZE];
        rfc3339_put(at, text);
        assert_string_equal(text, want);
        int64_t back;
        assert_int_equal(rfc3339_parse(bytes_of_text(text), &back), 0);
        assert_int_equal(back, at);
    }
}

static void far_away(void **state)
{
    (void)state;
    char text[RFC3339_SIZE];
    rfc3339_put(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    rfc3339_put(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
