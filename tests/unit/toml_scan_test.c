/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: places, what no text may hold, and failure that sticks. */
/* links: conf/toml_scan.c conf/toml_error.c base/cur.c base/put.c base/utf8.c */
#include "conf/toml_scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t kept[64];

static void counts_lines_and_characters(void **state)
{
    (void)state;
    struct toml_error error;
    struct scan s = scan_init(bytes_of_text("\xc3\xa9\xf0\x9f\x98\x80x\r\ny"), kept, &error);
    scan_skip(&s, 2);
    assert_int_equal(s.place.column, 2);
    scan_skip(&s, 4);
    assert_int_equal(s.place.column, 3);
    assert_true(scan_accept(&s, "x"));
    assert_false(scan_accept(&s, "x"));
    assert_true(scan_accept_newline(&s));
    assert_int_equal(s.place.line, 2);
    assert_int_equal(s.place.column, 1);
    assert_int_equal(scan_peek(&s, 0), 'y');
    assert_int_equal(scan_peek(&s, 1), SCAN_END);
}

static void skips_blanks_and_comments(void **state)
{
    (void)state;
    struct toml_error error;
    struct scan s =
        scan_init(bytes_of_text(" \t# one\n\r\n # two\r\n  key # end\nnext"), kept, &error);
    scan_skip_blank(&s);
    assert_int_equal(s.place.line, 4);
    assert_int_equal(s.place.column, 3);
    assert_int_equal(scan_run(&s, scan_is_word).size, 3);
    scan_end_line(&s);
    assert_int_equal(s.place.line, 5);
    scan_end_line(&s);
    assert_false(scan_ok(&s));
    assert_string_equal(error.what, "found \"n\" where the line should end; begin a new line");
}

static void failure_sticks(void **state)
{
    (void)state;
    struct toml_error error;
    struct scan s = scan_init(bytes_of_text("abc"), kept, &error);
    scan_fail(&s, s.place, "first %d", 1);
    scan_fail(&s, s.place, "second");
    scan_fail_memory(&s);
    assert_int_equal(s.result, -EBADMSG);
    assert_string_equal(error.what, "first 1");
    assert_int_equal(scan_peek(&s, 0), SCAN_END);
    assert_int_equal(scan_run(&s, scan_is_word).size, 0);
    assert_false(scan_accept(&s, "a"));
    struct scan without = scan_init(bytes_of_text("abc"), kept, &error);
    scan_fail_memory(&without);
    assert_int_equal(without.result, -ENOMEM);
    assert_int_equal(scan_peek(&without, 0), SCAN_END);
}

static void refuses_what_no_text_may_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        unsigned line;
        unsigned column;
        const char *what;
    } rows[] = {
        {"\0", 1, 1, 1, "control character; write \\u0000 in double quotes instead"},
        {"# \x01", 3, 1, 3, "\\u0001"},
        {"a\n\x1f", 3, 2, 1, "\\u001F"},
        {"\x7f", 1, 1, 1, "\\u007F"},
        {"\xc3\xa9\x0b", 3, 1, 2, "\\u000B"},
        {"\xff", 1, 1, 1, "byte 0xff is not UTF-8; save the file as UTF-8"},
        {"ab\xed\xa0\x80", 5, 1, 3, "byte 0xed is not UTF-8"},
        {"ok\n\xe2\x82", 5, 2, 1, "byte 0xe2 is not UTF-8"},
        {"a\rb", 3, 1, 2, "carriage return without a line feed"},
        {"a\r", 2, 1, 2, "carriage return without a line feed"},
        {"\r\r\n", 3, 1, 1, "carriage return without a line feed"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct toml_error error = {.what = ""};
        const struct bytes text = {(const uint8_t *)rows[i].text, rows[i].size};
        struct scan s = scan_init(text, kept, &error);
        assert_int_equal(s.result, -EBADMSG);
        if (error.place.line != rows[i].line || error.place.column != rows[i].column ||
            strstr(error.what, rows[i].what) == NULL)
            fail_msg("row %zu gives %u:%u: %s", i, error.place.line, error.place.column,
                     error.what);
    }
}

static void bounds_the_size(void **state)
{
    (void)state;
    uint8_t *text = malloc(TOML_SIZE_MAX + 1);
    memset(text, '\n', TOML_SIZE_MAX + 1);
    struct toml_error error;
    struct scan s = scan_init((struct bytes){text, TOML_SIZE_MAX}, kept, &error);
    assert_true(scan_ok(&s));
    s = scan_init((struct bytes){text, TOML_SIZE_MAX + 1}, kept, &error);
    assert_int_equal(s.result, -EBADMSG);
    assert_string_equal(error.what, "the file has 1000001 bytes; 1000000 are allowed");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_lines_and_characters),
        cmocka_unit_test(skips_blanks_and_comments),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(refuses_what_no_text_may_hold),
        cmocka_unit_test(bounds_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
