/* SPDX-License-Identifier: Apache-2.0 */
/* PEM blocks to DER; see pem.h. Trusts nothing. */
#include "crypto/pem.h"

#include "base/base64.h"

#include <errno.h>

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

int pem_take(struct cur *c, const char *label, struct put *out)
{
    skip_line_ends(c);
    if (cur_left(c) == 1 && peek(c) == 0)
        cur_u8(c);
    if (cur_done(c))
        return 0;
    take_boundary(c, "BEGIN ", label);
    do
        skip_line_ends(c);
    while (cur_ok(c) && base64_take_some(c, out));
    skip_line_ends(c);
    take_boundary(c, "END ", label);
    return cur_ok(c) && !out->bad ? 1 : -EBADMSG;
}

/* ---- writing ---- */

#define LINE_SIZE 48u /* bytes in a line */

static void put_boundary(struct put *p, const char *verb, const char *label)
{
    put_bytes(p, bytes_of_text("-----"));
    put_bytes(p, bytes_of_text(verb));
    put_bytes(p, bytes_of_text(label));
    put_bytes(p, bytes_of_text("-----\n"));
}

void pem_put(struct put *p, const char *label, struct bytes der)
{
    put_boundary(p, "BEGIN ", label);
    for (size_t i = 0; i < der.size; i += LINE_SIZE) {
        const size_t left = der.size - i;
        base64_put(p, (struct bytes){der.data + i, left < LINE_SIZE ? left : LINE_SIZE});
        put_u8(p, '\n');
    }
    put_boundary(p, "END ", label);
}
