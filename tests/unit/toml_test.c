/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of TOML and its rules of definition: examples of the
 * specification, TOML 1.0.0, and a place for every error. */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c */
/* links: conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/rfc3339.c */
/* links: base/cur.c base/put.c base/utf8.c */
#include "conf/toml.h"

#include "base/put.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct toml *parse(const char *text)
{
    struct toml *t = NULL;
    struct toml_error error = {.what = ""};
    int result = toml_parse(bytes_of_text(text), &t, &error);
    if (result != 0)
        print_error("%u:%u: %s\n", error.place.line, error.place.column, error.what);
    assert_int_equal(result, 0);
    return t;
}

/* Follows keys from the root; a number is an index of an array. */
static const struct toml_value *at(const struct toml *t, const char *path)
{
    char copy[64];
    char *rest = copy;
    snprintf(copy, sizeof(copy), "%s", path);
    const struct toml_value *v = toml_root(t);
    for (char *part = strsep(&rest, "/"); part != NULL; part = strsep(&rest, "/")) {
        v = v->type == TOML_ARRAY ? v->array.items[strtoul(part, NULL, 10)] : toml_get(v, part);
        assert_non_null(v);
    }
    return v;
}

static void assert_integer(const struct toml *t, const char *path, int64_t want)
{
    assert_int_equal(at(t, path)->type, TOML_INTEGER);
    assert_true(at(t, path)->integer == want);
}

static void assert_text(const struct toml *t, const char *path, const char *want)
{
    assert_int_equal(at(t, path)->type, TOML_STRING);
    assert_true(bytes_equal(at(t, path)->string, bytes_of_text(want)));
}

static void keys(void **state)
{
    (void)state;
    struct toml *t = parse("# comment\n"
                           "bare_key-1 = 1\n"
                           "1234 = 2\r\n"
                           "\"quoted \\u00e9\" = 3 # comment\n"
                           "'quoted \"value\"' = 4\n"
                           "\"\" = 5\n"
                           "fruit.name = \"banana\"\n"
                           "fruit . color = \"yellow\"\n"
                           "fruit.\"apple.smooth\".\t'a b' = true\n"
                           "3.14159 = \"pi\"");
    assert_int_equal(toml_root(t)->table.count, 7);
    assert_integer(t, "bare_key-1", 1);
    assert_integer(t, "1234", 2);
    assert_integer(t, "quoted \xc3\xa9", 3);
    assert_integer(t, "quoted \"value\"", 4);
    assert_integer(t, "", 5);
    assert_text(t, "fruit/name", "banana");
    assert_text(t, "fruit/color", "yellow");
    assert_true(at(t, "fruit/apple.smooth/a b")->boolean);
    assert_text(t, "3/14159", "pi");
    assert_null(toml_get(toml_root(t), "absent"));
    toml_free(t);
}

static void values(void **state)
{
    (void)state;
    struct toml *t = parse("yes = true\nno = false\nn = -17\nf = 6.626e-34\ni = -inf\n"
                           "odt = 1979-05-27 07:32:00Z\nlt = 00:32:00.999999 # a space before #\n"
                           "ld = 1979-05-27 \n"
                           "s = '''a\nb'''\n"
                           "a = [ # comment\n 1,\n [\"x\", {y = [2]}], # more\n]\n"
                           "empty = []\nnothing = { }\n"
                           "point = { x = 1, y.z = 2 }\n");
    assert_true(at(t, "yes")->boolean);
    assert_int_equal(at(t, "yes")->type, TOML_BOOLEAN);
    assert_false(at(t, "no")->boolean);
    assert_integer(t, "n", -17);
    assert_int_equal(at(t, "f")->type, TOML_FLOAT);
    assert_true(at(t, "f")->number == 6.626e-34);
    assert_true(at(t, "i")->number < -1e308);
    assert_int_equal(at(t, "odt")->type, TOML_DATETIME);
    assert_true(bytes_equal(at(t, "odt")->string, bytes_of_text("1979-05-27 07:32:00Z")));
    assert_true(bytes_equal(at(t, "lt")->string, bytes_of_text("00:32:00.999999")));
    assert_true(bytes_equal(at(t, "ld")->string, bytes_of_text("1979-05-27")));
    assert_text(t, "s", "a\nb");
    assert_int_equal(at(t, "a")->array.count, 2);
    assert_integer(t, "a/0", 1);
    assert_text(t, "a/1/0", "x");
    assert_integer(t, "a/1/1/y/0", 2);
    assert_int_equal(at(t, "empty")->array.count, 0);
    assert_int_equal(at(t, "nothing")->table.count, 0);
    assert_integer(t, "point/x", 1);
    assert_integer(t, "point/y/z", 2);
    toml_free(t);
}

