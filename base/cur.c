/* SPDX-License-Identifier: Apache-2.0 */
/* The reading cursor; see cur.h. Trusts nothing. */
#include "base/cur.h"

struct cur cur_init(struct bytes from)
{
    static const uint8_t nothing[1]; /* null plus zero is undefined */
    const uint8_t *start = from.size > 0 ? from.data : nothing;
    return (struct cur){.pos = start, .end = start + from.size};
}

struct bytes cur_take(struct cur *c, size_t size)
{
    if (c->bad || size > (size_t)(c->end - c->pos)) {
        c->bad = true;
        return (struct bytes){0};
    }
    struct bytes taken = {.data = c->pos, .size = size};
    c->pos += size;
    return taken;
}

static uint64_t take_le(struct cur *c, size_t size)
{
    struct bytes b = cur_take(c, size);
    uint64_t value = 0;
    for (size_t i = b.size; i > 0; i--)
        value = value << 8 | b.data[i - 1];
    return value;
}

static uint64_t take_be(struct cur *c, size_t size)
{
    struct bytes b = cur_take(c, size);
    uint64_t value = 0;
    for (size_t i = 0; i < b.size; i++)
        value = value << 8 | b.data[i];
    return value;
}

uint8_t cur_u8(struct cur *c)
{
    const struct bytes b = cur_take(c, 1);
    return b.size == 0 ? 0 : *b.data;
}

uint16_t cur_le16(struct cur *c) { return (uint16_t)take_le(c, 2); }
uint32_t cur_le32(struct cur *c) { return (uint32_t)take_le(c, 4); }
uint64_t cur_le64(struct cur *c) { return take_le(c, 8); }
uint16_t cur_be16(struct cur *c) { return (uint16_t)take_be(c, 2); }
uint32_t cur_be32(struct cur *c) { return (uint32_t)take_be(c, 4); }
uint64_t cur_be64(struct cur *c) { return take_be(c, 8); }

uint32_t cur_leb32(struct cur *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = cur_u8(c);
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0 && shift < 35);
    if ((byte & 0x80) != 0 || value > UINT32_MAX)
        c->bad = true;
    return c->bad ? 0 : (uint32_t)value;
}

void cur_zero(struct cur *c, size_t size)
{
    struct bytes b = cur_take(c, size);
    uint8_t any = 0;
    for (size_t i = 0; i < b.size; i++)
        any |= b.data[i];
    if (any != 0)
        c->bad = true;
}

void cur_fail(struct cur *c) { c->bad = true; }
size_t cur_left(const struct cur *c) { return c->bad ? 0 : (size_t)(c->end - c->pos); }
bool cur_ok(const struct cur *c) { return !c->bad; }
bool cur_done(const struct cur *c) { return !c->bad && c->pos == c->end; }

bool bytes_equal(struct bytes a, struct bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        if (a.data[i] != b.data[i])
            return false;
    }
    return true;
}

struct bytes bytes_of_text(const char *text)
{
    size_t size = 0;
    while (text[size] != '\0')
        size++;
    return (struct bytes){.data = (const uint8_t *)text, .size = size};
}
