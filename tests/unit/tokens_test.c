/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tokens. Digests are those of sha256sum(1). */
/* links: svc/agent/tokens.c crypto/digest.c base/hex.c base/wipe.c base/cur.c */
/* libs: -lcrypto */
#include "svc/agent/tokens.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OF_ONE "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" /* "one" */
#define OF_TWO "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3" /* "two" */

static struct tokens good(const char *text)
{
    struct tokens t;
    struct tokens_fault fault;
    assert_int_equal(tokens_parse(bytes_of_text(text), &t, &fault), 0);
    return t;
}

static void a_token_is_known_by_its_digest(void **state)
{
    (void)state;
    struct tokens t = good("alice " OF_ONE "\n\n# and\n\t bob\t" OF_TWO " \r\n");
    assert_int_equal(t.count, 2);
    assert_string_equal(tokens_find(&t, bytes_of_text("one")), "alice");
    assert_string_equal(tokens_find(&t, bytes_of_text("two")), "bob");
    tokens_fini(&t);
}

static void nothing_else_is_known(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "on", "one ", " one", "One", "alice", OF_ONE};
    struct tokens t = good("alice " OF_ONE);
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_null(tokens_find(&t, bytes_of_text(wrong[i])));
    tokens_fini(&t);
    assert_null(tokens_find(&t, bytes_of_text("one")));
}

static void nobody_is_known_by_an_empty_file(void **state)
{
    (void)state;
    struct tokens t = good("# nobody\n\n");
    assert_int_equal(t.count, 0);
    assert_null(tokens_find(&t, bytes_of_text("")));
    tokens_fini(&t);
}

static void every_wrong_line_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *why;
    } rows[] = {
        {"alice", 1, "is not NAME"},
        {"alice " OF_ONE "0", 1, "is not NAME"},
        {"alice " OF_ONE " x", 1, "is not NAME"},
        {"a\n", 1, "is not NAME"},
        {"\n\na/b " OF_ONE, 3, "begins with no name"},
        {"\x80 " OF_ONE, 1, "begins with no name"},
        {"a " OF_ONE "\na " OF_TWO, 2, "has a name or a token that another"},
        {"a " OF_ONE "\nb " OF_ONE, 2, "has a name or a token that another"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct tokens t = {0};
        struct tokens_fault fault;
        assert_int_equal(tokens_parse(bytes_of_text(rows[i].text), &t, &fault), -EINVAL);
        assert_int_equal(fault.line, rows[i].line);
        assert_non_null(strstr(fault.why, rows[i].why));
        assert_null(t.rows);
    }
}

static void a_name_has_its_length(void **state)
{
    (void)state;
    char text[256], name[TOKEN_NAME_MAX + 2];
    struct tokens_fault fault;
    memset(name, 'n', sizeof(name));
    name[TOKEN_NAME_MAX] = '\0';
    snprintf(text, sizeof(text), "%s %s", name, OF_ONE);
    struct tokens t = good(text);
    assert_string_equal(tokens_find(&t, bytes_of_text("one")), name);
    tokens_fini(&t);
    name[TOKEN_NAME_MAX] = 'n';
    name[TOKEN_NAME_MAX + 1] = '\0';
    snprintf(text, sizeof(text), "%s %s", name, OF_ONE);
    assert_int_equal(tokens_parse(bytes_of_text(text), &t, &fault), -EINVAL);
}

static void there_are_so_many_and_no_more(void **state)
{
    (void)state;
    char *text = calloc(TOKENS_MAX + 1, 80);
    size_t size = 0;
    struct tokens t;
    struct tokens_fault fault;
    assert_non_null(text);
    for (unsigned i = 0; i < TOKENS_MAX; i++)
        size += (size_t)sprintf(text + size, "n%u %064x\n", i, i);
    t = good(text);
    assert_int_equal(t.count, TOKENS_MAX);
    tokens_fini(&t);
    sprintf(text + size, "last %064x\n", TOKENS_MAX);
    assert_int_equal(tokens_parse(bytes_of_text(text), &t, &fault), -EINVAL);
    assert_int_equal(fault.line, TOKENS_MAX + 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_known_by_its_digest),
        cmocka_unit_test(nothing_else_is_known),
        cmocka_unit_test(nobody_is_known_by_an_empty_file),
        cmocka_unit_test(every_wrong_line_is_told),
        cmocka_unit_test(a_name_has_its_length),
        cmocka_unit_test(there_are_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
