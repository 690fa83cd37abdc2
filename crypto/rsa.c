/* SPDX-License-Identifier: Apache-2.0 */
/* RSA for enclaves; see rsa.h. Trusts OpenSSL. */
#include "crypto/rsa.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define BITS     3072
#define EXPONENT 3u

static void reverse(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        const uint8_t swapped = data[i];
        data[i] = data[size - 1 - i];
        data[size - 1 - i] = swapped;
    }
}

/* ---- keys ---- */

int rsa_new(EVP_PKEY **key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *exponent = BN_new();
    *key = NULL;
    const bool ok =
        ctx != NULL && exponent != NULL && BN_set_word(exponent, EXPONENT) == 1 &&
        EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, BITS) == 1 &&
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent) == 1 && EVP_PKEY_generate(ctx, key) == 1;
    BN_free(exponent);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -ENOMEM;
}

static bool is_ours(EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    const bool ok = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) == BITS &&
                    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
                    BN_is_word(e, EXPONENT);
    BN_free(e);
    return ok;
}

int rsa_parse(struct bytes pem, EVP_PKEY **key)
{
    *key = NULL;
    if (pem.size > RSA_PEM_MAX)
        return -EBADMSG;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (bio != NULL) /* with an empty passphrase: nobody is asked for one */
        *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    BIO_free(bio);
    ERR_clear_error();
    if (*key == NULL)
        return -EBADMSG;
    if (is_ours(*key))
        return 0;
    EVP_PKEY_free(*key);
    *key = NULL;
    return -EKEYREJECTED;
}

int rsa_put(EVP_PKEY *key, struct put *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data = NULL;
    bool ok = bio != NULL &&
              PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (ok) {
        const long size = BIO_get_mem_data(bio, &data);
        put_bytes(out, (struct bytes){(const uint8_t *)data, (size_t)size});
    }
    BIO_free(bio);
    ERR_clear_error();
    return ok && !out->bad ? 0 : -ENOMEM;
}

int rsa_modulus(EVP_PKEY *key, uint8_t modulus[static RSA_SIZE])
{
    BIGNUM *n = NULL;
    const bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                    BN_bn2lebinpad(n, modulus, RSA_SIZE) == (int)RSA_SIZE;
    BN_free(n);
    return ok ? 0 : -ENOMEM;
}

static int public_key(const uint8_t modulus[static RSA_SIZE], EVP_PKEY **key)
{
    uint8_t n[RSA_SIZE]; /* in the machine's order, which is little-endian */
    unsigned e = EXPONENT;
    memcpy(n, modulus, sizeof(n));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, sizeof(n)),
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    *key = NULL;
    if (ctx == NULL)
        return -ENOMEM;
    const bool ok = EVP_PKEY_fromdata_init(ctx) == 1 &&
                    EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}

/* ---- signatures ---- */

int rsa_sign(EVP_PKEY *key, struct bytes first, struct bytes second,
             uint8_t signature[static RSA_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t size = RSA_SIZE;
    const bool ok = ctx != NULL &&
                    EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                    EVP_DigestSignUpdate(ctx, first.data, first.size) == 1 &&
                    EVP_DigestSignUpdate(ctx, second.data, second.size) == 1 &&
                    EVP_DigestSignFinal(ctx, signature, &size) == 1 && size == RSA_SIZE;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    reverse(signature, RSA_SIZE);
    return ok ? 0 : -ENOMEM;
}

int rsa_verify(const uint8_t modulus[static RSA_SIZE], struct bytes first, struct bytes second,
               const uint8_t signature[static RSA_SIZE])
{
    uint8_t big_endian[RSA_SIZE];
    EVP_PKEY *key;
    int error = public_key(modulus, &key);
    if (error < 0)
        return error;
    memcpy(big_endian, signature, RSA_SIZE);
    reverse(big_endian, RSA_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool ok = ctx != NULL &&
                    EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                    EVP_DigestVerifyUpdate(ctx, first.data, first.size) == 1 &&
                    EVP_DigestVerifyUpdate(ctx, second.data, second.size) == 1 &&
                    EVP_DigestVerifyFinal(ctx, big_endian, RSA_SIZE) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? 0 : -EBADMSG;
}

/* Numbers of one calculation; they live in `ctx`. */
struct quotients {
    BN_CTX *ctx;
    BIGNUM *n, *s, *r, *q1, *q2;
};

static int divide(struct quotients *q)
{
    if (BN_is_zero(q->n) || BN_cmp(q->s, q->n) >= 0)
        return -EBADMSG;
    const bool ok = BN_sqr(q->q2, q->s, q->ctx) == 1 &&              /* s^2 */
                    BN_div(q->q1, q->r, q->q2, q->n, q->ctx) == 1 && /* q1, s^2 mod n */
                    BN_mul(q->r, q->s, q->r, q->ctx) == 1 &&
                    BN_div(q->q2, NULL, q->r, q->n, q->ctx) == 1;
    return ok ? 0 : -ENOMEM;
}

int rsa_quotients(const uint8_t modulus[static RSA_SIZE], const uint8_t signature[static RSA_SIZE],
                  uint8_t q1[static RSA_SIZE], uint8_t q2[static RSA_SIZE])
{
    struct quotients q = {.ctx = BN_CTX_new()};
    if (q.ctx == NULL)
        return -ENOMEM;
    BN_CTX_start(q.ctx);
    BIGNUM **const all[] = {&q.n, &q.s, &q.r, &q.q1, &q.q2};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++)
        *all[i] = BN_CTX_get(q.ctx);
    int error = q.q2 == NULL || BN_lebin2bn(modulus, RSA_SIZE, q.n) == NULL ||
                        BN_lebin2bn(signature, RSA_SIZE, q.s) == NULL
                    ? -ENOMEM
                    : divide(&q);
    if (error == 0 &&
        (BN_bn2lebinpad(q.q1, q1, RSA_SIZE) < 0 || BN_bn2lebinpad(q.q2, q2, RSA_SIZE) < 0))
        error = -ENOMEM;
    BN_CTX_end(q.ctx);
    BN_CTX_free(q.ctx);
    ERR_clear_error();
    return error;
}
