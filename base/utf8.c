/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8; see utf8.h. Trusts nothing. */
#include "base/utf8.h"

#include "base/attr.h"

/* One row for each length: lead byte's fixed bits, and the least character that
 * is not too short for this length. */
struct form {
    uint8_t mask;
    uint8_t lead;
    uint32_t least;
};

static const struct form forms[] = {
    {.mask = 0x80, .lead = 0x00, .least = 0},
    {.mask = 0xe0, .lead = 0xc0, .least = 0x80},
    {.mask = 0xf0, .lead = 0xe0, .least = 0x800},
    {.mask = 0xf8, .lead = 0xf0, .least = 0x10000},
};

bool utf8_is_scalar(uint32_t character)
{
    return character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
}

static uint32_t take_rest(struct cur *c, uint32_t character, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = cur_u8(c);
        if ((byte & 0xc0) != 0x80)
            cur_fail(c);
        character = character << 6 | (byte & 0x3fu);
    }
    return character;
}

uint32_t utf8_take(struct cur *c)
{
    uint8_t lead = cur_u8(c);
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        const struct form *f = &forms[i];
        if ((lead & f->mask) != f->lead)
            continue;
        const uint32_t bits = lead ^ f->lead;
        const uint32_t character = take_rest(c, bits, i);
        if (character < f->least || !utf8_is_scalar(character))
            cur_fail(c);
        return cur_ok(c) ? character : 0;
    }
    cur_fail(c);
    return 0;
}

bool utf8_check(struct bytes text)
{
    struct cur c = cur_init(text);
    while (cur_left(&c) > 0)
        utf8_take(&c);
    return cur_ok(&c);
}

void utf8_put(struct put *p, uint32_t scalar)
{
    size_t rest = 0;
    while (rest + 1 < ARRAY_COUNT(forms) && scalar >= forms[rest + 1].least)
        rest++;
    put_u8(p, (uint8_t)(forms[rest].lead | scalar >> (6 * rest)));
    while (rest > 0) {
        rest--;
        put_u8(p, (uint8_t)(0x80 | (scalar >> (6 * rest) & 0x3f)));
    }
}
