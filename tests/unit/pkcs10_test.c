/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests: OpenSSL's are read, ours OpenSSL reads, and no byte of one is free. */
/* links: crypto/pkcs10.c crypto/issue.c crypto/key.c crypto/digest.c crypto/ecdsa.c crypto/rsa_pss.c crypto/x509_parse.c crypto/x509_signature.c base/der.c base/der_put.c base/put.c base/cur.c base/rfc3339.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/pkcs10.h"

#include "base/attr.h"
#include "crypto/ecdsa.h"
#include "crypto/key.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EVIDENCE "2.23.133.5.4.9"

static uint8_t room[8192];

/* ---- ours ---- */

static struct bytes make(EVP_PKEY *key, size_t evidence_size)
{
    static uint8_t evidence[4096] = {1, 2, 3}, names[128];
    static const struct bytes hosts[] = {{(const uint8_t *)"a.example", 9}};
    struct put san = put_init(names, sizeof(names)), out = put_init(room, sizeof(room));
    certificate_put_host_names(&san, hosts, 1);
    const struct certificate_extension extensions[] = {
        {EVIDENCE, false, {evidence, evidence_size}},
        {OID_SUBJECT_ALT_NAME, false, put_done(&san)},
    };
    const struct pkcs10 request = {"Enarx", "keep", extensions, ARRAY_COUNT(extensions)};
    assert_int_equal(pkcs10_put(&request, key, &out), 0);
    assert_false(out.bad);
    return put_done(&out);
}

static void openssl_reads_ours(void **state)
{
    (void)state;
    EVP_PKEY *key;
    assert_int_equal(key_generate(&key), 0);
    const struct bytes der = make(key, 4096);
    const uint8_t *pos = der.data;
    X509_REQ *req = d2i_X509_REQ(NULL, &pos, (long)der.size);
    assert_non_null(req);
    assert_ptr_equal(pos, der.data + der.size);
    assert_int_equal(X509_REQ_verify(req, key), 1);
    assert_int_equal(X509_REQ_get_attr_count(req), 1);
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(req);
    assert_int_equal(sk_X509_EXTENSION_num(all), 2);
    GENERAL_NAMES *names = X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, 0);
    assert_int_equal(name->type, GEN_DNS);
    assert_memory_equal(ASN1_STRING_get0_data(name->d.dNSName), "a.example", 9);
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    X509_REQ_free(req);
    EVP_PKEY_free(key);
}

static void ours_come_back(void **state)
{
    (void)state;
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    struct x509_cert request = {0};
    struct bytes value;
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_public(key, public_key), 0);
    assert_int_equal(pkcs10_parse(make(key, 300), NULL, &request), 0);
    assert_int_equal(request.spki.size, sizeof(public_key));
    assert_memory_equal(request.spki.data, public_key, sizeof(public_key));
    assert_true(x509_extension(&request, EVIDENCE, &value));
    assert_int_equal(value.size, 300);
    assert_true(pkcs10_proven(&request));
    x509_cert_fini(&request);
    EVP_PKEY_free(key);
}

