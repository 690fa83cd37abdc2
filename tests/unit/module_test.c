/* SPDX-License-Identifier: Apache-2.0 */
/* A first look at programs: the header [WebAssembly 5.5.16], the sections, and
 * what people give by mistake. */
/* links: host/cli/module.c base/cur.c */
#include "host/cli/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "\0asm\1\0\0\0"

static const char *judge(const char *data, size_t size)
{
    return module_fault((struct bytes){.data = (const uint8_t *)data, .size = size});
}

#define JUDGE(literal) judge(literal, sizeof(literal) - 1)

static void assert_says(const char *fault, const char *part)
{
    assert_non_null(fault);
    if (strstr(fault, part) == NULL)
        fail_msg("'%s' does not say '%s'", fault, part);
}

static void accepts_modules(void **state)
{
    (void)state;
    assert_null(JUDGE(HEADER));
    assert_null(JUDGE(HEADER "\1\4\1\x60\0\0"));
    assert_null(JUDGE(HEADER "\0\x82\x80\0xx\1\0"));
}

static void tells_what_is_truncated(void **state)
{
    (void)state;
    for (size_t size = 1; size < 8; size++)
        assert_says(judge(HEADER, size), "truncated");
    assert_says(JUDGE(HEADER "\1"), "truncated");
    assert_says(JUDGE(HEADER "\1\4\1\x60\0"), "truncated");
    assert_says(JUDGE(HEADER "\1\x80"), "truncated");
    assert_says(JUDGE(HEADER "\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), "truncated");
}

static void tells_what_is_no_module(void **state)
{
    (void)state;
    assert_says(JUDGE(""), "empty");
    assert_says(JUDGE("(module)\n"), "wat2wasm");
    assert_says(JUDGE("\xef\xbb\xbf(module (func $\xc3\xa4))"), "wat2wasm");
    assert_says(JUDGE("\177ELF\2\1\1"), "not a WebAssembly module");
    assert_says(JUDGE("PK\3\4"), "not a WebAssembly module");
    assert_says(JUDGE("\0\0\0\0\1\0\0\0"), "not a WebAssembly module");
    assert_says(JUDGE("\0asm\x0d\0\1\0"), "component");
    assert_says(JUDGE("\0asm\2\0\0\0"), "version");
    assert_says(JUDGE("\0asm\1\0\2\0"), "version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_modules),
        cmocka_unit_test(tells_what_is_truncated),
        cmocka_unit_test(tells_what_is_no_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
