/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: what is quoted cannot take over a terminal, nor run on. */
/* links: conf/toml_error.c base/cur.c base/put.c base/utf8.c */
#include "conf/toml.h"

#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"", "\"\""},
        {"name", "\"name\""},
        {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
        {"a\x1b[31mb\nc", "\"a?[31mb?c\""},
        {"\xc2\x9b", "\"?\""}, /* a control sequence of one character */
        {"\xe2\x80\xae"
         "abc",
         "\"?abc\""}, /* right-to-left override */
        {"\xe2\x81\xa6"
         "abc",
         "\"?abc\""}, /* left-to-right isolate */
        {"a\xff"
         "b",
         "\"a?\""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_string_equal(toml_quote(bytes_of_text(rows[i].text)).text, rows[i].want);
}

static void cuts_between_characters(void **state)
{
    (void)state;
    char text[201];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        text[shift] = '\0';
        for (size_t i = 0; i < 40; i++)
            memcpy(text + shift + 4 * i, "\xf0\x9f\x98\x80", 5);
        struct toml_quoted q = toml_quote(bytes_of_text(text));
        assert_true(utf8_check(bytes_of_text(q.text)));
        assert_true(strlen(q.text) > 40);
        assert_string_equal(q.text + strlen(q.text) - 4, "...\"");
    }
}

static void errors_are_cut_to_their_room(void **state)
{
    (void)state;
    struct toml_error error;
    char text[301];
    memset(text, 'y', 300);
    text[300] = '\0';
    const struct toml_place place = {.line = 3, .column = 4};
    assert_int_equal(toml_error_set(&error, place, "%s", text), -EBADMSG);
    assert_int_equal(error.place.line, 3);
    assert_int_equal(error.place.column, 4);
    assert_int_equal(strlen(error.what), sizeof(error.what) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(errors_are_cut_to_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
