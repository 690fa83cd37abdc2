/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA through OpenSSL's EVP. Trusts OpenSSL, nothing else. */
#include "crypto/ecdsa.h"

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>

static const struct curve_facts {
    const char *name;
    size_t size;
    const EVP_MD *(*digest)(void);
} CURVES[] = {
    [CURVE_P256] = {"prime256v1", P256_SIZE, EVP_sha256},
    [CURVE_P384] = {"secp384r1", P384_SIZE, EVP_sha384},
};

/* The longest DER of two numbers: SEQUENCE, INTEGER, INTEGER, all lengths in one byte. */
#define SIGNATURE_DER_MAX (2 + 2 * (2 + 1 + P384_SIZE))

int ecdsa_key_new(enum curve curve, struct bytes x_y, EVP_PKEY **key)
{
    const struct curve_facts *facts = &CURVES[curve];
    uint8_t point[1 + 2 * P384_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};

    *key = NULL;
    if (x_y.size != 2 * facts->size)
        return -EBADMSG;
    memcpy(point + 1, x_y.data, x_y.size);

    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)facts->name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x_y.size),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0) {
        EVP_PKEY_CTX_free(ctx);
        return -ENOMEM;
    }

    /* Decoding an uncompressed point checks that it satisfies the curve's equation. */
    int rc = EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) > 0 ? 0 : -EBADMSG;

    EVP_PKEY_CTX_free(ctx);
    return rc;
}

bool ecdsa_key_is(enum curve curve, const EVP_PKEY *key)
{
    char name[32];

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
                                          NULL) &&
           strcmp(name, CURVES[curve].name) == 0;
}

/* Writes one DER INTEGER: no leading zeros, one zero byte before a set top bit. */
static uint8_t *put_integer(uint8_t *to, const uint8_t *number, size_t size)
{
    while (size > 1 && *number == 0) {
        number++;
        size--;
    }
    size_t pad = *number >> 7;

    *to++ = 0x02;
    *to++ = (uint8_t)(size + pad);
    *to = 0;
    memcpy(to + pad, number, size);
    return to + pad + size;
}

static size_t put_signature(const uint8_t *r_s, size_t size, uint8_t der[SIGNATURE_DER_MAX])
{
    uint8_t *end = put_integer(put_integer(der + 2, r_s, size), r_s + size, size);

    der[0] = 0x30;
    der[1] = (uint8_t)(end - der - 2);
    return (size_t)(end - der);
}

static int verify(const struct curve_facts *facts, EVP_MD_CTX *ctx, EVP_PKEY *key,
                  const struct bytes *parts, size_t count, struct bytes der)
{
    if (EVP_DigestVerifyInit(ctx, NULL, facts->digest(), NULL, key) <= 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (EVP_DigestVerifyUpdate(ctx, parts[i].data, parts[i].size) <= 0)
            return -ENOMEM;
    return EVP_DigestVerifyFinal(ctx, der.data, der.size) == 1 ? 0 : -EBADMSG;
}

int ecdsa_verify(enum curve curve, EVP_PKEY *key, const struct bytes *parts, size_t count,
                 struct bytes r_s)
{
    const struct curve_facts *facts = &CURVES[curve];
    uint8_t der[SIGNATURE_DER_MAX];

    if (r_s.size != 2 * facts->size || !ecdsa_key_is(curve, key))
        return -EBADMSG;

    struct bytes signature = {der, put_signature(r_s.data, facts->size, der)};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!ctx)
        return -ENOMEM;
    int rc = verify(facts, ctx, key, parts, count, signature);

    EVP_MD_CTX_free(ctx);
    return rc;
}
