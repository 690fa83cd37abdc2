/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA for raw keys and signatures; see ecdsa.h. Trusts OpenSSL. */
#include "crypto/ecdsa.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#define COORDINATE_MAX 48u
#define DER_MAX        (2u * (COORDINATE_MAX + 3u) + 3u)

static const struct curve {
    size_t size; /* bytes of a coordinate */
    const char *group;
    const char *digest;
} curves[] = {
    {32, SN_X9_62_prime256v1, "SHA256"},
    {48, SN_secp384r1, "SHA384"},
};

int ecdsa_key(struct bytes point, EVP_PKEY **key)
{
    const struct curve *curve = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        if (point.size == 2 * curves[i].size)
            curve = &curves[i];
    }
    *key = NULL;
    if (curve == NULL)
        return -EBADMSG;
    uint8_t encoded[1 + 2 * COORDINATE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(encoded + 1, point.data, point.size);
    char group[16] = {0};
    strncpy(group, curve->group, sizeof(group) - 1);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, 1 + point.size),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx == NULL)
        return -ENOMEM;
    const bool ok = EVP_PKEY_fromdata_init(ctx) == 1 &&
                    EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}

/* r || s to the DER that OpenSSL takes; 0 when memory is short. */
static int encode(struct bytes raw, uint8_t *der)
{
    const int half = (int)(raw.size / 2);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
    BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);
    int size = 0;
    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        size = i2d_ECDSA_SIG(sig, &der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return size < 0 ? 0 : size;
}

static const struct curve *curve_of(const EVP_PKEY *key)
{
    char name[32] = "";
    if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
        return NULL;
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        if (strcmp(name, curves[i].group) == 0)
            return &curves[i];
    }
    return NULL;
}

int ecdsa_verify(EVP_PKEY *key, struct bytes message, struct bytes signature)
{
    const struct curve *curve = curve_of(key);
    if (curve == NULL || signature.size != 2 * curve->size)
        return -EBADMSG;
    uint8_t der[DER_MAX];
    const int size = encode(signature, der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (size == 0 || ctx == NULL) {
        EVP_MD_CTX_free(ctx);
        return -ENOMEM;
    }
    const bool ok = EVP_DigestVerifyInit_ex(ctx, NULL, curve->digest, NULL, NULL, key, NULL) == 1 &&
                    EVP_DigestVerify(ctx, der, (size_t)size, message.data, message.size) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}
