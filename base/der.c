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
