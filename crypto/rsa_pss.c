/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS; see rsa_pss.h. Trusts OpenSSL. */
#include "crypto/rsa_pss.h"

#include "base/der.h"
#include "crypto/digest.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define MODULUS_BITS 4096

static int key_of(struct bytes n, struct bytes e, EVP_PKEY **key)
{
    BIGNUM *modulus = BN_bin2bn(n.data, (int)n.size, NULL);
    BIGNUM *exponent = BN_bin2bn(e.data, (int)e.size, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (build != NULL && modulus != NULL && exponent != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    const bool ready = ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1;
    const bool made = ready && EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(exponent);
    BN_free(modulus);
    return made ? 0 : ready ? -EBADMSG : -ENOMEM;
}

/* Odd and at least 3 [RFC 8017 3.1]: with 1 every message is its own signature. */
static bool exponent_serves(struct bytes e)
{
    return e.data[0] < 0x80 && e.size <= sizeof(uint64_t) && (e.data[e.size - 1] & 1) != 0 &&
           (e.size > 1 || e.data[0] >= 3);
}

int rsa_pss_key(struct bytes der, EVP_PKEY **key)
{
    struct cur c = cur_init(der);
    struct cur pair = cur_init(der_take(&c, DER_SEQUENCE));
    const struct bytes n = der_take_integer(&pair);
    const struct bytes e = der_take_integer(&pair);
    *key = NULL;
    if (!cur_done(&c) || !cur_done(&pair) || n.size != MODULUS_BITS / 8 + 1 || n.data[0] != 0 ||
        !exponent_serves(e))
        return -EBADMSG;
    const int result = key_of(n, e, key);
    ERR_clear_error();
    return result;
}

void rsa_pss_key_free(EVP_PKEY *key) { EVP_PKEY_free(key); }

static bool set_padding(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SHA384_SIZE) == 1;
}

int rsa_pss_verify(EVP_PKEY *key, struct bytes message, struct bytes signature)
{
    uint8_t digest[SHA384_SIZE];
    if (key == NULL)
        return -EBADMSG;
    if (sha384(message, digest) < 0)
        return -ENOMEM;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    if (ctx == NULL)
        return -ENOMEM;
    const bool ok = set_padding(ctx) && EVP_PKEY_verify(ctx, signature.data, signature.size, digest,
                                                        sizeof(digest)) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}
