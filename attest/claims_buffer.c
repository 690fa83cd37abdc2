/* SPDX-License-Identifier: Apache-2.0 */
/* Reads claims buffers; see claims_buffer.h. Trusts nothing. */
#include "attest/claims_buffer.h"

#include "base/cbor.h"
#include "crypto/digest.h"

#include <errno.h>

enum key { KEY_HASH, KEY_NONCE, KEY_PROFILE, KEY_PURPOSE, KEY_WORKLOAD, KEY_EXPORTER, KEY_COUNT };

static const char *const keys[KEY_COUNT] = {
    [KEY_HASH] = "pubkey-hash", [KEY_NONCE] = "nonce",       [KEY_PROFILE] = "eat-profile",
    [KEY_PURPOSE] = "purpose",  [KEY_WORKLOAD] = "workload", [KEY_EXPORTER] = "tls-exporter",
};

static enum key take_key(struct cur *c)
{
    const struct bytes name = cbor_take_text(c);
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (bytes_equal(name, bytes_of_text(keys[i])))
            return (enum key)i;
    }
    return KEY_COUNT;
}

/* A byte string that holds [algorithm, hash]. */
static void take_key_hash(struct cur *c, struct claims_buffer *out)
{
    struct cur inner = cur_init(cbor_take_bytes(c));
    if (cbor_take_array(&inner, 2) != 2)
        cur_fail(c);
    out->key_hash_algorithm = cbor_take_uint(&inner, UINT32_MAX);
    out->key_hash = cbor_take_bytes(&inner);
    if (!cur_done(&inner))
        cur_fail(c);
}

static struct bytes take_digest(struct cur *c)
{
    const struct bytes digest = cbor_take_bytes(c);
    if (digest.size != SHA256_SIZE)
        cur_fail(c);
    return digest;
}

static void take_value(struct cur *c, enum key key, struct claims_buffer *out)
{
    switch (key) {
    case KEY_HASH:
        take_key_hash(c, out);
        break;
    case KEY_NONCE:
        out->nonce = cbor_take_bytes(c);
        break;
    case KEY_PROFILE:
        out->profile = cbor_take_text(c);
        break;
    case KEY_PURPOSE:
        out->purpose = cbor_take_text(c);
        break;
    case KEY_WORKLOAD:
        out->workload = take_digest(c);
        break;
    case KEY_EXPORTER:
        out->tls_exporter = take_digest(c);
        break;
    case KEY_COUNT:
        cur_fail(c);
        break;
    }
}

int claims_buffer_parse(struct bytes from, struct claims_buffer *out)
{
    struct claims_buffer claims = {0};
    struct cur c = cur_init(from);
    const size_t count = cbor_take_map(&c, KEY_COUNT);
    unsigned seen = 0;
    for (size_t i = 0; i < count && cur_ok(&c); i++) {
        const enum key key = take_key(&c);
        if ((seen & 1u << key) != 0)
            cur_fail(&c);
        seen |= 1u << key;
        take_value(&c, key, &claims);
    }
    const bool hashed = (seen & 1u << KEY_HASH) != 0;
    const bool purposeless = (seen & 1u << KEY_PROFILE) != 0 && (seen & 1u << KEY_PURPOSE) == 0;
    if (!cur_done(&c) || !hashed || purposeless)
        return -EBADMSG;
    *out = claims;
    return 0;
}

int claims_buffer_check_key(const struct claims_buffer *claims, struct bytes public_key)
{
    uint8_t hash[SHA512_SIZE];
    struct bytes wanted = {.data = hash};
    int result = -EBADMSG;
    switch (claims->key_hash_algorithm) {
    case HASH_SHA256:
        wanted.size = SHA256_SIZE;
        result = sha256(public_key, hash);
        break;
    case HASH_SHA384:
        wanted.size = SHA384_SIZE;
        result = sha384(public_key, hash);
        break;
    case HASH_SHA512:
        wanted.size = SHA512_SIZE;
        result = sha512(public_key, hash);
        break;
    default:
        break;
    }
    if (result < 0)
        return result;
    return bytes_equal(claims->key_hash, wanted) ? 0 : -EBADMSG;
}
