/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate around a key: taken apart by our parser, and by OpenSSL's. GnuTLS has to
 * take it in tls_gnutls_test.c. */
/* links: tls/certificate.c crypto/digest.c crypto/ecdsa.c crypto/issue.c crypto/key.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/base64.c base/cur.c base/der.c base/put.c base/rfc3339.c base/wipe.c base/der_put.c crypto/x509_signature.c */
/* libs: -lcrypto */
#include "crypto/key.h"
#include "crypto/x509.h"
#include "tls/certificate.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t buffer[TLS_CERTIFICATE_MAX];
static EVP_PKEY *key;

static struct bytes made(const char *name)
{
    struct put p = put_init(buffer, sizeof(buffer));
    if (key == NULL)
        assert_int_equal(key_generate(&key), 0);
    assert_int_equal(tls_certificate_put(key, name, &p), 0);
    assert_false(p.bad);
    return put_done(&p);
}

static X509 *read_back(struct bytes der)
{
    const uint8_t *pos = der.data;
    X509 *x = d2i_X509(NULL, &pos, (long)der.size);
    assert_non_null(x);
    assert_ptr_equal(pos, der.data + der.size);
    return x;
}

static void vouches_for_its_own_key(void **state)
{
    (void)state;
    X509 *x = read_back(made("keep"));
    assert_int_equal(X509_check_private_key(x, key), 1);
    assert_int_equal(X509_verify(x, key), 1);
    assert_int_equal(X509_self_signed(x, 1), 1);
    assert_int_equal(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
    X509_free(x);
}

/* At no time does it expire: the first second there is to say, and the last one. */
static void is_valid_at_any_time(void **state)
{
    (void)state;
    X509 *x = read_back(made("keep"));
    for (time_t t = 1; t > 0 && t < 253402300799; t *= 2) {
        assert_true(X509_cmp_time(X509_get0_notBefore(x), &t) < 0);
        assert_true(X509_cmp_time(X509_get0_notAfter(x), &t) > 0);
    }
    assert_string_equal((const char *)X509_get0_notAfter(x)->data, "99991231235959Z");
    X509_free(x);
}

/* For signatures in handshakes, and to issue nothing. */
static void may_do_no_more_than_it_must(void **state)
{
    (void)state;
    X509 *x = read_back(made("owner"));
    char name[64] = "";
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_check_ca(x), 0);
    X509_NAME_oneline(X509_get_subject_name(x), name, sizeof(name));
    assert_string_equal(name, "/O=Enarx/CN=owner");
    assert_int_equal(X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)), 0);
    X509_free(x);
}

static void our_own_parser_takes_it(void **state)
{
    (void)state;
    struct x509_set set;
    uint8_t public[KEY_PUBLIC_SIZE];
    x509_set_init(&set);
    assert_int_equal(x509_set_add_anchor(&set, made("keep")), 0);
    x509_set_link(&set);
    assert_int_equal(set.cert_count, 1);
    assert_int_equal(set.certs[0]->faults, 0);
    assert_int_equal(key_public(key, public), 0);
    assert_true(bytes_equal(set.certs[0]->spki, (struct bytes){public, sizeof(public)}));
    x509_set_fini(&set);
}

static void has_a_name_of_any_length_allowed(void **state)
{
    (void)state;
    char name[65]; /* ub-common-name [RFC 5280 A.1] */
    memset(name, 'n', 64);
    name[64] = '\0';
    assert_in_range(made(name).size, 300, TLS_CERTIFICATE_MAX);
    assert_in_range(made("keep").size, 300, 500);
}

static void is_another_one_each_time(void **state)
{
    (void)state;
    X509 *a = read_back(made("keep")), *b = read_back(made("keep"));
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)), 0);
    X509_free(a);
    X509_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vouches_for_its_own_key),
        cmocka_unit_test(is_valid_at_any_time),
        cmocka_unit_test(may_do_no_more_than_it_must),
        cmocka_unit_test(our_own_parser_takes_it),
        cmocka_unit_test(has_a_name_of_any_length_allowed),
        cmocka_unit_test(is_another_one_each_time),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    EVP_PKEY_free(key);
    return failed;
}
