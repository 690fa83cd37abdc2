/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic CBOR: the encodings of RFC 8949, appendix A, and what its
 * section 4.2.1 forbids. */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "base/cbor.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of a string literal, NULs included. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static uint8_t buffer[64];

static struct put empty(void) { return put_init(buffer, sizeof(buffer)); }

static void unsigned_integers(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        struct bytes encoded;
    } rows[] = {
        {0, BYTES("\x00")},
        {1, BYTES("\x01")},
        {10, BYTES("\x0a")},
        {23, BYTES("\x17")},
        {24, BYTES("\x18\x18")},
        {25, BYTES("\x18\x19")},
        {100, BYTES("\x18\x64")},
        {255, BYTES("\x18\xff")},
        {256, BYTES("\x19\x01\x00")},
        {1000, BYTES("\x19\x03\xe8")},
        {65535, BYTES("\x19\xff\xff")},
        {65536, BYTES("\x1a\x00\x01\x00\x00")},
        {1000000, BYTES("\x1a\x00\x0f\x42\x40")},
        {4294967295, BYTES("\x1a\xff\xff\xff\xff")},
        {4294967296, BYTES("\x1b\x00\x00\x00\x01\x00\x00\x00\x00")},
        {1000000000000, BYTES("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00")},
        {UINT64_MAX, BYTES("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct put p = empty();
        cbor_put_uint(&p, rows[i].value);
        assert_true(bytes_equal(put_done(&p), rows[i].encoded));
        struct cur c = cur_init(rows[i].encoded);
        assert_true(cbor_take_uint(&c, rows[i].value) == rows[i].value);
        assert_true(cur_done(&c));
    }
}

static void strings(void **state)
{
    (void)state;
    struct put p = empty();
    cbor_put_bytes(&p, BYTES(""));
    cbor_put_bytes(&p, BYTES("\x01\x02\x03\x04"));
    cbor_put_text(&p, BYTES(""));
    cbor_put_text(&p, BYTES("IETF"));
    cbor_put_text(&p, BYTES("\xe6\xb0\xb4"));
    const struct bytes encoded = BYTES("\x40\x44\x01\x02\x03\x04\x60\x64IETF\x63\xe6\xb0\xb4");
    assert_true(bytes_equal(put_done(&p), encoded));
    struct cur c = cur_init(encoded);
    assert_int_equal(cbor_take_bytes(&c).size, 0);
    assert_true(bytes_equal(cbor_take_bytes(&c), BYTES("\x01\x02\x03\x04")));
    assert_int_equal(cbor_take_text(&c).size, 0);
    assert_true(bytes_equal(cbor_take_text(&c), BYTES("IETF")));
    assert_true(bytes_equal(cbor_take_text(&c), BYTES("\xe6\xb0\xb4")));
    assert_true(cur_done(&c));
}

static void booleans(void **state)
{
    (void)state;
    struct put p = empty();
    cbor_put_bool(&p, false);
    cbor_put_bool(&p, true);
    assert_true(bytes_equal(put_done(&p), BYTES("\xf4\xf5")));
    struct cur c = cur_init(put_done(&p));
    assert_false(cbor_take_bool(&c));
    assert_true(cbor_take_bool(&c));
    assert_true(cur_done(&c));
}

/* [1, [2, 3], [4, 5]] and {1: 2, 3: 4} */
static void arrays_and_maps(void **state)
{
    (void)state;
    const struct bytes array = BYTES("\x83\x01\x82\x02\x03\x82\x04\x05");
    struct cur c = cur_init(array);
    assert_int_equal(cbor_take_array(&c, 3), 3);
    assert_int_equal(cbor_take_uint(&c, 1), 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(cbor_take_array(&c, 2), 2);
        assert_int_equal(cbor_take_uint(&c, 9), 2 + 2 * i);
        assert_int_equal(cbor_take_uint(&c, 9), 3 + 2 * i);
    }
    assert_true(cur_done(&c));

    struct put p = empty();
    cbor_put_map(&p, 2);
    for (uint64_t i = 1; i <= 4; i++)
        cbor_put_uint(&p, i);
    assert_true(bytes_equal(put_done(&p), BYTES("\xa2\x01\x02\x03\x04")));
    c = cur_init(put_done(&p));
    assert_int_equal(cbor_take_map(&c, 2), 2);
    cbor_take_key(&c, 1);
    assert_int_equal(cbor_take_uint(&c, 9), 2);
    cbor_take_key(&c, 3);
    assert_int_equal(cbor_take_uint(&c, 9), 4);
    assert_true(cur_done(&c));

    p = empty();
    cbor_put_array(&p, 25);
    assert_true(bytes_equal(put_done(&p), BYTES("\x98\x19")));
}

static uint64_t take_uint(struct cur *c) { return cbor_take_uint(c, UINT64_MAX); }
static uint64_t take_small(struct cur *c) { return cbor_take_uint(c, 9); }
static uint64_t take_bytes(struct cur *c) { return cbor_take_bytes(c).size; }
static uint64_t take_text(struct cur *c) { return cbor_take_text(c).size; }
static uint64_t take_array(struct cur *c) { return cbor_take_array(c, 3); }
static uint64_t take_map(struct cur *c) { return cbor_take_map(c, 3); }
static uint64_t take_bool(struct cur *c) { return cbor_take_bool(c); }
static uint64_t take_key(struct cur *c)
{
    cbor_take_key(c, 7);
    return 0;
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        uint64_t (*take)(struct cur *c);
        struct bytes encoded;
    } rows[] = {
        {take_uint, BYTES("")},                                     /* nothing */
        {take_uint, BYTES("\x18")},                                 /* cut short */
        {take_uint, BYTES("\x18\x17")},                             /* 23, too long */
        {take_uint, BYTES("\x19\x00\xff")},                         /* 255, too long */
        {take_uint, BYTES("\x1a\x00\x00\xff\xff")},                 /* 65535, too long */
        {take_uint, BYTES("\x1b\x00\x00\x00\x00\xff\xff\xff\xff")}, /* too long */
        {take_uint, BYTES("\x1c")},                                 /* reserved */
        {take_uint, BYTES("\x1f")},                                 /* reserved */
        {take_uint, BYTES("\x20")},                                 /* -1 */
        {take_uint, BYTES("\xc0\x01")},                             /* tagged */
        {take_small, BYTES("\x0a")},                                /* 10 of at most 9 */
        {take_bytes, BYTES("\x5f\x41\x01\xff")},                    /* indefinite */
        {take_bytes, BYTES("\x58\x01\x01")},                        /* length too long */
        {take_bytes, BYTES("\x42\x01")},                            /* one byte of two */
        {take_bytes, BYTES("\x5b\xff\xff\xff\xff\xff\xff\xff\xff")},
        {take_bytes, BYTES("\x61"
                           "a")}, /* text */
        {take_text, BYTES("\x41"
                          "a")},                     /* bytes */
        {take_text, BYTES("\x61\xff")},              /* no UTF-8 */
        {take_array, BYTES("\x84\x01\x02\x03\x04")}, /* four of at most three */
        {take_array, BYTES("\x83\x01\x02")},         /* more than is left */
        {take_array, BYTES("\x9f\xff")},             /* indefinite */
        {take_array, BYTES("\xa0")},                 /* a map */
        {take_map, BYTES("\xa2\x01\x02\x03")},       /* more than is left */
        {take_map, BYTES("\xbf\xff")},               /* indefinite */
        {take_bool, BYTES("\xf6")},                  /* null */
        {take_bool, BYTES("\xf3")},                  /* unassigned */
        {take_bool, BYTES("\xf8\x15")},              /* true, too long */
        {take_bool, BYTES("\x01")},                  /* 1 */
        {take_bool, BYTES("\xf9\x3c\x00")},          /* 1.0 */
        {take_key, BYTES("\x08")},                   /* another key */
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct cur c = cur_init(rows[i].encoded);
        assert_int_equal(rows[i].take(&c), 0);
        assert_false(cur_ok(&c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsigned_integers), cmocka_unit_test(strings), cmocka_unit_test(booleans),
        cmocka_unit_test(arrays_and_maps),   cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