/* Whichever bit changes, it is malformed or not signed by its key. */
static void no_bit_is_free(void **state)
{
    (void)state;
    EVP_PKEY *key;
    assert_int_equal(key_generate(&key), 0);
    const struct bytes der = make(key, 8);
    size_t malformed = 0, unproven = 0;
    for (size_t bit = 0; bit < 8 * der.size; bit++) {
        struct x509_cert request = {0};
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const bool parsed = pkcs10_parse(der, NULL, &request) == 0;
        if (parsed && pkcs10_proven(&request))
            fail_msg("bit %zu", bit);
        malformed += !parsed;
        unproven += parsed;
        x509_cert_fini(&request);
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(malformed > 300 && unproven > 300);
    for (size_t size = 0; size < der.size; size++) {
        struct x509_cert request = {0};
        assert_int_equal(pkcs10_parse((struct bytes){der.data, size}, NULL, &request), -EBADMSG);
        x509_cert_fini(&request);
    }
    EVP_PKEY_free(key);
}

static void what_does_not_fit_shows(void **state)
{
    (void)state;
    EVP_PKEY *key;
    const struct pkcs10 request = {"Enarx", "keep", NULL, 0};
    struct put out = put_init(room, 100);
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(pkcs10_put(&request, key, &out), 0);
    assert_true(out.bad);
    EVP_PKEY_free(key);
}

/* ---- OpenSSL's ---- */

static struct bytes request_of(EVP_PKEY *key, const EVP_MD *digest, const char *attribute)
{
    X509_REQ *req = X509_REQ_new();
    uint8_t *to = room;
    assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
    if (attribute != NULL)
        assert_int_equal(
            X509_REQ_add1_attr_by_txt(req, attribute, MBSTRING_ASC, (const uint8_t *)"secret", -1),
            1);
    assert_true(X509_REQ_sign(req, key, digest) > 0);
    const int size = i2d_X509_REQ(req, &to);
    X509_REQ_free(req);
    assert_true(size > 0 && (size_t)size < sizeof(room));
    return (struct bytes){room, (size_t)size};
}

static void keys_and_digests(void **state)
{
    (void)state;
    const struct {
        EVP_PKEY *key;
        const EVP_MD *digest;
        int bits; /* 0: of no kind that is taken */
        bool proven;
    } rows[] = {
        {EVP_EC_gen("P-256"), EVP_sha256(), 256, true},
        {EVP_EC_gen("P-384"), EVP_sha384(), 384, true},
        {EVP_EC_gen("P-256"), EVP_sha384(), 256, false},
        {EVP_EC_gen("P-384"), EVP_sha256(), 384, false},
        {EVP_EC_gen("P-256"), EVP_sha1(), 256, false},
        {EVP_EC_gen("P-521"), EVP_sha512(), 0, false},
        {EVP_EC_gen("secp256k1"), EVP_sha256(), 0, false},
        {EVP_RSA_gen(2048), EVP_sha256(), 0, false},
        {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, 0, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct x509_cert request = {0};
        const struct bytes der = request_of(rows[i].key, rows[i].digest, NULL);
        const int result = pkcs10_parse(der, NULL, &request);
        /* Of RSA only keys of AMD's size are read at all. */
        assert_true(result == 0 || (result == -EBADMSG && rows[i].bits == 0));
        assert_int_equal(ecdsa_bits(request.ec), rows[i].bits);
        assert_int_equal(pkcs10_proven(&request), rows[i].proven);
        x509_cert_fini(&request);
        EVP_PKEY_free(rows[i].key);
    }
}

static void nothing_else_may_be_asked_for(void **state)
{
    (void)state;
    struct x509_cert request = {0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const struct bytes der = request_of(key, EVP_sha256(), "challengePassword");
    assert_int_equal(pkcs10_parse(der, NULL, &request), -EBADMSG);
    x509_cert_fini(&request);
    EVP_PKEY_free(key);
}

/* Signed by another key than the one it names. */
static void whose_key_it_is_has_to_be_proven(void **state)
{
    (void)state;
    struct x509_cert request = {0};
    EVP_PKEY *own = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509_REQ *req = X509_REQ_new();
    uint8_t *to = room;
    assert_int_equal(X509_REQ_set_pubkey(req, own), 1);
    assert_true(X509_REQ_sign(req, other, EVP_sha256()) > 0);
    const int size = i2d_X509_REQ(req, &to);
    assert_int_equal(pkcs10_parse((struct bytes){room, (size_t)size}, NULL, &request), 0);
    assert_false(pkcs10_proven(&request));
    x509_cert_fini(&request);
    X509_REQ_free(req);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_reads_ours),
        cmocka_unit_test(ours_come_back),
        cmocka_unit_test(no_bit_is_free),
        cmocka_unit_test(what_does_not_fit_shows),
        cmocka_unit_test(keys_and_digests),
        cmocka_unit_test(nothing_else_may_be_asked_for),
        cmocka_unit_test(whose_key_it_is_has_to_be_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
