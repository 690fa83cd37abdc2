/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTRUCT; see sigstruct.h. */
#include "sim/sgx/sigstruct.h"

#include "crypto/digest.h"

#include <openssl/bn.h>
#include <stdbool.h>
#include <string.h>

#define INTEL    0x8086u
#define RSA_SIZE 384u

/* The signature covers two parts [SDM 35.14]. */
#define PART      128u
#define SECOND_AT offsetof(struct sgx_sigstruct, miscselect)

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

/* ISVFAMILYID, in reserved2, and ISVEXTPRODID need KSS. */
static bool is_well_formed(const struct sgx_sigstruct *s)
{
    static const uint8_t header[16] = SGX_SIGSTRUCT_HEADER;
    static const uint8_t header2[16] = SGX_SIGSTRUCT_HEADER2;
    return memcmp(s->header, header, sizeof(header)) == 0 &&
           memcmp(s->header2, header2, sizeof(header2)) == 0 &&
           (s->vendor == 0 || s->vendor == INTEL) && s->exponent == 3 &&
           is_zero(s->reserved1, sizeof(s->reserved1)) &&
           is_zero(s->reserved2, sizeof(s->reserved2)) &&
           is_zero(s->reserved3, sizeof(s->reserved3)) &&
           is_zero(s->reserved4, sizeof(s->reserved4)) &&
           is_zero(s->isv_ext_prod_id, sizeof(s->isv_ext_prod_id));
}

/* EMSA-PKCS1-v1_5 of SHA-256 [RFC 8017 9.2]. */
static int encode(const struct sgx_sigstruct *sig, uint8_t out[static RSA_SIZE])
{
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    const struct bytes parts[] = {
        {.data = (const uint8_t *)sig, .size = PART},
        {.data = (const uint8_t *)sig + SECOND_AT, .size = PART},
    };
    const size_t tail = sizeof(info) + SHA256_SIZE;
    memset(out, 0xff, RSA_SIZE);
    out[0] = 0;
    out[1] = 1;
    out[RSA_SIZE - tail - 1] = 0;
    memcpy(out + RSA_SIZE - tail, info, sizeof(info));
    return sha256_parts(parts, ARRAY_COUNT(parts), out + RSA_SIZE - SHA256_SIZE);
}

static bool equals_le(const BIGNUM *number, const uint8_t expected[static RSA_SIZE])
{
    uint8_t found[RSA_SIZE];
    return BN_bn2lebinpad(number, found, RSA_SIZE) == (int)RSA_SIZE &&
           memcmp(found, expected, RSA_SIZE) == 0;
}

/* Q1 = S^2 / M, Q2 = (S^2 mod M) S / M, and what is left is S^3 mod M. */
static bool cube(const struct sgx_sigstruct *sig, BN_CTX *ctx, uint8_t out[static RSA_SIZE])
{
    BIGNUM *s = BN_CTX_get(ctx);
    BIGNUM *m = BN_CTX_get(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    BIGNUM *quotient = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    return rest != NULL && BN_lebin2bn(sig->signature, RSA_SIZE, s) != NULL &&
           BN_lebin2bn(sig->modulus, RSA_SIZE, m) != NULL && BN_cmp(s, m) < 0 &&
           BN_sqr(product, s, ctx) == 1 && BN_div(quotient, rest, product, m, ctx) == 1 &&
           equals_le(quotient, sig->q1) && BN_mul(product, rest, s, ctx) == 1 &&
           BN_div(quotient, rest, product, m, ctx) == 1 && equals_le(quotient, sig->q2) &&
           BN_bn2binpad(rest, out, RSA_SIZE) == (int)RSA_SIZE;
}

static bool is_signed(const struct sgx_sigstruct *sig)
{
    uint8_t found[RSA_SIZE];
    uint8_t expected[RSA_SIZE];
    BN_CTX *ctx = BN_CTX_new();
    if (ctx == NULL)
        return false;
    BN_CTX_start(ctx);
    bool ok = cube(sig, ctx, found) && encode(sig, expected) == 0 &&
              memcmp(found, expected, RSA_SIZE) == 0;
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return ok;
}

static bool agrees(uint64_t enclave, uint64_t wanted, uint64_t mask)
{
    return (enclave & mask) == (wanted & mask);
}

int sigstruct_check(const struct sgx_sigstruct *sig, const struct sgx_secs *secs,
                    const uint8_t mrenclave[static 32], uint8_t mrsigner[static 32])
{
    if (!is_well_formed(sig))
        return SGX_INVALID_SIG_STRUCT;
    if (!is_signed(sig))
        return SGX_INVALID_SIGNATURE;
    if (memcmp(sig->enclave_hash, mrenclave, 32) != 0)
        return SGX_INVALID_MEASUREMENT;
    if (!agrees(secs->attributes.flags, sig->attributes.flags, sig->attribute_mask.flags) ||
        !agrees(secs->attributes.xfrm, sig->attributes.xfrm, sig->attribute_mask.xfrm) ||
        !agrees(secs->miscselect, sig->miscselect, sig->miscmask))
        return SGX_INVALID_ATTRIBUTE;
    if (sha256((struct bytes){.data = sig->modulus, .size = RSA_SIZE}, mrsigner) < 0)
        return SGX_INVALID_SIGNATURE;
    return SGX_SUCCESS;
}
