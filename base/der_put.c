/* SPDX-License-Identifier: Apache-2.0 */
/* Writing DER; see der_put.h. */
#include "base/der_put.h"

#include "base/attr.h"
#include "base/rfc3339.h"

/* ---- elements ---- */

static void put_length(struct put *p, size_t size)
{
    unsigned width = 0;
    while (size >= 0x80 && size >> (8 * width) != 0)
        width++;
    if (width == 0) {
        put_u8(p, (uint8_t)size);
        return;
    }
    put_u8(p, (uint8_t)(0x80 | width));
    while (width-- > 0)
        put_u8(p, (uint8_t)(size >> (8 * width)));
}

size_t der_open(struct put *p, uint8_t tag)
{
    put_u8(p, tag);
    return p->size;
}

void der_close(struct put *p, size_t opened)
{
    uint8_t head[1 + sizeof(size_t)];
    struct put length = put_init(head, sizeof(head));
    const size_t size = p->size - opened;
    put_length(&length, size);
    put_bytes(p, put_done(&length)); /* makes the room */
    if (p->bad || p->data == NULL)
        return;
    uint8_t *contents = p->data + opened;
    for (size_t i = size; i-- > 0;)
        contents[length.size + i] = contents[i];
    for (size_t i = 0; i < length.size; i++)
        contents[i] = head[i];
}

void der_put(struct put *p, uint8_t tag, struct bytes contents)
{
    put_u8(p, tag);
    put_length(p, contents.size);
    put_bytes(p, contents);
}

/* ---- values ---- */

void der_put_unsigned(struct put *p, struct bytes magnitude)
{
    const uint8_t *from = magnitude.data;
    size_t size = magnitude.size;
    for (; size > 0 && *from == 0; size--)
        from++;
    const bool padded = size == 0 || *from >= 0x80;
    put_u8(p, DER_INTEGER);
    put_length(p, size + padded);
    if (padded)
        put_u8(p, 0);
    put_bytes(p, (struct bytes){from, size});
}

void der_put_true(struct put *p)
{
    der_put(p, DER_BOOLEAN, (struct bytes){(const uint8_t *)"\xff", 1});
}

void der_put_bits(struct put *p, struct bytes contents)
{
    put_u8(p, DER_BIT_STRING);
    put_length(p, 1 + contents.size);
    put_u8(p, 0);
    put_bytes(p, contents);
}

/* ---- object identifiers ---- */

/* One number and the full stop behind it; false at the end, or after a failure. */
static bool take_arc(struct cur *c, __uint128_t *out)
{
    __uint128_t value = 0;
    size_t digits = 0;
    while (cur_left(c) > 0) {
        const uint8_t digit = cur_u8(c);
        if (digit == '.' && digits > 0 && cur_left(c) > 0)
            break;
        if (digit < '0' || digit > '9' || digits++ == 39)
            cur_fail(c);
        value = value * 10 + (digit - '0');
    }
    *out = value;
    return cur_ok(c) && digits > 0;
}

static void put_arc(struct put *p, __uint128_t value)
{
    unsigned more = 0;
    while (more < 18 && value >> (7 * (more + 1)) != 0)
        more++;
    for (; more > 0; more--)
        put_u8(p, (uint8_t)(0x80 | (value >> (7 * more) & 0x7f)));
    put_u8(p, (uint8_t)(value & 0x7f));
}

void der_put_oid(struct put *p, const char *dotted)
{
    struct cur c = cur_init(bytes_of_text(dotted));
    const size_t oid = der_open(p, DER_OID);
    __uint128_t first = 0, next = 0;
    if (!take_arc(&c, &first) || !take_arc(&c, &next) || first > 2 || (first < 2 && next > 39))
        cur_fail(&c);
    put_arc(p, first * 40 + next);
    while (take_arc(&c, &next))
        put_arc(p, next);
    der_close(p, oid);
    if (!cur_ok(&c))
        p->bad = true;
}

/* ---- times ---- */

#define YEAR_DIGITS 4u

void der_put_time(struct put *p, int64_t seconds)
{
    static const uint8_t digits_at[] = {5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    char text[RFC3339_SIZE];
    rfc3339_put(seconds, text);
    const bool utc = (text[0] == '1' && text[1] == '9' && text[2] >= '5') ||
                     (text[0] == '2' && text[1] == '0' && text[2] < '5');
    const size_t time = der_open(p, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
    for (size_t i = utc ? 2 : 0; i < YEAR_DIGITS; i++)
        put_u8(p, (uint8_t)text[i]);
    for (size_t i = 0; i < ARRAY_COUNT(digits_at); i++)
        put_u8(p, (uint8_t)text[digits_at[i]]);
    put_u8(p, 'Z');
    der_close(p, time);
}
