/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic CBOR; see cbor.h. Trusts nothing. */
#include "base/cbor.h"

#include "base/utf8.h"

/* The initial byte: three bits of major type, five bits of argument, which is
 * the value itself or says how many bytes hold it. [RFC 8949 3] */
enum major { UINT = 0, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, SIMPLE = 7 };
enum { ARGUMENT_U8 = 24, ARGUMENT_U16, ARGUMENT_U32, ARGUMENT_U64 };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };

static void put_head(struct put *p, enum major major, uint64_t argument)
{
    const unsigned type = (unsigned)major << 5;
    if (argument < ARGUMENT_U8) {
        put_u8(p, (uint8_t)(type | argument));
    } else if (argument <= UINT8_MAX) {
        put_u8(p, (uint8_t)(type | ARGUMENT_U8));
        put_u8(p, (uint8_t)argument);
    } else if (argument <= UINT16_MAX) {
        put_u8(p, (uint8_t)(type | ARGUMENT_U16));
        put_be16(p, (uint16_t)argument);
    } else if (argument <= UINT32_MAX) {
        put_u8(p, (uint8_t)(type | ARGUMENT_U32));
        put_be32(p, (uint32_t)argument);
    } else {
        put_u8(p, (uint8_t)(type | ARGUMENT_U64));
        put_be64(p, argument);
    }
}

void cbor_put_uint(struct put *p, uint64_t value) { put_head(p, UINT, value); }
void cbor_put_array(struct put *p, uint64_t count) { put_head(p, ARRAY, count); }
void cbor_put_map(struct put *p, uint64_t count) { put_head(p, MAP, count); }
void cbor_put_bool(struct put *p, bool value)
{
    put_head(p, SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_put_bytes(struct put *p, struct bytes value)
{
    put_head(p, BYTES, value.size);
    put_bytes(p, value);
}

void cbor_put_text(struct put *p, struct bytes value)
{
    put_head(p, TEXT, value.size);
    put_bytes(p, value);
}

static uint64_t take_argument(struct cur *c, unsigned form, uint64_t *least)
{
    switch (form) {
    case ARGUMENT_U8:
        *least = ARGUMENT_U8;
        return cur_u8(c);
    case ARGUMENT_U16:
        *least = UINT8_MAX + 1ull;
        return cur_be16(c);
    case ARGUMENT_U32:
        *least = UINT16_MAX + 1ull;
        return cur_be32(c);
    case ARGUMENT_U64:
        *least = UINT32_MAX + 1ull;
        return cur_be64(c);
    default: /* reserved, or of indefinite length */
        cur_fail(c);
        return 0;
    }
}

static uint64_t take_head(struct cur *c, enum major major, uint64_t max)
{
    const uint8_t initial = cur_u8(c);
    const unsigned form = initial & 0x1fu;
    uint64_t least = 0;
    uint64_t argument = form < ARGUMENT_U8 ? form : take_argument(c, form, &least);
    if (initial >> 5 != major || argument < least || argument > max)
        cur_fail(c);
    return cur_ok(c) ? argument : 0;
}

/* A count of things that take at least one byte each. */
static size_t take_count(struct cur *c, enum major major, size_t max)
{
    size_t count = (size_t)take_head(c, major, max);
    if (count > cur_left(c))
        cur_fail(c);
    return cur_ok(c) ? count : 0;
}

uint64_t cbor_take_uint(struct cur *c, uint64_t max) { return take_head(c, UINT, max); }
size_t cbor_take_array(struct cur *c, size_t max) { return take_count(c, ARRAY, max); }

size_t cbor_take_map(struct cur *c, size_t max)
{
    size_t pairs = take_count(c, MAP, max);
    if (pairs > cur_left(c) / 2)
        cur_fail(c);
    return cur_ok(c) ? pairs : 0;
}

struct bytes cbor_take_bytes(struct cur *c) { return cur_take(c, take_count(c, BYTES, SIZE_MAX)); }

struct bytes cbor_take_text(struct cur *c)
{
    struct bytes text = cur_take(c, take_count(c, TEXT, SIZE_MAX));
    if (!utf8_check(text))
        cur_fail(c);
    return cur_ok(c) ? text : (struct bytes){0};
}

bool cbor_take_bool(struct cur *c)
{
    uint64_t value = take_head(c, SIMPLE, SIMPLE_TRUE);
    if (value < SIMPLE_FALSE)
        cur_fail(c);
    return cur_ok(c) && value == SIMPLE_TRUE;
}

void cbor_take_key(struct cur *c, uint64_t key)
{
    if (cbor_take_uint(c, UINT64_MAX) != key)
        cur_fail(c);
}
