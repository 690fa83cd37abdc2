/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: the examples and the forbidden sequences of RFC 3629, sections 3, 7 and
 * 10. */
/* links: base/utf8.c base/cur.c base/put.c */
#include "base/utf8.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The ends of each length's range [RFC 3629 3]. */
static const struct {
    uint32_t scalar;
    const char *text;
    size_t size;
} characters[] = {
    {0x0, "\0", 1},
    {0x41, "A", 1},
    {0x7f, "\x7f", 1},
    {0x80, "\xc2\x80", 2},
    {0x391, "\xce\x91", 2},
    {0x7ff, "\xdf\xbf", 2},
    {0x800, "\xe0\xa0\x80", 3},
    {0x2262, "\xe2\x89\xa2", 3},
    {0xd7ff, "\xed\x9f\xbf", 3},
    {0xe000, "\xee\x80\x80", 3},
    {0xffff, "\xef\xbf\xbf", 3},
    {0x10000, "\xf0\x90\x80\x80", 4},
    {0x233b4, "\xf0\xa3\x8e\xb4", 4},
    {0x10ffff, "\xf4\x8f\xbf\xbf", 4},
};

static void reads_and_writes_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(characters); i++) {
        const struct bytes text = {(const uint8_t *)characters[i].text, characters[i].size};
        struct cur c = cur_init(text);
        assert_int_equal(utf8_take(&c), characters[i].scalar);
        assert_true(cur_done(&c));
        assert_true(utf8_check(text));
        uint8_t out[4];
        struct put p = put_init(out, sizeof(out));
        utf8_put(&p, characters[i].scalar);
        assert_true(bytes_equal(put_done(&p), text));
    }
}

static void refuses_what_is_malformed(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "\x80",             /* no lead */
        "\xc0\x80",         /* NUL, too long */
        "\xc1\xbf",         /* DEL, too long */
        "\xe0\x80\xaf",     /* '/', too long */
        "\xe0\x9f\xbf",     /* U+07FF, too long */
        "\xf0\x8f\xbf\xbf", /* U+FFFF, too long */
        "\xed\xa0\x80",     /* first surrogate */
        "\xed\xbf\xbf",     /* last surrogate */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80", /* no such lead */
        "\xff",             /* never a byte of UTF-8 */
        "\xc2",             /* cut short */
        "\xe2\x89",         /* cut short */
        "\xc2"
        "A", /* no continuation */
        "fine so far \xf0\x90\x80",
    };
    for (size_t i = 0; i < ARRAY_COUNT(malformed); i++)
        assert_false(utf8_check(bytes_of_text(malformed[i])));
}

static void failure_gives_zero(void **state)
{
    (void)state;
    struct cur c = cur_init(bytes_of_text("\xed\xa0\x80"));
    assert_int_equal(utf8_take(&c), 0);
    assert_false(cur_ok(&c));
    assert_int_equal(utf8_take(&c), 0);
}

static void knows_scalars(void **state)
{
    (void)state;
    assert_true(utf8_is_scalar(0xd7ff));
    assert_false(utf8_is_scalar(0xd800));
    assert_false(utf8_is_scalar(0xdfff));
    assert_true(utf8_is_scalar(0xe000));
    assert_true(utf8_is_scalar(0x10ffff));
    assert_false(utf8_is_scalar(0x110000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_every_length),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(failure_gives_zero),
        cmocka_unit_test(knows_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
