/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts, verifies and reads signed JSON; see signed_json.h. What is parsed is the
 * slice that was cut, and nothing else. Trusts jansson and OpenSSL. */
#include "attest/signed_json.h"

#include <errno.h>
#include <string.h>

#include "base/hex.h"
#include "base/rfc3339.h"
#include "crypto/ecdsa.h"

/* ---- the slice ---- */

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void skip_space(struct cur *c)
{
    while (cur_left(c) > 0 && is_space(*c->pos))
        cur_u8(c);
}

static void take_token(struct cur *c, const char *token)
{
    struct bytes expected = bytes_of_text(token);

    skip_space(c);
    if (!bytes_equal(cur_take(c, expected.size), expected))
        cur_fail(c);
}

/* A member's name in quotes, without escapes, and the colon behind it. */
static void take_name(struct cur *c, const char *name)
{
    take_token(c, "\"");
    if (!bytes_equal(cur_take(c, strlen(name)), bytes_of_text(name)))
        cur_fail(c);
    if (cur_u8(c) != '"')
        cur_fail(c);
    take_token(c, ":");
}

/* The rest of a string, behind its opening quote. */
static void skip_string(struct cur *c)
{
    while (cur_ok(c)) {
        uint8_t next = cur_u8(c);

        if (next == '"')
            return;
        if (next == '\\')
            cur_u8(c);
    }
}

/* An object up to the brace that closes it. Whether it is JSON is jansson's question. */
static struct bytes take_object(struct cur *c)
{
    size_t depth = 0;

    skip_space(c);
    const uint8_t *start = c->pos;

    do {
        uint8_t next = cur_u8(c);

        if (next == '{')
            depth++;
        else if (next == '}')
            depth--;
        else if (next == '"')
            skip_string(c);
    } while (cur_ok(c) && depth > 0);
    return (struct bytes){start, (size_t)(c->pos - start)};
}

/* Lower-case digits only, as Intel writes them: no bit of the signature is free. */
static void take_signature(struct cur *c, uint8_t out[static 64])
{
    char text[128 + 1] = "";

    take_token(c, "\"");
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        uint8_t digit = cur_u8(c);

        if (digit >= 'A' && digit <= 'F')
            cur_fail(c);
        text[i] = (char)digit;
    }
    if (cur_u8(c) != '"' || hex_parse(text, out, 64) < 0)
        cur_fail(c);
}

int signed_json_cut(struct bytes text, const char *name, struct signed_json *cut)
{
    struct cur c = cur_init(text);

    take_token(&c, "{");
    take_name(&c, name);
    cut->object = take_object(&c);
    take_token(&c, ",");
    take_name(&c, "signature");
    take_signature(&c, cut->signature);
    take_token(&c, "}");
    skip_space(&c);
    return cur_done(&c) && cut->object.data[0] == '{' ? 0 : -EBADMSG;
}

/* ---- the signature ---- */

bool signed_json_may_sign(const struct x509_cert *cert)
{
    char subject[64];

    x509_subject(cert, subject, sizeof(subject));
    return !cert->ca && strcmp(subject, TCB_SIGNER_SUBJECT) == 0;
}

int signed_json_verify(const struct signed_json *cut, const struct x509_set *set,
                       const struct x509_cert **signer, bool *valid)
{
    struct bytes signature = {cut->signature, sizeof(cut->signature)};

    *signer = NULL;
    *valid = false;
    for (size_t i = 0; i < set->cert_count && !*valid; i++) {
        if (!signed_json_may_sign(set->certs[i]))
            continue;
        int rc = ecdsa_verify(set->certs[i]->ec, cut->object, signature);

        if (rc == -ENOMEM)
            return rc;
        *valid = rc == 0;
        if (*valid || !*signer)
            *signer = set->certs[i];
    }
    return 0;
}

json_t *signed_json_parse(const struct signed_json *cut)
{
    return json_loadb((const char *)cut->object.data, cut->object.size, JSON_REJECT_DUPLICATES,
                      NULL);
}

/* ---- members ---- */

static json_t *read_member(struct reader *r, const json_t *from, const char *name, json_type type)
{
    json_t *member = json_object_get(from, name);

    if (member && json_typeof(member) == type)
        return member;
    r->bad = true;
    return NULL;
}

json_t *read_object(struct reader *r, const json_t *from, const char *name)
{
    return read_member(r, from, name, JSON_OBJECT);
}

json_t *read_array(struct reader *r, const json_t *from, const char *name, size_t least,
                   size_t most, size_t *count)
{
    json_t *array = read_member(r, from, name, JSON_ARRAY);

    *count = json_array_size(array);
    if (*count >= least && *count <= most)
        return array;
    r->bad = true;
    *count = 0;
    return NULL;
}

uint32_t read_uint(struct reader *r, const json_t *from, const char *name, uint32_t max)
{
    json_int_t value = json_integer_value(read_member(r, from, name, JSON_INTEGER));

    if (value >= 0 && value <= max)
        return (uint32_t)value;
    r->bad = true;
    return 0;
}

struct bytes read_text(struct reader *r, const json_t *from, const char *name)
{
    const json_t *text = read_member(r, from, name, JSON_STRING);

    return (struct bytes){(const uint8_t *)json_string_value(text), json_string_length(text)};
}

void read_hex(struct reader *r, const json_t *from, const char *name, uint8_t *out, size_t size)
{
    const char *text = json_string_value(read_member(r, from, name, JSON_STRING));

    if (!text || hex_parse(text, out, size) < 0)
        r->bad = true;
}

/* Only what Intel writes: "2026-03-16T22:06:09Z". */
int64_t read_time(struct reader *r, const json_t *from, const char *name)
{
    struct bytes text = read_text(r, from, name);
    int64_t seconds = 0;

    if (text.size != strlen("2026-03-16T22:06:09Z") || text.data[text.size - 1] != 'Z' ||
        rfc3339_parse(text, &seconds) < 0)
        r->bad = true;
    return seconds;
}
