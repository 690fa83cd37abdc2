/* SPDX-License-Identifier: Apache-2.0 */
/* Reading DER; see der.h. */
#include "base/der.h"

static size_t take_length(struct cur *c)
{
    const uint8_t first = cur_u8(c);
    if (first < 0x80)
        return first;
    const unsigned width = first & 0x7f;
    if (width < 1 || width > 3) {
        cur_fail(c);
        return 0;
    }
    size_t length = 0;
    for (unsigned i = 0; i < width; i++)
        length = length << 8 | cur_u8(c);
    if (length < (width == 1 ? 0x80u : 1u << (8 * (width - 1)))) /* a shorter form exists */
        cur_fail(c);
    return length;
}

bool der_next_is(const struct cur *c, uint8_t tag) { return cur_left(c) > 0 && *c->pos == tag; }

struct bytes der_take(struct cur *c, uint8_t tag)
{
    if (cur_u8(c) != tag)
        cur_fail(c);
    const size_t length = take_length(c);
    return cur_take(c, length);
}

struct bytes der_take_whole(struct cur *c, uint8_t tag)
{
    const uint8_t *from = c->pos;
    der_take(c, tag);
    return cur_ok(c) ? (struct bytes){from, (size_t)(c->pos - from)} : (struct bytes){0};
}

struct bytes der_take_integer(struct cur *c)
{
    const struct bytes number = der_take(c, DER_INTEGER);
    const bool longer = number.size > 1 && ((number.data[0] == 0 && number.data[1] < 0x80) ||
                                            (number.data[0] == 0xff && number.data[1] >= 0x80));
    if (number.size > 0 && !longer)
        return number;
    cur_fail(c);
    return (struct bytes){0};
}

struct bytes der_take_bits(struct cur *c)
{
    struct cur bits = cur_init(der_take(c, DER_BIT_STRING));
    const uint8_t unused = cur_u8(&bits);
    const struct bytes whole = cur_take(&bits, cur_left(&bits));
    if (cur_done(&bits) && unused == 0)
        return whole;
    cur_fail(c);
    return (struct bytes){0};
}

bool der_take_boolean(struct cur *c)
{
    const struct bytes value = der_take(c, DER_BOOLEAN);
    if (value.size == 1 && (value.data[0] == 0 || value.data[0] == 0xff))
        return value.data[0] != 0;
    cur_fail(c);
    return false;
}

size_t der_parse_list(struct bytes der, struct bytes *items, size_t max)
{
    struct cur c = cur_init(der);
    struct cur list = cur_init(der_take(&c, DER_SEQUENCE));
    size_t count = 0;
    while (cur_ok(&list) && cur_left(&list) > 0 && count < max)
        items[count++] = der_take_whole(&list, DER_SEQUENCE);
    return cur_done(&c) && cur_done(&list) ? count : 0;
}