static void tables(void **state)
{
    (void)state;
    struct toml *t = parse("[x.y.z.w]\nn = 1\n"
                           "[x] # defining a super-table afterward is ok\nm = 2\n"
                           "[ d . \"e.f\" ]\nk = 3\n"
                           "[[products]]\nname = 'Hammer'\n[[products]]\n"
                           "[[products]]\nname = 'Nail'\n[products.size]\nmm = 30\n"
                           "[[products.tags]]\nv = 1\n[[products.tags]]\nv = 2\n"
                           "[fruit]\napple.color = 'red'\n[fruit.apple.texture]\nsmooth = true\n");
    assert_integer(t, "x/y/z/w/n", 1);
    assert_integer(t, "x/m", 2);
    assert_integer(t, "d/e.f/k", 3);
    assert_int_equal(at(t, "products")->array.count, 3);
    assert_text(t, "products/0/name", "Hammer");
    assert_int_equal(at(t, "products/1")->table.count, 0);
    assert_text(t, "products/2/name", "Nail");
    assert_integer(t, "products/2/size/mm", 30);
    assert_integer(t, "products/2/tags/1/v", 2);
    assert_true(at(t, "fruit/apple/texture/smooth")->boolean);
    toml_free(t);
}

static void dotted_keys_extend_an_implied_table(void **state)
{
    (void)state;
    struct toml *t = parse("[a.b.c]\nx = 1\n[a]\nb.y = 2\n");
    assert_integer(t, "a/b/c/x", 1);
    assert_integer(t, "a/b/y", 2);
    toml_free(t);
}

static void places(void **state)
{
    (void)state;
    struct toml *t = parse("\xef\xbb\xbf"
                           "a = 1\n\n  \"\xc3\xa9\xe6\xb0\xb4\" =\t[2]\n[t]\nk={}\n[t2.u]\n[t2]\n");
    assert_int_equal(at(t, "a")->place.line, 1);
    assert_int_equal(at(t, "a")->place.column, 5);
    const struct toml_pair *pair = &toml_root(t)->table.pairs[1];
    assert_int_equal(pair->place.line, 3);
    assert_int_equal(pair->place.column, 3);
    assert_int_equal(pair->value->place.column, 10);
    assert_int_equal(pair->value->array.items[0]->place.column, 11);
    assert_int_equal(at(t, "t")->place.line, 4);
    assert_int_equal(at(t, "t")->place.column, 2);
    assert_int_equal(at(t, "t/k")->place.column, 3);
    assert_int_equal(at(t, "t2")->place.line, 7);
    toml_free(t);
}

static void empty_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# only", " \t\r\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct toml *t = parse(texts[i]);
        assert_int_equal(toml_root(t)->table.count, 0);
        toml_free(t);
    }
}

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *what; /* a part of the message */
} bad[] = {
    /* grammar */
    {"a", 1, 2, "found the end of the file after the key \"a\"; put = and a value there"},
    {"a b = 1", 1, 3, "found \"b\" after the key \"a\""},
    {"\n = 1", 2, 2, "found \"=\" where a key should be"},
    {"\xc3\xa9 = 1", 1, 1, "where a key should be; keys are letters"},
    {"a. = 1", 1, 4, "where a key should be"},
    {"a =", 1, 4, "found the end of the file where a value should be"},
    {"a =\nb = 1", 1, 4, "found the end of the line where a value should be"},
    {"a = 1 b = 2", 1, 7, "found \"b\" where the line should end; begin a new line"},
    {"a = hello", 1, 5, "\"hello\" is not a value; put text in quotes"},
    {"a = True", 1, 5, "\"True\" is not a value"},
    {"a = @", 1, 5, "found \"@\" where a value should be"},
    {"a = 1.", 1, 5, "\"1.\" is not a number"},
    {"a = 9223372036854775808", 1, 5, "does not fit in 64 bits"},
    {"a = 2021-02-29", 1, 5, "is not a date or time: the month has no such day"},
    {"a = [1 2]", 1, 8, "found \"2\" in the array that begins on line 1; put , or ] there"},
    {"a = [1,\n", 2, 1, "where a value should be"},
    {"a = [1\n", 2, 1, "found the end of the file in the array that begins on line 1"},
    {"a = [,]", 1, 6, "where a value should be"},
    {"a = {b = 1", 1, 11, "found the end of the file in a table in braces"},
    {"a = {b = 1\n}", 1, 11, "found the end of the line in a table in braces"},
    {"a = {b = 1,}", 1, 12, "found \"}\" where a key should be"},
    {"a = {b = 1 c = 2}", 1, 12, "put , or } there"},
    {"[a", 1, 3, "found the end of the file in a header; close it with ]"},
    {"[[a]", 1, 4, "found \"]\" in a header; close it with ]]"},
    {"[[a] ]", 1, 4, "close it with ]]"},
    {"[]", 1, 2, "where a key should be"},
    {"[a] b = 1", 1, 5, "where the line should end"},
    {"\"\"\"a\"\"\" = 1", 1, 3, "after the key \"\""},
    /* definitions */
    {"a = 1\na = 2", 2, 1, "\"a\" is already set, on line 1; remove one of the two"},
    {"a = 1\n\"\\u0061\" = 2", 2, 1, "\"a\" is already set, on line 1"},
    {"t = {a = 1, a = 2}", 1, 13, "\"a\" is already set, on line 1"},
    {"a.b = 1\na = 2", 2, 1, "already set"},
    {"a = 1\na.b = 2", 2, 1, "\"a\" is already an integer, on line 1; only a table holds"},
    {"a = {}\na.b = 2", 2, 1, "\"a\" is already a table, on line 1; add the key inside its braces"},
    {"a = []\na.b = 2", 2, 1, "\"a\" is already an array, on line 1"},
    {"t = {a = {}, a.b = 1}", 1, 14, "inside its braces"},
    {"[a]\n[a]", 2, 2, "\"a\" is already a table, on line 1; define it in one place"},
    {"[a]\nb = 1\n[a.b]", 3, 4, "\"b\" is already an integer, on line 2; choose another name"},
    {"[a]\nb = 1\n[a.b.c]", 3, 4, "only a table holds further keys"},
    {"[f]\napple.color = 1\n[f.apple]", 3, 4, "define it in one place"},
    {"[f]\napple.taste.sweet = 1\n[f.apple.taste]", 3, 10, "define it in one place"},
    {"[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4, 3,
     "\"c\" is already a table, on line 1; add the key below"},
    {"a = {}\n[a.b]", 2, 2, "\"a\" is already a table, on line 1; add to it where it is written"},
    {"a = []\n[[a]]", 2, 3, "\"a\" is already an array, on line 1; add to it inside its brackets"},
    {"a = [{}]\n[a.b]", 2, 2, "add to it where it is written"},
    {"[a]\n[[a]]", 2, 3, "\"a\" is already a table, on line 1; choose another name"},
    {"[[a]]\n[a]", 2, 2, "\"a\" is already an array, on line 1; choose another name"},
    {"[[a]]\n[[a.b]]\n[a.b]", 3, 4, "\"b\" is already an array, on line 2"},
    {"[fruit.physical]\n[[fruit]]", 2, 3, "\"fruit\" is already a table"},
};

