/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: what they sign verifies, what is kept comes back. */
/* links: crypto/key.c crypto/ecdsa.c crypto/digest.c base/der.c base/cur.c base/put.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/ecdsa.h"
#include "crypto/key.h"

#include <errno.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void signs_for_its_point(void **state)
{
    (void)state;
    uint8_t point[KEY_POINT_SIZE], signature[KEY_SIGNATURE_SIZE];
    const struct bytes message = bytes_of_text("message");
    EVP_PKEY *key;
    EC_KEY *public;
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_point(key, point), 0);
    assert_int_equal(key_sign(key, message, signature), 0);
    assert_int_equal(ecdsa_key((struct bytes){point, sizeof(point)}, NULL, &public), 0);
    const struct bytes sig = {signature, sizeof(signature)};
    assert_int_equal(ecdsa_verify(public, message, sig), 0);
    assert_int_equal(ecdsa_verify(public, bytes_of_text("messagf"), sig), -EBADMSG);
    ecdsa_key_free(public);
    EVP_PKEY_free(key);
}

static void public_keys_are_as_openssl_writes_them(void **state)
{
    (void)state;
    uint8_t der[KEY_PUBLIC_SIZE], *expected = NULL;
    EVP_PKEY *key;
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_public(key, der), 0);
    assert_int_equal(i2d_PUBKEY(key, &expected), KEY_PUBLIC_SIZE);
    assert_memory_equal(der, expected, sizeof(der));
    OPENSSL_free(expected);
    EVP_PKEY_free(key);
}

static void keys_come_back(void **state)
{
    (void)state;
    uint8_t der[256], one[KEY_POINT_SIZE], other[KEY_POINT_SIZE];
    struct put p = put_init(der, sizeof(der)), full = put_init(der, 10);
    EVP_PKEY *key, *back;
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_put(key, &full), 0);
    assert_true(full.bad);
    assert_int_equal(key_put(key, &p), 0);
    assert_int_equal(key_parse(put_done(&p), &back), 0);
    assert_int_equal(key_point(key, one), 0);
    assert_int_equal(key_point(back, other), 0);
    assert_memory_equal(one, other, sizeof(one));
    EVP_PKEY_free(back);
    for (size_t size = 0; size < p.size; size++) {
        assert_int_equal(key_parse((struct bytes){der, size}, &back), -EBADMSG);
        assert_null(back);
    }
    der[10] ^= 1; /* of the private half alone */
    assert_int_equal(key_parse((struct bytes){der, p.size}, &back), -EBADMSG);
    assert_null(back);
    der[10] ^= 1;
    der[p.size] = 0;
    assert_int_equal(key_parse((struct bytes){der, p.size + 1}, &back), -EBADMSG);
    EVP_PKEY_free(key);
}

static void other_curves_are_none(void **state)
{
    (void)state;
    uint8_t der[256], public[KEY_PUBLIC_SIZE];
    struct put p = put_init(der, sizeof(der));
    EVP_PKEY *key = EVP_EC_gen("P-384"), *back;
    assert_int_equal(key_public(key, public), -EBADMSG);
    assert_int_equal(key_put(key, &p), 0);
    assert_int_equal(key_parse(put_done(&p), &back), -EBADMSG);
    EVP_PKEY_free(key);
    key = EVP_EC_gen("secp256k1");
    assert_int_equal(key_public(key, public), -EBADMSG);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_for_its_point),
        cmocka_unit_test(public_keys_are_as_openssl_writes_them),
        cmocka_unit_test(keys_come_back),
        cmocka_unit_test(other_curves_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
