/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS: what OpenSSL signs as AMD does holds, and nothing that differs from it. */
/* links: crypto/rsa_pss.c crypto/digest.c base/cur.c base/der.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/rsa_pss.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SIGNATURE_SIZE 512u

static EVP_PKEY *secret;

static size_t put_key(EVP_PKEY *key, uint8_t out[static 1024])
{
    uint8_t *pos = out;
    const int size = i2d_PublicKey(key, NULL);
    assert_in_range(size, 1, 1024);
    assert_int_equal(i2d_PublicKey(key, &pos), size);
    return (size_t)size;
}

static EVP_PKEY *public_key(void)
{
    uint8_t der[1024];
    EVP_PKEY *key;
    const size_t size = put_key(secret, der);
    assert_int_equal(rsa_pss_key((struct bytes){der, size}, &key), 0);
    return key;
}

static void sign(const char *message, const EVP_MD *digest, const EVP_MD *mask, int salt,
                 uint8_t out[static SIGNATURE_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p;
    size_t size = SIGNATURE_SIZE;
    assert_int_equal(EVP_DigestSignInit(ctx, &p, digest, NULL, secret), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(p, mask), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(p, salt), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &size, (const uint8_t *)message, strlen(message)), 1);
    EVP_MD_CTX_free(ctx);
}

static int verify(EVP_PKEY *key, const char *message, const uint8_t *signature, size_t size)
{
    return rsa_pss_verify(key, bytes_of_text(message), (struct bytes){signature, size});
}

static void a_signature_holds(void **state)
{
    (void)state;
    uint8_t signature[SIGNATURE_SIZE];
    EVP_PKEY *key = public_key();
    sign("message", EVP_sha384(), EVP_sha384(), 48, signature);
    assert_int_equal(verify(key, "message", signature, sizeof(signature)), 0);
    assert_int_equal(verify(key, "Message", signature, sizeof(signature)), -EBADMSG);
    assert_int_equal(verify(NULL, "message", signature, sizeof(signature)), -EBADMSG);
    assert_int_equal(verify(key, "message", signature, sizeof(signature) - 1), -EBADMSG);
    for (size_t i = 0; i < sizeof(signature); i += 7) {
        signature[i] ^= 1;
        assert_int_equal(verify(key, "message", signature, sizeof(signature)), -EBADMSG);
        signature[i] ^= 1;
    }
    rsa_pss_key_free(key);
}

static void other_parameters_do_not(void **state)
{
    (void)state;
    uint8_t signature[SIGNATURE_SIZE];
    EVP_PKEY *key = public_key();
    sign("message", EVP_sha384(), EVP_sha384(), 32, signature);
    assert_int_equal(verify(key, "message", signature, sizeof(signature)), -EBADMSG);
    sign("message", EVP_sha256(), EVP_sha256(), 48, signature);
    assert_int_equal(verify(key, "message", signature, sizeof(signature)), -EBADMSG);
    sign("message", EVP_sha384(), EVP_sha256(), 48, signature);
    assert_int_equal(verify(key, "message", signature, sizeof(signature)), -EBADMSG);
    rsa_pss_key_free(key);
}

static void keys_are_exact(void **state)
{
    (void)state;
    uint8_t der[1024 + 1] = {0};
    EVP_PKEY *key;
    const size_t size = put_key(secret, der);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(rsa_pss_key((struct bytes){der, i}, &key), -EBADMSG);
    assert_int_equal(rsa_pss_key((struct bytes){der, size + 1}, &key), -EBADMSG);
    assert_null(key);
    EVP_PKEY *weak = EVP_RSA_gen(2048);
    const size_t weak_size = put_key(weak, der);
    assert_int_equal(rsa_pss_key((struct bytes){der, weak_size}, &key), -EBADMSG);
    EVP_PKEY_free(weak);
}

/* [RFC 8017 3.1] */
static void exponents_are_odd_and_no_one(void **state)
{
    (void)state;
    static const struct {
        const char *exponent; /* in place of 65537: the whole INTEGER, as long */
        int result;
    } rows[] = {
        {"\x02\x03\x01\x00\x01", 0},        {"\x02\x03\x01\x00\x03", 0},
        {"\x02\x03\x01\x00\x00", -EBADMSG}, {"\x02\x03\x80\x00\x01", -EBADMSG},
        {"\x02\x03\x00\x00\x01", -EBADMSG},
    };
    uint8_t der[1024];
    const size_t size = put_key(secret, der);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        EVP_PKEY *key;
        memcpy(der + size - 5, rows[i].exponent, 5);
        assert_int_equal(rsa_pss_key((struct bytes){der, size}, &key), rows[i].result);
        rsa_pss_key_free(key);
    }
    for (uint8_t e = 0; e < 5; e++) { /* two bytes less than 65537 */
        EVP_PKEY *key;
        der[3] = (uint8_t)(der[3] - (e == 0 ? 2 : 0));
        memcpy(der + size - 5, (const uint8_t[]){0x02, 0x01, e}, 3);
        assert_int_equal(rsa_pss_key((struct bytes){der, size - 2}, &key), e == 3 ? 0 : -EBADMSG);
        rsa_pss_key_free(key);
    }
}

static int make_key(void **state)
{
    (void)state;
    secret = EVP_RSA_gen(4096);
    return secret == NULL ? -1 : 0;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(secret);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_holds),
        cmocka_unit_test(other_parameters_do_not),
        cmocka_unit_test(keys_are_exact),
        cmocka_unit_test(exponents_are_odd_and_no_one),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