static void errors_have_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct toml *t = NULL;
        struct toml_error error = {.what = ""};
        int result = toml_parse(bytes_of_text(bad[i].text), &t, &error);
        if (result != -EBADMSG || error.place.line != bad[i].line ||
            error.place.column != bad[i].column || strstr(error.what, bad[i].what) == NULL)
            fail_msg("%s\ngives %d, %u:%u: %s", bad[i].text, result, error.place.line,
                     error.place.column, error.what);
        assert_null(t);
    }
}

/* `count` times `open`, then `middle`, then `count` times `close`. */
static int parse_nested(const char *open, const char *middle, const char *close, size_t count)
{
    uint8_t text[1024];
    struct put p = put_init(text, sizeof(text));
    put_bytes(&p, bytes_of_text("a = "));
    for (size_t i = 0; i < count; i++)
        put_bytes(&p, bytes_of_text(open));
    put_bytes(&p, bytes_of_text(middle));
    for (size_t i = 0; i < count; i++)
        put_bytes(&p, bytes_of_text(close));
    struct toml *t = NULL;
    struct toml_error error = {.what = ""};
    int result = toml_parse(put_done(&p), &t, &error);
    if (result < 0)
        assert_string_equal(error.what, "more than 64 arrays and tables in each other");
    toml_free(t);
    return result;
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(parse_nested("[", "", "]", TOML_DEPTH_MAX), 0);
    assert_int_equal(parse_nested("[", "", "]", TOML_DEPTH_MAX + 1), -EBADMSG);
    assert_int_equal(parse_nested("{b=", "1", "}", TOML_DEPTH_MAX), 0);
    assert_int_equal(parse_nested("{b=", "1", "}", TOML_DEPTH_MAX + 1), -EBADMSG);
    assert_int_equal(parse_nested("1\n[", "b.b", "]", 1), 0);
    assert_int_equal(parse_nested("", "1\n", ".b", 0), 0);
}

static void dotted_nesting_is_bounded(void **state)
{
    (void)state;
    for (size_t parts = TOML_DEPTH_MAX; parts <= TOML_DEPTH_MAX + 2; parts++) {
        char key[256] = "a";
        for (size_t i = 1; i < parts; i++)
            memcpy(key + 2 * i - 1, ".a", 3);
        char text[512];
        struct toml *t = NULL;
        struct toml_error error;
        snprintf(text, sizeof(text), "[%s]", key);
        assert_int_equal(toml_parse(bytes_of_text(text), &t, &error) == 0, parts <= TOML_DEPTH_MAX);
        toml_free(t);
        t = NULL;
        snprintf(text, sizeof(text), "%s = 1", key);
        assert_int_equal(toml_parse(bytes_of_text(text), &t, &error) == 0,
                         parts <= TOML_DEPTH_MAX + 1);
        toml_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(values),
        cmocka_unit_test(tables),
        cmocka_unit_test(dotted_keys_extend_an_implied_table),
        cmocka_unit_test(places),
        cmocka_unit_test(empty_texts),
        cmocka_unit_test(errors_have_a_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(dotted_nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
