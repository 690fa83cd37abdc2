/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys; see key.h. Trusts OpenSSL. */
#include "crypto/key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#define POINT_ENCODED (1u + KEY_POINT_SIZE)
#define DER_MAX       80u /* of a signature: two integers of at most 33 bytes */
#define PRIVATE_MAX   160u

int key_generate(EVP_PKEY **key)
{
    /* A keep has no files, and a host's settings are not for it to obey. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    *key = EVP_EC_gen(SN_X9_62_prime256v1);
    ERR_clear_error();
    return *key == NULL ? -ENOMEM : 0;
}

int key_point(const EVP_PKEY *key, uint8_t point[static KEY_POINT_SIZE])
{
    uint8_t encoded[POINT_ENCODED];
    size_t size = 0;
    char group[32] = "";
    const bool ok = EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
                    strcmp(group, SN_X9_62_prime256v1) == 0 &&
                    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, encoded,
                                                    sizeof(encoded), &size) == 1 &&
                    size == sizeof(encoded) && encoded[0] == POINT_CONVERSION_UNCOMPRESSED;
    ERR_clear_error();
    if (!ok)
        return -EBADMSG;
    memcpy(point, encoded + 1, KEY_POINT_SIZE);
    return 0;
}

int key_public(const EVP_PKEY *key, uint8_t der[static KEY_PUBLIC_SIZE])
{
    static const uint8_t head[] = {
        0x30, 0x59, 0x30, 0x13, /* SEQUENCE, SEQUENCE */
        0x06, 0x07, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x02,
        0x01, /* id-ecPublicKey */
        0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03,
        0x01, 0x07,                                      /* secp256r1 */
        0x03, 0x42, 0x00, POINT_CONVERSION_UNCOMPRESSED, /* BIT STRING */
    };
    _Static_assert(sizeof(head) + KEY_POINT_SIZE == KEY_PUBLIC_SIZE, "SubjectPublicKeyInfo");
    memcpy(der, head, sizeof(head));
    return key_point(key, der + sizeof(head));
}

int key_public_check(struct bytes der)
{
    uint8_t written[KEY_PUBLIC_SIZE];
    const uint8_t *at = der.data;
    if (der.size != sizeof(written))
        return -EBADMSG;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.size);
    const bool ok = key != NULL && key_public(key, written) == 0 &&
                    memcmp(written, der.data, sizeof(written)) == 0;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}

static bool take_pair(const uint8_t *der, size_t size, uint8_t *out)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
    const int half = (int)(KEY_SIGNATURE_SIZE / 2);
    const bool ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half;
    ECDSA_SIG_free(pair);
    return ok;
}

int key_sign(EVP_PKEY *key, struct bytes message, uint8_t signature[static KEY_SIGNATURE_SIZE])
{
    uint8_t der[DER_MAX];
    size_t size = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool ok = ctx != NULL &&
                    EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                    EVP_DigestSign(ctx, der, &size, message.data, message.size) == 1 &&
                    take_pair(der, size, signature);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -ENOMEM;
}

int key_put(const EVP_PKEY *key, struct put *out)
{
    uint8_t *der = NULL;
    const int size = i2d_PrivateKey(key, &der);
    ERR_clear_error();
    if (size <= 0)
        return -ENOMEM;
    put_bytes(out, (struct bytes){.data = der, .size = (size_t)size});
    OPENSSL_clear_free(der, (size_t)size);
    return 0;
}

/* A private half that belongs to another public one parses. */
static bool is_pair(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    const bool ok = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

int key_parse(struct bytes der, EVP_PKEY **key)
{
    uint8_t point[KEY_POINT_SIZE];
    const uint8_t *pos = der.data;
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    *key = der.size > PRIVATE_MAX ? NULL : d2i_PrivateKey(EVP_PKEY_EC, NULL, &pos, (long)der.size);
    const bool whole =
        *key != NULL && pos == der.data + der.size && key_point(*key, point) == 0 && is_pair(*key);
    ERR_clear_error();
    if (whole)
        return 0;
    EVP_PKEY_free(*key);
    *key = NULL;
    return -EBADMSG;
}
