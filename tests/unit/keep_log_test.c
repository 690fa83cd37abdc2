/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of what a keep's process says. */
/* links: svc/agent/keep_log.c base/escape.c base/utf8.c base/cur.c base/put.c */
#include "svc/agent/keep_log.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct keep_log *log, const char *text) { keep_log_add(log, bytes_of_text(text)); }

static void lines_come_in_any_pieces(void **state)
{
    (void)state;
    struct keep_log log = {0};
    add(&log, "enarx: fir");
    assert_int_equal(keep_log_count(&log), 0);
    add(&log, "st\n\nenarx: \nsecond\nthi");
    assert_int_equal(keep_log_count(&log), 2);
    assert_string_equal(keep_log_line(&log, 0), "first");
    assert_string_equal(keep_log_line(&log, 1), "second");
}

static void the_last_ones_are_kept(void **state)
{
    (void)state;
    struct keep_log log = {0};
    char text[32];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "line %u\n", i);
        add(&log, text);
    }
    assert_int_equal(keep_log_count(&log), KEEP_LOG_LINES);
    assert_string_equal(keep_log_line(&log, 0), "line 984");
    assert_string_equal(keep_log_line(&log, KEEP_LOG_LINES - 1), "line 999");
}

static void nothing_of_them_drives_a_terminal_or_breaks_json(void **state)
{
    (void)state;
    static const struct {
        const char *said, *kept;
    } rows[] = {
        {"a\x1b[2Jb\r", "a\\x1b[2Jb\\x0d"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"not \xff utf-8 \xc3", "not ? utf-8 ?"},
        {"\xc2\x9b"
         "2J",
         "\\xc2\\x9b"
         "2J"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct keep_log log = {0};
        add(&log, rows[i].said);
        add(&log, "\n");
        assert_string_equal(keep_log_line(&log, 0), rows[i].kept);
    }
}

static void a_line_is_cut_at_a_character(void **state)
{
    (void)state;
    struct keep_log log = {0};
    for (unsigned i = 0; i < 100000; i++)
        add(&log, "x");
    add(&log, "\n");
    assert_int_equal(strlen(keep_log_line(&log, 0)), KEEP_LOG_LINE - 1);
    for (unsigned i = 0; i < 100; i++)
        add(&log, "\x1b");
    add(&log, "\n");
    assert_int_equal(strlen(keep_log_line(&log, 1)), KEEP_LOG_LINE - 1);
    add(&log, "x");
    for (unsigned i = 0; i < 200; i++)
        add(&log, "\x01\xc3\xbc");
    add(&log, "\n");
    const char *line = keep_log_line(&log, 2);
    assert_true(strlen(line) < KEEP_LOG_LINE);
    assert_int_not_equal((uint8_t)line[strlen(line) - 1], 0xc3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_in_any_pieces),
        cmocka_unit_test(the_last_ones_are_kept),
        cmocka_unit_test(nothing_of_them_drives_a_terminal_or_breaks_json),
        cmocka_unit_test(a_line_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
