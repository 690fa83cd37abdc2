/* SPDX-License-Identifier: Apache-2.0 */
/* DER: lengths have one form each, and nothing is read past its end. */
/* links: base/der.c base/cur.c */
#include "base/attr.h"
#include "base/der.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    size_t size;
    size_t content; /* of what is taken */
} good[] = {
    {"\x30\x00", 2, 0},
    {"\x30\x02xy", 4, 2},
    {"\x30\x02xyz", 5, 2},
};

static void takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        const struct bytes from = {(const uint8_t *)good[i].bytes, good[i].size};
        struct cur c = cur_init(from);
        assert_int_equal(der_take(&c, DER_SEQUENCE).size, good[i].content);
        assert_true(cur_ok(&c));
        c = cur_init(from);
        const struct bytes whole = der_take_whole(&c, DER_SEQUENCE);
        assert_ptr_equal(whole.data, from.data);
        assert_int_equal(whole.size, good[i].content + 2);
    }
}

static void takes_long_forms(void **state)
{
    (void)state;
    static uint8_t data[70000];
    static const struct {
        uint8_t head[5];
        size_t head_size;
        size_t content;
    } forms[] = {
        {{0x30, 0x81, 0x80}, 3, 0x80},
        {{0x30, 0x81, 0xff}, 3, 0xff},
        {{0x30, 0x82, 0x01, 0x00}, 4, 0x100},
        {{0x30, 0x82, 0xff, 0xff}, 4, 0xffff},
        {{0x30, 0x83, 0x01, 0x00, 0x00}, 5, 0x10000},
    };
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        for (size_t j = 0; j < forms[i].head_size; j++)
            data[j] = forms[i].head[j];
        const size_t size = forms[i].head_size + forms[i].content;
        struct cur c = cur_init((struct bytes){data, size});
        assert_int_equal(der_take(&c, DER_SEQUENCE).size, forms[i].content);
        assert_true(cur_done(&c));
        c = cur_init((struct bytes){data, size - 1});
        assert_int_equal(der_take_whole(&c, DER_SEQUENCE).size, 0);
        assert_false(cur_ok(&c));
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
        {"", 0},
        {"\x30", 1},
        {"\x04\x00", 2},                 /* another tag */
        {"\x30\x01", 2},                 /* too short */
        {"\x30\x80\x00\x00", 4},         /* indefinite */
        {"\x30\x81\x01x", 4},            /* longer than need be */
        {"\x30\x82\x00\x01x", 5},        /* the same */
        {"\x30\x83\x00\x01\x00x", 6},    /* the same */
        {"\x30\x84\x00\x00\x00\x00", 6}, /* more than we read */
        {"\x30\xff", 2},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct cur c = cur_init((struct bytes){(const uint8_t *)bad[i].bytes, bad[i].size});
        assert_int_equal(der_take(&c, DER_SEQUENCE).size, 0);
        assert_false(cur_ok(&c));
    }
}

#define INPUT(text)                               \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

/* [X.690 8.3.2, 8.6.2, 11.1] */
static void takes_values(void **state)
{
    (void)state;
    static const struct bytes integers[] = {INPUT("\x02\x01\x00"), INPUT("\x02\x02\x00\x80"),
                                            INPUT("\x02\x01\x80"), INPUT("\x02\x02\xff\x7f")};
    for (size_t i = 0; i < ARRAY_COUNT(integers); i++) {
        struct cur c = cur_init(integers[i]);
        assert_int_equal(der_take_integer(&c).size, integers[i].size - 2);
        assert_true(cur_done(&c));
    }
    struct cur c = cur_init((struct bytes)INPUT("\x03\x03\x00\x12\x34\x01\x01\xff\x01\x01\x00"));
    assert_true(der_next_is(&c, DER_BIT_STRING));
    assert_int_equal(der_take_bits(&c).size, 2);
    assert_false(der_next_is(&c, DER_BIT_STRING));
    assert_true(der_take_boolean(&c));
    assert_false(der_take_boolean(&c));
    assert_true(cur_done(&c));
    assert_false(der_next_is(&c, 0));
}

static void refuses_values(void **state)
{
    (void)state;
    static const struct bytes integers[] = {INPUT("\x02\x00"), INPUT("\x02\x02\x00\x7f"),
                                            INPUT("\x02\x02\xff\x80"), INPUT("\x03\x01\x00")};
    static const struct bytes bits[] = {INPUT("\x03\x00"), INPUT("\x03\x02\x01\x80"),
                                        INPUT("\x04\x01\x00")};
    static const struct bytes booleans[] = {INPUT("\x01\x00"), INPUT("\x01\x01\x01"),
                                            INPUT("\x01\x02\xff\xff")};
    for (size_t i = 0; i < ARRAY_COUNT(integers); i++) {
        struct cur c = cur_init(integers[i]);
        assert_int_equal(der_take_integer(&c).size, 0);
        assert_false(cur_ok(&c));
    }
    for (size_t i = 0; i < ARRAY_COUNT(bits); i++) {
        struct cur c = cur_init(bits[i]);
        assert_int_equal(der_take_bits(&c).size, 0);
        assert_false(cur_ok(&c));
        c = cur_init(booleans[i]);
        assert_false(der_take_boolean(&c));
        assert_false(cur_ok(&c));
    }
}

static void lists(void **state)
{
    (void)state;
    struct bytes items[3] = {{0}};
    static const struct bytes two = INPUT("\x30\x06\x30\x01\x61\x30\x01\x62"),
                              four = INPUT("\x30\x08\x30\0\x30\0\x30\0\x30\0");
    assert_int_equal(der_parse_list(two, items, ARRAY_COUNT(items)), 2);
    assert_true(bytes_equal(items[0], (struct bytes)INPUT("\x30\x01\x61")));
    assert_true(bytes_equal(items[1], (struct bytes)INPUT("\x30\x01\x62")));
    assert_int_equal(der_parse_list(two, items, 2), 2);
    assert_int_equal(der_parse_list(four, items, ARRAY_COUNT(items)), 0);
    static const struct bytes bad[] = {
        INPUT(""),
        INPUT("\x30\0"),
        INPUT("\x31\x03\x30\x01\x61"),
        INPUT("\x30\x03\x31\x01\x61"),
        INPUT("\x30\x04\x30\x01\x61\x30"),
        INPUT("\x30\x03\x30\x01\x61\0"),
        INPUT("\x30\x03\x30\x02\x61\x62"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(der_parse_list(bad[i], items, ARRAY_COUNT(items)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values), cmocka_unit_test(refuses_values),
        cmocka_unit_test(takes),        cmocka_unit_test(takes_long_forms),
        cmocka_unit_test(refuses),      cmocka_unit_test(lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
