/* SPDX-License-Identifier: Apache-2.0 */
/* What was meant: the nearest word, if it is near. */
/* links: base/nearest.c base/cur.c */
#include "base/nearest.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const words[] = {"run", "args", "files", "platform", "config"};

static const char *meant(const char *word)
{
    return nearest_word(bytes_of_text(word), words, ARRAY_COUNT(words));
}

static void finds_slips(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *want;
    } rows[] = {
        {"args", "args"},         /* itself */
        {"arg", "args"},          /* a letter dropped */
        {"argss", "args"},        /* added */
        {"argz", "args"},         /* replaced */
        {"plaftorm", "platform"}, /* two swapped */
        {"cnofig", "config"},     /* two letters of six */
        {"rn", "run"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_ptr_equal(meant(rows[i].word), meant(rows[i].want));
    assert_string_equal(meant("arg"), "args");
    assert_string_equal(meant("plaftorm"), "platform");
}

static void leaves_strangers_alone(void **state)
{
    (void)state;
    static const char *const strangers[] = {
        "", "x", "wasm", "workload", "udp", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < ARRAY_COUNT(strangers); i++)
        assert_null(meant(strangers[i]));
    assert_null(nearest_word(bytes_of_text("args"), words, 0));
    const char *const longer = "a-word-that-is-longer-than-the-limit";
    assert_null(nearest_word(bytes_of_text("a-word"), &longer, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_slips),
        cmocka_unit_test(leaves_strangers_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
