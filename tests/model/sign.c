/* SPDX-License-Identifier: Apache-2.0 */
/* See sign.h. Independent of the model: OpenSSL signs, BIGNUMs make Q1 and Q2. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "tests/model/sign.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static RSA *key(void)
{
    static RSA *made;
    if (made != NULL)
        return made;
    BIGNUM *three = BN_new();
    made = RSA_new();
    if (three == NULL || BN_set_word(three, 3) != 1 ||
        RSA_generate_key_ex(made, 3072, three, NULL) != 1)
        abort();
    BN_free(three);
    return made;
}

void sigstruct_make(const struct sgx_secs *secs, const uint8_t mrenclave[static 32],
                    struct sgx_sigstruct *sig)
{
    static const uint8_t header[16] = SGX_SIGSTRUCT_HEADER;
    static const uint8_t header2[16] = SGX_SIGSTRUCT_HEADER2;
    *sig = (struct sgx_sigstruct){
        .date = 0x20240101,
        .exponent = 3,
        .miscselect = secs->miscselect,
        .miscmask = ~0u,
        .attributes = secs->attributes,
        .attribute_mask = {~0ull, ~0ull},
        .isv_prod_id = 7,
        .isv_svn = 2,
    };
    memcpy(sig->header, header, 16);
    memcpy(sig->header2, header2, 16);
    memcpy(sig->enclave_hash, mrenclave, 32);
}

static void quotients(struct sgx_sigstruct *sig, const BIGNUM *n)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *s = BN_lebin2bn(sig->signature, 384, NULL);
    BIGNUM *product = BN_new();
    BIGNUM *q = BN_new();
    BIGNUM *rest = BN_new();
    BN_sqr(product, s, ctx);
    BN_div(q, rest, product, n, ctx);
    BN_bn2lebinpad(q, sig->q1, 384);
    BN_mul(product, rest, s, ctx);
    BN_div(q, NULL, product, n, ctx);
    BN_bn2lebinpad(q, sig->q2, 384);
    BN_free(s);
    BN_free(product);
    BN_free(q);
    BN_free(rest);
    BN_CTX_free(ctx);
}

void sigstruct_sign(struct sgx_sigstruct *sig)
{
    uint8_t message[256];
    uint8_t digest[32];
    uint8_t signature[384];
    unsigned size;
    const BIGNUM *n = RSA_get0_n(key());
    BN_bn2lebinpad(n, sig->modulus, 384);
    memcpy(message, sig, 128);
    memcpy(message + 128, (const uint8_t *)sig + 900, 128);
    SHA256(message, sizeof(message), digest);
    if (RSA_sign(NID_sha256, digest, sizeof(digest), signature, &size, key()) != 1)
        abort();
    for (size_t i = 0; i < 384; i++)
        sig->signature[i] = signature[383 - i];
    quotients(sig, n);
}
