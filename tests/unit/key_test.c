/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: what they sign verifies, what is kept comes back. CMAC by the
 * examples of its specification. */
/* links: crypto/key.c crypto/cmac.c crypto/ecdsa.c base/cur.c base/hex.c base/put.c */
/* libs: -lcrypto */
#include "crypto/cmac.h"
#include "crypto/ecdsa.h"
#include "crypto/key.h"

#include "base/hex.h"

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
    EVP_PKEY *key, *public;
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_point(key, point), 0);
    assert_int_equal(key_sign(key, message, signature), 0);
    assert_int_equal(ecdsa_key((struct bytes){point, sizeof(point)}, &public), 0);
    const struct bytes sig = {signature, sizeof(signature)};
    assert_int_equal(ecdsa_verify(public, message, sig), 0);
    assert_int_equal(ecdsa_verify(public, bytes_of_text("messagf"), sig), -EBADMSG);
    EVP_PKEY_free(public);
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

/* [SP 800-38B, D.1: CMAC-AES128] */
static void macs_are_those_of_the_specification(void **state)
{
    (void)state;
    static const char message[] =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    static const struct {
        size_t size;
        const char *mac;
    } rows[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[CMAC_SIZE], data[64], mac[CMAC_SIZE], expected[CMAC_SIZE];
    assert_int_equal(hex_parse("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key)), 0);
    assert_int_equal(hex_parse(message, data, sizeof(data)), 0);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(aes_cmac(key, (struct bytes){data, rows[i].size}, mac), 0);
        assert_int_equal(hex_parse(rows[i].mac, expected, sizeof(expected)), 0);
        assert_memory_equal(mac, expected, sizeof(mac));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_for_its_point),
        cmocka_unit_test(public_keys_are_as_openssl_writes_them),
        cmocka_unit_test(keys_come_back),
        cmocka_unit_test(other_curves_are_none),
        cmocka_unit_test(macs_are_those_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
