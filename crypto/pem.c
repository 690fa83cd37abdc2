/* SPDX-License-Identifier: Apache-2.0 */
/* PEM blocks to DER; see pem.h. Trusts nothing. */
#include "crypto/pem.h"

#include <errno.h>
#include <string.h>

static int peek(const struct cur *c) { return cur_left(c) == 0 ? -1 : *c->pos; }

static void skip_line_ends(struct cur *c)
{
    while (peek(c) == '\n' || peek(c) == '\r')
        cur_u8(c);
}

static void expect(struct cur *c, const char *text)
{
    const struct bytes wanted = bytes_of_text(text);
    if (!bytes_equal(cur_take(c, wanted.size), wanted))
        cur_fail(c);
}

static void take_boundary(struct cur *c, const char *verb, const char *label)
{
    expect(c, "-----");
    expect(c, verb);
    expect(c, label);
    expect(c, "-----");
}

bool pem_is(struct bytes from)
{
    struct cur c = cur_init(from);
    skip_line_ends(&c);
    expect(&c, "-----BEGIN ");
    return cur_ok(&c);
}

/* -1: no character of base64 [RFC 4648 4]. */
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

/* Four characters to three bytes, fewer before padding. False at the end of the data. */
static bool take_quantum(struct cur *c, struct put *out)
{
    uint32_t value = 0;
    size_t count = 0;
    skip_line_ends(c);
    const size_t most = cur_left(c) < 4 ? cur_left(c) : 4;
    for (; count < most && sextet(c->pos[count]) >= 0; count++)
        value = value << 6 | (uint32_t)sextet(c->pos[count]);
    cur_take(c, count);
    if (count == 0)
        return false;
    for (size_t i = count; i < 4; i++) {
        expect(c, "=");
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

int pem_take(struct cur *c, const char *label, struct put *out)
{
    skip_line_ends(c);
    if (cur_left(c) == 1 && peek(c) == 0)
        cur_u8(c);
    if (cur_done(c))
        return 0;
    take_boundary(c, "BEGIN ", label);
    while (cur_ok(c) && take_quantum(c, out))
        ;
    skip_line_ends(c);
    take_boundary(c, "END ", label);
    return cur_ok(c) && !out->bad ? 1 : -EBADMSG;
}

/* ---- writing ---- */

#define LINE_SIZE 48u /* bytes in a line */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_boundary(struct put *p, const char *verb, const char *label)
{
    put_bytes(p, bytes_of_text("-----"));
    put_bytes(p, bytes_of_text(verb));
    put_bytes(p, bytes_of_text(label));
    put_bytes(p, bytes_of_text("-----\n"));
}

static void put_quantum(struct put *p, struct bytes from)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 3; i++)
        value = value << 8 | (i < from.size ? from.data[i] : 0u);
    for (size_t i = 0; i < 4; i++)
        put_u8(p, i <= from.size ? (uint8_t)alphabet[value >> (18 - 6 * i) & 63] : '=');
}

void pem_put(struct put *p, const char *label, struct bytes der)
{
    put_boundary(p, "BEGIN ", label);
    for (size_t i = 0; i < der.size; i += 3) {
        const size_t left = der.size - i;
        put_quantum(p, (struct bytes){.data = der.data + i, .size = left < 3 ? left : 3});
        if ((i + 3) % LINE_SIZE == 0 || left <= 3)
            put_u8(p, '\n');
    }
    put_boundary(p, "END ", label);
}
