/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, sizes and durations: what is accepted, and that nothing else is. */
/* links: host/cli/units.c */
#include "host/cli/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void reads_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {
        {"1", 1},
        {"64K", 65536},
        {"512M", 536870912},
        {"2G", 2147483648},
        {"007M", 7340032},
        {"18446744073709551615", UINT64_MAX},
        {"17179869183G", 18446744072635809792u},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint64_t bytes;
        assert_int_equal(size_parse(rows[i].text, &bytes), 0);
        assert_int_equal(bytes, rows[i].bytes);
    }
}

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t milliseconds;
    } rows[] = {{"500ms", 500}, {"30s", 30000}, {"2m", 120000}, {"1h", 3600000}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint64_t milliseconds;
        assert_int_equal(duration_parse(rows[i].text, &milliseconds), 0);
        assert_int_equal(milliseconds, rows[i].milliseconds);
    }
}

static void reads_counts(void **state)
{
    (void)state;
    static const char *const others[] = {"", "0", "201", "4294967297", "-1", "+1", "1K", "1 "};
    uint32_t count = 7;
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_int_equal(count_parse(others[i], 200, &count), -EINVAL);
    assert_int_equal(count, 7); /* as it was */
    assert_int_equal(count_parse("1", 200, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(count_parse("200", 200, &count), 0);
    assert_int_equal(count, 200);
    assert_int_equal(count_parse("4294967295", UINT32_MAX, &count), 0);
    assert_int_equal(count, UINT32_MAX);
}

static void refuses_other_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0",
        "0K",
        "K",
        "-1",
        "+1",
        "1.5G",
        " 1",
        "1 ",
        "1 K",
        "1k",
        "1KB",
        "1KiB",
        "0x10",
        "1T",
        "1GG",
        "much",
        "1,0",
        "1e3",
        "\xc2\xb9",
        "18446744073709551616",
        "17179869184G",
    };
    uint64_t value;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_int_equal(size_parse(texts[i], &value), -EINVAL);
}

static void refuses_other_durations(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0s",
        "30",
        "s",
        "-1s",
        "1.5s",
        "1 s",
        "1sec",
        "1S",
        "1d",
        "1m30s",
        "soon",
        "18446744073709551615s",
    };
    uint64_t value;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_int_equal(duration_parse(texts[i], &value), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sizes),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(reads_counts),
        cmocka_unit_test(refuses_other_texts),
        cmocka_unit_test(refuses_other_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
