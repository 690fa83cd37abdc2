/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 both ways; see base64.h. Trusts nothing. */
#include "base/base64.h"

/* -1: no character of it. */
static int sextet(int c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

#define RUN_SIZE 48u /* bytes: a line of PEM */

/* What is four characters and three bytes each, as far as it goes. False when there is none. */
static bool take_run(struct cur *c, struct put *out)
{
    uint8_t bytes[RUN_SIZE];
    const uint8_t *at = c->pos;
    size_t size = 0, left = cur_left(c);
    for (; left >= 4 && size < RUN_SIZE; left -= 4, at += 4, size += 3) {
        const int s[] = {sextet(at[0]), sextet(at[1]), sextet(at[2]), sextet(at[3])};
        if ((s[0] | s[1] | s[2] | s[3]) < 0)
            break;
        bytes[size] = (uint8_t)(s[0] << 2 | s[1] >> 4);
        bytes[size + 1] = (uint8_t)(s[1] << 4 | s[2] >> 2);
        bytes[size + 2] = (uint8_t)(s[2] << 6 | s[3]);
    }
    cur_take(c, size / 3 * 4);
    put_bytes(out, (struct bytes){.data = bytes, .size = size});
    return size > 0;
}

bool base64_take_some(struct cur *c, struct put *out)
{
    uint32_t value = 0;
    size_t count = 0;
    if (take_run(c, out))
        return true;
    const size_t most = cur_left(c) < 4 ? cur_left(c) : 4;
    for (; count < most && sextet(c->pos[count]) >= 0; count++)
        value = value << 6 | (uint32_t)sextet(c->pos[count]);
    cur_take(c, count);
    if (count == 0)
        return false;
    for (size_t i = count; i < 4; i++) {
        if (cur_u8(c) != '=')
            cur_fail(c);
        value <<= 6;
    }
    const uint8_t bytes[] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    const size_t size = count - 1;
    for (size_t i = size; i < sizeof(bytes); i++) {
        if (size == 0 || bytes[i] != 0) /* bits that nothing carries */
            cur_fail(c);
    }
    put_bytes(out, (struct bytes){.data = bytes, .size = size});
    return count == 4;
}

void base64_take(struct cur *c, struct put *out)
{
    while (cur_ok(c) && base64_take_some(c, out))
        ;
    if (!cur_done(c))
        cur_fail(c);
}

/* ---- writing ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_quantum(struct put *p, struct bytes from)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 3; i++)
        value = value << 8 | (i < from.size ? from.data[i] : 0u);
    for (size_t i = 0; i < 4; i++)
        put_u8(p, i <= from.size ? (uint8_t)alphabet[value >> (18 - 6 * i) & 63] : '=');
}

void base64_put(struct put *p, struct bytes from)
{
    for (size_t i = 0; i < from.size; i += 3) {
        const size_t left = from.size - i;
        put_quantum(p, (struct bytes){.data = from.data + i, .size = left < 3 ? left : 3});
    }
}
