/* SPDX-License-Identifier: Apache-2.0 */
/* The cursors: nothing past the end, failure sticks, counting equals writing. */
/* links: base/cur.c base/put.c */
#include "base/cur.h"
#include "base/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t eight[] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct cur over(size_t size)
{
    return cur_init((struct bytes){.data = eight, .size = size});
}

static void reads_both_byte_orders(void **state)
{
    (void)state;
    struct cur c = over(8);
    assert_int_equal(cur_u8(&c), 1);
    assert_int_equal(cur_le16(&c), 0x0302);
    assert_int_equal(cur_be32(&c), 0x04050607);
    assert_false(cur_done(&c));
    assert_int_equal(cur_u8(&c), 8);
    assert_true(cur_done(&c));
    c = over(8);
    assert_true(cur_le64(&c) == 0x0807060504030201);
    c = over(8);
    assert_true(cur_be64(&c) == 0x0102030405060708);
    c = over(8);
    assert_int_equal(cur_le32(&c), 0x04030201);
    assert_int_equal(cur_be16(&c), 0x0506);
}

/* [WebAssembly 5.2.2] and its limit of ceil(32/7) bytes */
static void reads_leb128(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
        uint32_t value;
        bool ok;
    } rows[] = {
        {"\x00", 1, 0, true},
        {"\x7f", 1, 127, true},
        {"\xe5\x8e\x26", 3, 624485, true},
        {"\x83\x00", 2, 3, true},
        {"\xff\xff\xff\xff\x0f", 5, UINT32_MAX, true},
        {"\xff\xff\xff\xff\x1f", 5, 0, false},
        {"\x80\x80\x80\x80\x80\x00", 6, 0, false},
        {"\x80", 1, 0, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cur c =
            cur_init((struct bytes){.data = (const uint8_t *)rows[i].bytes, .size = rows[i].size});
        assert_int_equal(cur_leb32(&c), rows[i].value);
        assert_int_equal(cur_done(&c), rows[i].ok);
    }
}

static void failure_sticks(void **state)
{
    (void)state;
    struct cur c = over(3);
    assert_int_equal(cur_le32(&c), 0);
    assert_int_equal(cur_u8(&c), 0); /* though three bytes are there */
    assert_int_equal(cur_left(&c), 0);
    assert_false(cur_ok(&c));
    assert_false(cur_done(&c));
}

static void a_huge_size_is_no_wrap(void **state)
{
    (void)state;
    struct cur c = over(8);
    cur_u8(&c);
    struct bytes b = cur_take(&c, SIZE_MAX);
    assert_null(b.data);
    assert_int_equal(b.size, 0);
    assert_false(cur_ok(&c));
}

static void reserved_bytes_must_be_zero(void **state)
{
    (void)state;
    static const uint8_t zeroes[4];
    struct cur c = cur_init((struct bytes){.data = zeroes, .size = 4});
    cur_zero(&c, 4);
    assert_true(cur_done(&c));
    c = over(8);
    cur_zero(&c, 1);
    assert_false(cur_ok(&c));
}

static void put_mirrors_cur(void **state)
{
    (void)state;
    uint8_t out[30];
    struct put p = put_init(out, sizeof(out));
    put_u8(&p, 0x11);
    put_le16(&p, 0x2233);
    put_be16(&p, 0x2233);
    put_le32(&p, 0x44556677);
    put_be32(&p, 0x44556677);
    put_le64(&p, 0x8899aabbccddeeff);
    put_be64(&p, 0x8899aabbccddeeff);
    struct cur c = cur_init(put_done(&p));
    assert_int_equal(cur_u8(&c), 0x11);
    assert_int_equal(cur_le16(&c), 0x2233);
    assert_int_equal(cur_be16(&c), 0x2233);
    assert_int_equal(cur_le32(&c), 0x44556677);
    assert_int_equal(cur_be32(&c), 0x44556677);
    assert_true(cur_le64(&c) == 0x8899aabbccddeeff);
    assert_true(cur_be64(&c) == 0x8899aabbccddeeff);
    assert_true(cur_done(&c));
}

static void put_refuses_what_does_not_fit(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct put p = put_init(out, 3);
    put_le16(&p, 0x0101);
    put_le16(&p, 0x0202);
    put_u8(&p, 3); /* would fit, but failure sticks */
    assert_true(p.bad);
    assert_int_equal(put_done(&p).size, 0);
    assert_int_equal(out[2], 0);
}

static void counting_equals_writing(void **state)
{
    (void)state;
    uint8_t out[16];
    struct put count = put_counter();
    struct put write = put_init(out, sizeof(out));
    put_le32(&count, 7);
    put_le32(&write, 7);
    put_bytes(&count, bytes_of_text("abc"));
    put_bytes(&write, bytes_of_text("abc"));
    assert_int_equal(count.size, 7);
    assert_int_equal(write.size, 7);
    assert_memory_equal(out + 4, "abc", 3);
}

static void bytes_compare_by_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of_text("ab"), bytes_of_text("ab")));
    assert_false(bytes_equal(bytes_of_text("ab"), bytes_of_text("ac")));
    assert_false(bytes_equal(bytes_of_text("ab"), bytes_of_text("abc")));
    assert_true(bytes_equal(bytes_of_text(""), (struct bytes){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_byte_orders),
        cmocka_unit_test(reads_leb128),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(a_huge_size_is_no_wrap),
        cmocka_unit_test(reserved_bytes_must_be_zero),
        cmocka_unit_test(put_mirrors_cur),
        cmocka_unit_test(put_refuses_what_does_not_fit),
        cmocka_unit_test(counting_equals_writing),
        cmocka_unit_test(bytes_compare_by_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
