/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text; see hex.h. */
#include "base/hex.h"

static const char digits[] = "0123456789abcdef";

void hex_put(struct bytes from, char *text)
{
    for (size_t i = 0; i < from.size; i++) {
        *text++ = digits[from.data[i] >> 4];
        *text++ = digits[from.data[i] & 15];
    }
    *text = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hex_parse(const char *text, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit_value(text[0]);
        int low = high < 0 ? -1 : digit_value(text[1]);
        if (low < 0)
            return -1;
        out[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return *text == '\0' ? 0 : -1;
}
