/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates that a TLS session takes of the other side, and that it tells. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "crypto/key.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static EVP_PKEY *key_of(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (strncmp(kind, "RSA", 3) == 0)
        key = EVP_RSA_gen((unsigned)strtoul(kind + 3, NULL, 10));
    else if (strcmp(kind, "ED25519") == 0 || strcmp(kind, "ED448") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    assert_non_null(key);
    return key;
}

static struct tls_session *raw_holding(bool server, EVP_PKEY *key, size_t padding)
{
    SSL_CTX *ctx = pair_context(NULL);
    X509 *cert = pair_certificate(key, padding);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(cert);
    return pair_raw(ctx, server);
}

static struct tls_session *asking_server(void)
{
    return pair_new(
        &(struct tls_config){.server = true, .own = pair_identity(true), .ask_client = true});
}

static void keys_that_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {"P-256", "P-384", "ED25519", "RSA2048", "RSA3072"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        EVP_PKEY *key = key_of(good[i]);
        struct tls_session *client = raw_holding(false, key, 0), *server = asking_server();
        uint8_t told[1024], *expected = NULL;
        size_t size = 10;
        pair_connect(client, server);
        assert_int_equal(tls_session_peer_key(server, told, &size), -EMSGSIZE);
        size = sizeof(told);
        assert_int_equal(tls_session_peer_key(server, told, &size), 0);
        assert_int_equal(i2d_PUBKEY(key, &expected), size);
        assert_memory_equal(told, expected, size);
        pair_agree(pair_client(NULL), raw_holding(true, key, 0));
        OPENSSL_free(expected);
        EVP_PKEY_free(key);
        tls_session_free(client);
        tls_session_free(server);
    }
}

/* OpenSSL's client does without a certificate that the server would not take. */
static void keys_that_are_not_taken(void **state)
{
    (void)state;
    static const char *const bad[] = {"P-521", "secp256k1", "P-224", "ED448", "RSA1024", "RSA2047"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        EVP_PKEY *key = key_of(bad[i]);
        pair_refuse(pair_client(NULL), raw_holding(true, key, 0));
        struct tls_session *client = raw_holding(false, key, 0), *server = asking_server();
        uint8_t told[1024];
        size_t size = sizeof(told);
        const int result = pair_handshake(client, server).server;
        assert_int_equal(result, strncmp(bad[i], "RSA", 3) == 0 ? -EPROTO : 0);
        assert_int_equal(tls_session_peer_key(server, told, &size), -ENOENT);
        tls_session_free(client);
        tls_session_free(server);
        EVP_PKEY_free(key);
    }
}

static void multiply_primes(BIGNUM *n, BIGNUM *order, unsigned bits, BN_CTX *ctx)
{
    BIGNUM *p = BN_new();
    assert_true(BN_one(n) && BN_one(order));
    while (BN_num_bits(n) < (int)bits) {
        assert_int_equal(BN_generate_prime_ex2(p, 512, 0, NULL, NULL, NULL, ctx), 1);
        assert_int_equal(BN_mul(n, n, p, ctx), 1);
        assert_int_equal(BN_sub_word(p, 1), 1);
        assert_int_equal(BN_mul(order, order, p, ctx), 1);
    }
    BN_free(p);
}

