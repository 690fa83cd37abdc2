/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: the vectors of RFC 4648 10, and what is no base64. */
/* links: base/base64.c base/cur.c base/put.c */
#include "base/base64.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void vectors_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        uint8_t text[16], back[16];
        struct put to = put_init(text, sizeof(text)), from = put_init(back, sizeof(back));
        base64_put(&to, bytes_of_text(vectors[i].bytes));
        assert_true(bytes_equal(put_done(&to), bytes_of_text(vectors[i].text)));
        struct cur c = cur_init(put_done(&to));
        base64_take(&c, &from);
        assert_true(cur_done(&c));
        assert_true(bytes_equal(put_done(&from), bytes_of_text(vectors[i].bytes)));
    }
}

static void all_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm-v", "====",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        uint8_t back[16];
        struct put from = put_init(back, sizeof(back));
        struct cur c = cur_init(bytes_of_text(wrong[i]));
        base64_take(&c, &from);
        if (cur_ok(&c))
            fail_msg("'%s' was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_go_both_ways),
        cmocka_unit_test(all_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
