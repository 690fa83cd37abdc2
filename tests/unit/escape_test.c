/* SPDX-License-Identifier: Apache-2.0 */
/* Control characters [ECMA-48 5.2, 5.3; Unicode 23.1] against what a terminal
 * would make of them. */
/* links: base/escape.c base/cur.c */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text, size_t size, const char *kept, const char *expected)
{
    char out[200];
    assert_true(size * ESCAPE_GROWTH < sizeof(out));
    size_t written =
        escape_controls((struct bytes){.data = (const uint8_t *)text, .size = size}, kept, out);
    assert_int_equal(written, strlen(expected));
    assert_memory_equal(out, expected, written);
}

static void shows_controls(void **state)
{
    (void)state;
    check("a\x1b[2J\r\x7f", 7, "", "a\\x1b[2J\\x0d\\x7f");
    check("a\0b", 3, "\n", "a\\x00b");
    check("\xc2\x80\xc2\x9b"
          "31m\xc2\x9f",
          9, "", "\\xc2\\x80\\xc2\\x9b31m\\xc2\\x9f");
}

static void keeps_what_it_is_told_to(void **state)
{
    (void)state;
    check("a\n\tb\r", 5, "\n\t", "a\n\tb\\x0d");
}

static void leaves_other_characters_alone(void **state)
{
    (void)state;
    check("", 0, "", "");
    check(" ~\xc2\xa0\xc3\x9b\xf0\x9f\x8c\x8d", 10, "", " ~\xc2\xa0\xc3\x9b\xf0\x9f\x8c\x8d");
    check("cut\xc2", 4, "", "cut\xc2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_controls),
        cmocka_unit_test(keeps_what_it_is_told_to),
        cmocka_unit_test(leaves_other_characters_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