/* Of many small primes: one of two would take a minute to make. */
static EVP_PKEY *long_rsa_key(unsigned bits)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_new(), *order = BN_new(), *e = BN_new(), *d = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    assert_int_equal(BN_set_word(e, 65537), 1);
    do
        multiply_primes(n, order, bits, ctx);
    while ((d = BN_mod_inverse(NULL, e, order, ctx)) == NULL);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(make), 1);
    assert_int_equal(EVP_PKEY_fromdata(make, &key, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(make);
    BN_free(n);
    BN_free(order);
    BN_free(e);
    BN_free(d);
    BN_CTX_free(ctx);
    return key;
}

/* Whoever shows one has others compute. */
static void keys_that_take_long_are_not_taken(void **state)
{
    (void)state;
    EVP_PKEY *key = long_rsa_key(8193);
    assert_true(EVP_PKEY_get_bits(key) > 8192);
    pair_refuse(pair_client(NULL), raw_holding(true, key, 0));
    EVP_PKEY_free(key);
}

/* The certificate of `of`, the private key of another. */
static EVP_PKEY *stolen(const EVP_PKEY *of)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *other = key_of("P-256"), *key = NULL;
    BIGNUM *secret = NULL;
    uint8_t point[1 + KEY_POINT_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
    assert_int_equal(key_point(of, point + 1), 0);
    assert_int_equal(EVP_PKEY_get_bn_param(other, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    BN_clear_free(secret);
    return key;
}

static struct tls_session *thief(bool server)
{
    struct tls_identity own = *pair_identity(server);
    own.key = stolen(own.key);
    SSL_CTX *ctx = pair_context(&own);
    EVP_PKEY_free(own.key);
    return pair_raw(ctx, server);
}

static void a_certificate_without_its_key_is_refused(void **state)
{
    (void)state;
    pair_refuse(pair_client(NULL), thief(true));
    pair_refuse(thief(false), asking_server());

    const struct tls_identity *victim = pair_identity(false);
    const struct tls_identity mixed = {.key = pair_identity(true)->key, .cert = victim->cert};
    struct tls_session *s;
    assert_int_equal(tls_session_new(&(struct tls_config){.own = &mixed}, &s), -EKEYREJECTED);
    const struct tls_identity cut = {.key = victim->key,
                                     .cert = {victim->cert.data, victim->cert.size - 1}};
    assert_int_equal(tls_session_new(&(struct tls_config){.own = &cut}, &s), -EKEYREJECTED);
    assert_int_equal(tls_session_new(&(struct tls_config){.server = true}, &s), -EINVAL);
}

static void a_client_is_known_by_its_key(void **state)
{
    (void)state;
    for (int shows = 0; shows < 2; shows++) {
        for (int asks = 0; asks < 2; asks++) {
            struct tls_config config = {.own = shows ? pair_identity(false) : NULL};
            struct tls_session *client = pair_new(&config);
            struct tls_session *server = asks ? asking_server() : pair_server(NULL);
            uint8_t told[KEY_PUBLIC_SIZE], expected[KEY_PUBLIC_SIZE];
            size_t size = sizeof(told);
            pair_connect(client, server);
            const int result = tls_session_peer_key(server, told, &size);
            assert_int_equal(result, shows && asks ? 0 : -ENOENT);
            if (result == 0) {
                assert_int_equal(key_public(pair_identity(false)->key, expected), 0);
                assert_int_equal(size, KEY_PUBLIC_SIZE);
                assert_memory_equal(told, expected, KEY_PUBLIC_SIZE);
            }
            size = sizeof(told);
            assert_int_equal(tls_session_peer_key(client, told, &size), 0);
            assert_int_equal(key_public(pair_identity(true)->key, expected), 0);
            assert_memory_equal(told, expected, KEY_PUBLIC_SIZE);
            tls_session_free(client);
            tls_session_free(server);
        }
    }
}

/* A certificate arrives before the proof that goes with it. */
static void a_key_is_told_once_it_is_proved(void **state)
{
    (void)state;
    struct tls_session *client = pair_new(&(struct tls_config){.own = pair_identity(false)});
    struct tls_session *server = asking_server();
    int client_result = -EAGAIN, server_result = -EAGAIN;
    while (client_result == -EAGAIN || server_result == -EAGAIN) {
        struct tls_session *const ends[] = {client, server};
        const int results[] = {client_result, server_result};
        for (int i = 0; i < 2; i++) {
            uint8_t told[KEY_PUBLIC_SIZE];
            size_t size = sizeof(told);
            assert_int_equal(tls_session_peer_key(ends[i], told, &size),
                             results[i] == 0 ? 0 : -ENOENT);
        }
        client_result = tls_session_handshake(client);
        server_result = tls_session_handshake(server);
        assert_true(client_result == 0 || client_result == -EAGAIN);
        assert_true(server_result == 0 || server_result == -EAGAIN);
        pair_carry(client, server, 1);
        pair_carry(server, client, 1);
    }
    tls_session_free(client);
    tls_session_free(server);
}

/* A flight of messages may be longer than what a session holds, but not endless. */
static void long_certificates_are_bounded(void **state)
{
    (void)state;
    EVP_PKEY *key = key_of("P-256");
    pair_agree(pair_client(NULL), raw_holding(true, key, 80000));
    pair_agree(raw_holding(false, key, 80000), asking_server());
    assert_int_equal(pair_meet(pair_client(NULL), raw_holding(true, key, 110000)).client, -EPROTO);
    assert_int_equal(pair_meet(raw_holding(false, key, 110000), asking_server()).server, -EPROTO);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_taken),
        cmocka_unit_test(keys_that_are_not_taken),
        cmocka_unit_test(keys_that_take_long_are_not_taken),
        cmocka_unit_test(a_certificate_without_its_key_is_refused),
        cmocka_unit_test(a_client_is_known_by_its_key),
        cmocka_unit_test(a_key_is_told_once_it_is_proved),
        cmocka_unit_test(long_certificates_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
