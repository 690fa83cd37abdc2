/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: the examples of TOML 1.0.0, section String. */
/* links: conf/toml_string.c conf/toml_scan.c conf/toml_error.c */
/* links: base/cur.c base/put.c base/utf8.c */
#include "conf/toml_scalar.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *want;
} good[] = {
    {"\"I'm a string. \\\"You can quote me\\\". Name\\tJos\\u00E9\\nLocation\\tSF.\"",
     "I'm a string. \"You can quote me\". Name\tJos\xc3\xa9\nLocation\tSF."},
    {"\"\\b\\t\\n\\f\\r\\\"\\\\\"", "\b\t\n\f\r\"\\"},
    {"\"\\U0001F600\\uD7FF\"", "\xf0\x9f\x98\x80\xed\x9f\xbf"},
    {"\"tab\there\"", "tab\there"},
    {"\"\"", ""},
    {"''", ""},
    {"\"\"\"\"\"\"", ""},
    {"''''''", ""},
    {"\"\"\"\nRoses are red\nViolets are blue\"\"\"", "Roses are red\nViolets are blue"},
    {"\"\"\"\r\nRoses are red\r\nViolets are blue\"\"\"", "Roses are red\nViolets are blue"},
    {"\"\"\"\nThe quick brown \\\n\n\n  fox jumps over \\\n    the lazy dog.\"\"\"",
     "The quick brown fox jumps over the lazy dog."},
    {"\"\"\"\\\n       The quick brown \\  \r\n  fox.\\\n       \"\"\"", "The quick brown fox."},
    {"\"\"\"Here are two quotation marks: \"\". Simple enough.\"\"\"",
     "Here are two quotation marks: \"\". Simple enough."},
    {"\"\"\"three: \"\"\\\".\"\"\"", "three: \"\"\"."},
    {"\"\"\"\"This,\" she said, \"is just a pointless statement.\"\"\"\"",
     "\"This,\" she said, \"is just a pointless statement.\""},
    {"\"\"\"a\"\"\"\"\"", "a\"\""},
    {"'C:\\Users\\nodejs\\templates'", "C:\\Users\\nodejs\\templates"},
    {"'<\\i\\c*\\s*>'", "<\\i\\c*\\s*>"},
    {"'''I [dw]on't need \\d{2} apples'''", "I [dw]on't need \\d{2} apples"},
    {"'''\nThe first newline is\ntrimmed in raw strings.\n'''",
     "The first newline is\ntrimmed in raw strings.\n"},
    {"''''That,' she said, 'is still pointless.''''", "'That,' she said, 'is still pointless.'"},
};

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *what;
} bad[] = {
    {"\"abc", 1, 1, "text is not closed; add \" at its end"},
    {"\"abc\ndef\"", 1, 1, "text is not closed on its line; add \" at its end"},
    {"'abc\r\n'", 1, 1, "text is not closed on its line; add ' at its end"},
    {"\"\"\"abc\n\"\"", 1, 1, "text is not closed; add \"\"\" at its end"},
    {"'''abc''", 1, 1, "text is not closed; add ''' at its end"},
    {"\"a\\qb\"", 1, 3, "unknown escape; write \\\\ for a backslash"},
    {"\"C:\\Users\"", 1, 4, "\\U needs 8 hexadecimal digits"},
    {"\"\\u12\"", 1, 2, "\\u needs 4 hexadecimal digits"},
    {"\"\\", 1, 2, "unknown escape"},
    {"\"\"\"\n a\\ b\"\"\"", 2, 3, "unknown escape"},
    {"\"\\uD800\"", 1, 2, "U+D800 is not a character of Unicode"},
    {"\"\\U00110000\"", 1, 2, "U+110000 is not a character of Unicode"},
};

static uint8_t kept[256];

static void decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        struct toml_error error = {.what = ""};
        struct scan s = scan_init(bytes_of_text(good[i].text), kept, &error);
        struct bytes text = toml_string_take(&s);
        if (!scan_ok(&s) || !bytes_equal(text, bytes_of_text(good[i].want)))
            fail_msg("%s gives %.*s %s", good[i].text, (int)text.size, (const char *)text.data,
                     error.what);
        assert_int_equal(scan_peek(&s, 0), SCAN_END);
    }
}

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct toml_error error = {.what = ""};
        struct scan s = scan_init(bytes_of_text(bad[i].text), kept, &error);
        toml_string_take(&s);
        assert_int_equal(s.result, -EBADMSG);
        if (error.place.line != bad[i].line || error.place.column != bad[i].column ||
            strstr(error.what, bad[i].what) == NULL)
            fail_msg("%s gives %u:%u: %s", bad[i].text, error.place.line, error.place.column,
                     error.what);
    }
}

static void holds_nul(void **state)
{
    (void)state;
    struct toml_error error;
    struct scan s = scan_init(bytes_of_text("\"a\\u0000b\""), kept, &error);
    struct bytes text = toml_string_take(&s);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.data, "a\0b", 3);
}

static void three_quotes_on_one_line_are_two_strings(void **state)
{
    (void)state;
    struct toml_error error;
    struct scan s = scan_init(bytes_of_text("\"\"\"a\"\"\""), kept, &error);
    assert_int_equal(toml_string_take_line(&s).size, 0);
    assert_int_equal(toml_string_take_line(&s).size, 1);
    assert_true(scan_ok(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(holds_nul),
        cmocka_unit_test(three_quotes_on_one_line_are_two_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
