/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces: for five minutes, once, and no other steward's. */
/* links: svc/steward/nonce.c svc/steward/nonces_used.c svc/steward/check.c crypto/digest.c base/cur.c base/put.c base/wipe.c */
/* libs: -lcrypto */
#include "svc/steward/nonce.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000

static const uint8_t key[NONCE_KEY_SIZE] = {1, 2, 3}, other[NONCE_KEY_SIZE] = {1, 2, 4};
static uint8_t nonce[NONCE_SIZE];

static void make(uint8_t number)
{
    const uint8_t random[NONCE_RANDOM_SIZE] = {7, [7] = number, [8] = number};
    assert_int_equal(nonce_make(key, NOW, random, nonce), 0);
}

static enum steward_check check(const uint8_t *by, int64_t now)
{
    int64_t issued = 0;
    const enum steward_check result =
        nonce_check(by, (struct bytes){nonce, sizeof(nonce)}, now, &issued);
    assert_int_equal(issued, result == STEWARD_nonce_genuine ? 0 : NOW);
    return result;
}

/* [RFC 2104] by OpenSSL's own */
static void is_as_documented(void **state)
{
    (void)state;
    make(0);
    static const char label[] = "enarx steward nonce 1";
    uint8_t message[sizeof(label) - 1 + 24], mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    memcpy(message, label, sizeof(label) - 1);
    memcpy(message + sizeof(label) - 1, nonce, 24);
    assert_non_null(HMAC(EVP_sha256(), key, sizeof(key), message, sizeof(message), mac, &size));
    assert_memory_equal(nonce + 24, mac, 32);
    assert_memory_equal(nonce, "\0\0\0\0\x6b\x49\xd2\x00\x07", 9);
}

static void lives_five_minutes(void **state)
{
    (void)state;
    make(0);
    assert_int_equal(check(key, NOW), STEWARD_PASSED);
    assert_int_equal(check(key, NOW + 300), STEWARD_PASSED);
    assert_int_equal(check(key, NOW + 301), STEWARD_nonce_age);
    assert_int_equal(check(key, NOW - 300),
                     STEWARD_PASSED); /* of another steward, whose clock is ahead */
    assert_int_equal(check(key, NOW - 301), STEWARD_nonce_age);
}

static void is_of_who_has_the_key(void **state)
{
    (void)state;
    make(0);
    assert_int_equal(check(other, NOW), STEWARD_nonce_genuine);
    for (size_t bit = 0; bit < 8 * sizeof(nonce); bit++) {
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(check(key, NOW), STEWARD_nonce_genuine);
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void has_one_size(void **state)
{
    (void)state;
    uint8_t longer[2 * NONCE_SIZE] = {0};
    int64_t issued;
    make(0);
    memcpy(longer, nonce, sizeof(nonce));
    for (size_t size = 0; size <= sizeof(longer); size++) {
        const struct bytes cut = {longer, size};
        assert_int_equal(nonce_check(key, cut, NOW, &issued),
                         size == NONCE_SIZE ? STEWARD_PASSED : STEWARD_nonce_genuine);
    }
}

static enum steward_check use(struct nonces_used *used, int64_t now)
{
    return nonces_used_add(used, (struct bytes){nonce, sizeof(nonce)}, NOW, now);
}

static void serves_once(void **state)
{
    (void)state;
    struct nonces_used *used = nonces_used_new();
    for (uint8_t i = 0; i < 20; i++) {
        make(i);
        assert_int_equal(use(used, NOW), STEWARD_PASSED);
    }
    for (uint8_t i = 0; i < 20; i++) {
        make(i);
        assert_int_equal(use(used, NOW + 300), STEWARD_nonce_unused);
    }
    nonces_used_free(used);
}

/* What finds no room to be remembered is refused, until what was there has expired. */
static void is_refused_rather_than_forgotten(void **state)
{
    (void)state;
    struct nonces_used *used = nonces_used_new();
    unsigned taken = 0;
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t random[NONCE_RANDOM_SIZE] = {
            [8] = (uint8_t)i, [9] = 1}; /* one place for all */
        assert_int_equal(nonce_make(key, NOW, random, nonce), 0);
        taken += use(used, NOW) == STEWARD_PASSED;
    }
    assert_int_equal(taken, 32);
    assert_int_equal(use(used, NOW + 300), STEWARD_nonce_unused);
    assert_int_equal(use(used, NOW + 301), STEWARD_PASSED);
    nonces_used_free(used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_as_documented),      cmocka_unit_test(lives_five_minutes),
        cmocka_unit_test(is_of_who_has_the_key), cmocka_unit_test(has_one_size),
        cmocka_unit_test(serves_once),           cmocka_unit_test(is_refused_rather_than_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
