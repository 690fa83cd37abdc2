/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes of control characters; see escape.h. Trusts nothing. */
#include "base/escape.h"

static bool is_kept(uint8_t byte, const char *kept)
{
    while (*kept != '\0' && (uint8_t)*kept != byte)
        kept++;
    return *kept != '\0';
}

/* Bytes of the control character that the text begins with, 0 if it is none. */
static size_t control_size(struct bytes text, const char *kept)
{
    const uint8_t *c = text.data;
    if (c[0] < 0x20 || c[0] == 0x7f)
        return is_kept(c[0], kept) ? 0 : 1;
    return text.size > 1 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0 ? 2 : 0;
}

static char *put_escape(char *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'x';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

size_t escape_controls(struct bytes text, const char *kept, char *out)
{
    char *end = out;
    struct cur c = cur_init(text);
    while (cur_left(&c) > 0) {
        size_t size = control_size((struct bytes){.data = c.pos, .size = cur_left(&c)}, kept);
        struct bytes part = cur_take(&c, size > 0 ? size : 1);
        if (size == 0)
            *end++ = (char)part.data[0];
        for (size_t i = 0; i < size; i++)
            end = put_escape(end, part.data[i]);
    }
    return (size_t)(end - out);
}
