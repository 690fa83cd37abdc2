/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: the examples of TOML 1.0.0, sections Integer and Float. */
/* links: conf/toml_number.c conf/toml_scan.c conf/toml_error.c */
/* links: base/cur.c base/put.c base/utf8.c */
#include "conf/toml_scalar.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t kept[64];

static int parse(const char *text, struct toml_value *value, struct toml_error *error)
{
    struct scan s = scan_init(bytes_of_text(text), kept, error);
    const struct toml_place place = s.place;
    toml_number_parse(&s, place, bytes_of_text(text), value);
    return s.result;
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"+99", 99},
        {"42", 42},
        {"0", 0},
        {"-17", -17},
        {"+0", 0},
        {"-0", 0},
        {"1_000", 1000},
        {"53_49_221", 5349221},
        {"1_2_3_4_5", 12345},
        {"0xDEADBEEF", 0xdeadbeef},
        {"0xdead_beef", 0xdeadbeef},
        {"0x00fE", 0xfe},
        {"0o01234567", 01234567},
        {"0o755", 0755},
        {"0b11010110", 0xd6},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"0x7fffffffffffffff", INT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct toml_value v;
        struct toml_error error;
        assert_int_equal(parse(rows[i].text, &v, &error), 0);
        assert_int_equal(v.type, TOML_INTEGER);
        assert_true(v.integer == rows[i].want);
    }
}

static void floats(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } rows[] = {
        {"+1.0", 1.0},
        {"3.1415", 3.1415},
        {"-0.01", -0.01},
        {"5e+22", 5e22},
        {"1e06", 1e6},
        {"-2E-2", -2e-2},
        {"6.626e-34", 6.626e-34},
        {"224_617.445_991_228", 224617.445991228},
        {"0e0", 0.0},
        {"0.5", 0.5},
        {"1e-400", 0.0},
        {"inf", (double)INFINITY},
        {"+inf", (double)INFINITY},
        {"-inf", -(double)INFINITY},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct toml_value v;
        struct toml_error error;
        assert_int_equal(parse(rows[i].text, &v, &error), 0);
        assert_int_equal(v.type, TOML_FLOAT);
        assert_true(v.number == rows[i].want);
    }
}

static void signs_of_zero_and_nan(void **state)
{
    (void)state;
    struct toml_value v;
    struct toml_error error;
    assert_int_equal(parse("-0.0", &v, &error), 0);
    assert_true(v.number == 0 && signbit(v.number));
    assert_int_equal(parse("-nan", &v, &error), 0);
    assert_true(isnan(v.number) && signbit(v.number));
    assert_int_equal(parse("nan", &v, &error), 0);
    assert_true(isnan(v.number) && !signbit(v.number));
}

static void malformed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "012",  "-01",  "+0_1",  "1__0",  "1_",       "_1",   "+",    "-",     "++1",   "0x",
        "0b2",  "0o8",  "0xg",   "+0x1",  "-0b1",     "0x_1", "0x1_", "0X1",   "12a",   "1.",
        ".5",   "7.e1", "3.e+",  "1e",    "1e+",      "1_.5", "1._5", "1.5_",  "01.5",  "0_1.5",
        "1e_5", "1e5_", "1.5.6", "+inf2", "infinity", "Inf",  "NaN",  "1e5.5", "0_0e1", "1 5",
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct toml_value v;
        struct toml_error error = {.what = ""};
        if (parse(rows[i], &v, &error) != -EBADMSG)
            fail_msg("%s was accepted", rows[i]);
        assert_non_null(strstr(error.what, "is not a number"));
    }
}

static void out_of_range(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "0x8000000000000000",
        "0xffffffffffffffffffff",
        "99999999999999999999999999",
        "1e400",
        "-1e400",
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct toml_value v;
        struct toml_error error = {.what = ""};
        assert_int_equal(parse(rows[i], &v, &error), -EBADMSG);
        assert_non_null(strstr(error.what, "does not fit in 64 bits"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(floats),
        cmocka_unit_test(signs_of_zero_and_nan),
        cmocka_unit_test(malformed),
        cmocka_unit_test(out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
