/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs as they are issued, read and verified by OpenSSL, whose strict
 * mode knows what RFC 5280 wants of each. */
/* links: crypto/issue.c crypto/issuer.c crypto/key.c crypto/digest.c crypto/ecdsa.c crypto/rsa_pss.c crypto/x509_parse.c base/der.c base/der_put.c base/put.c base/cur.c base/rfc3339.c base/wipe.c */
/* libs: -lcrypto */
#include "crypto/issue.h"

#include "base/attr.h"
#include "crypto/key.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000 /* 2027-01-15 */
#define DAY 86400

struct made {
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    uint8_t data[4096];
    struct bytes der;
    X509 *x509;
};

static void make_key(struct made *m)
{
    assert_int_equal(key_generate(&m->key), 0);
    assert_int_equal(key_public(m->key, m->public_key), 0);
}

static void issue(struct made *m, const struct certificate *cert, const struct issuer *issuer)
{
    struct put out = put_init(m->data, sizeof(m->data));
    assert_int_equal(certificate_issue(cert, issuer, &out), 0);
    m->der = put_done(&out);
    const uint8_t *pos = m->der.data;
    m->x509 = d2i_X509(NULL, &pos, (long)m->der.size);
    assert_non_null(m->x509);
    assert_ptr_equal(pos, m->der.data + m->der.size);
}

static struct certificate described(const struct made *m, const char *name)
{
    return (struct certificate){
        .organisation = "of a test",
        .name = name,
        .public_key = {m->public_key, sizeof(m->public_key)},
        .not_before = NOW - DAY,
        .not_after = NOW + DAY,
    };
}

static void make_root(struct made *root)
{
    make_key(root);
    struct certificate cert = described(root, "root");
    cert.ca = true;
    cert.path_length = 1;
    issue(root, &cert, &(const struct issuer){.key = root->key});
}

static void make_leaf(const struct made *root, const struct certificate *like, struct made *leaf)
{
    struct issuer issuer;
    struct certificate cert = *like;
    make_key(leaf);
    cert.public_key = (struct bytes){leaf->public_key, sizeof(leaf->public_key)};
    assert_int_equal(issuer_of(root->der, root->key, &issuer), 0);
    issue(leaf, &cert, &issuer);
}

static void drop(struct made *m)
{
    X509_free(m->x509);
    EVP_PKEY_free(m->key);
}

/* X509_V_OK, or what OpenSSL has against it. */
static int verdict(const struct made *root, const struct made *leaf, X509_CRL *crl, time_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root->x509);
    if (crl != NULL)
        X509_STORE_add_crl(store, crl);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf->x509, NULL), 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, at);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE |
                                           (crl != NULL ? X509_V_FLAG_CRL_CHECK : 0));
    X509_verify_cert(ctx);
    const int result = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return result;
}

static void openssl_finds_nothing_wrong(void **state)
{
    (void)state;
    struct made root, leaf;
    make_root(&root);
    const struct certificate like = described(&root, "leaf");
    make_leaf(&root, &like, &leaf);
    assert_int_equal(verdict(&root, &root, NULL, NOW), X509_V_OK);
    assert_int_equal(verdict(&root, &leaf, NULL, NOW), X509_V_OK);
    assert_int_equal(verdict(&root, &leaf, NULL, NOW + DAY + 1), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verdict(&root, &leaf, NULL, NOW - DAY - 1), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(X509_check_issued(root.x509, leaf.x509), X509_V_OK);
    drop(&leaf);
    drop(&root);
}

static void a_leaf_issues_nothing(void **state)
{
    (void)state;
    struct made root, leaf;
    make_root(&root);
    const struct certificate like = described(&root, "leaf");
    make_leaf(&root, &like, &leaf);
    assert_int_equal(X509_check_ca(root.x509), 1);
    assert_int_equal(X509_get_pathlen(root.x509), 1);
    assert_int_equal(X509_check_ca(leaf.x509), 0);
    assert_int_equal(X509_get_key_usage(leaf.x509), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_key_usage(root.x509), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    drop(&leaf);
    drop(&root);
}

static void names_and_serials(void **state)
{
    (void)state;
    struct made root, leaf, other;
    char text[64];
    make_root(&root);
    const struct certificate like = described(&root, "leaf");
    make_leaf(&root, &like, &leaf);
    make_leaf(&root, &like, &other);
    X509_NAME_oneline(X509_get_subject_name(leaf.x509), text, sizeof(text));
    assert_string_equal(text, "/O=of a test/CN=leaf");
    X509_NAME_oneline(X509_get_issuer_name(leaf.x509), text, sizeof(text));
    assert_string_equal(text, "/O=of a test/CN=root");
    const ASN1_INTEGER *one = X509_get0_serialNumber(leaf.x509);
    assert_int_equal(ASN1_STRING_length(one), 20);
    assert_int_not_equal(ASN1_INTEGER_cmp(one, X509_get0_serialNumber(other.x509)), 0);
    drop(&other);
    drop(&leaf);
    drop(&root);
}

static void extensions_of_ones_own(void **state)
{
    (void)state;
    struct made root, leaf;
    make_root(&root);
    static const uint8_t san[] = {0x30, 0x03, 0x82, 0x01, 'a'};
    static const uint8_t other[300] = {1};
    const struct certificate_extension own[] = {
        {"2.5.29.17", true, {san, sizeof(san)}},
        {"2.25.1", false, {other, sizeof(other)}},
    };
    struct certificate like = described(&root, "leaf");
    like.extensions = own;
    like.extension_count = ARRAY_COUNT(own);
    make_leaf(&root, &like, &leaf);
    assert_int_equal(X509_check_host(leaf.x509, "a", 1, 0, NULL), 1);
    const int at = X509_get_ext_by_NID(leaf.x509, NID_subject_alt_name, -1);
    assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(leaf.x509, at)), 1);
    const X509_EXTENSION *last = X509_get_ext(leaf.x509, X509_get_ext_count(leaf.x509) - 1);
    assert_int_equal(X509_EXTENSION_get_critical(last), 0);
    assert_int_equal(ASN1_STRING_length(X509_EXTENSION_get_data((X509_EXTENSION *)last)), 300);
    assert_int_equal(verdict(&root, &leaf, NULL, NOW), X509_V_OK);
    drop(&leaf);
    drop(&root);
}

static void lists_of_the_revoked(void **state)
{
    (void)state;
    struct made root, leaf;
    struct issuer issuer;
    uint8_t data[1024];
    struct put out = put_init(data, sizeof(data));
    const struct revocations list = {0x81, NOW - 10, NOW + 10};
    make_root(&root);
    const struct certificate like = described(&root, "leaf");
    make_leaf(&root, &like, &leaf);
    assert_int_equal(issuer_of(root.der, root.key, &issuer), 0);
    assert_int_equal(revocations_issue(&list, &issuer, &out), 0);
    const uint8_t *pos = data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &pos, (long)out.size);
    assert_non_null(crl);
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    assert_int_equal(ASN1_INTEGER_get(number), 0x81);
    ASN1_INTEGER_free(number);
    assert_int_equal(verdict(&root, &leaf, crl, NOW), X509_V_OK);
    assert_int_equal(verdict(&root, &leaf, crl, NOW + 11), X509_V_ERR_CRL_HAS_EXPIRED);
    X509_CRL_free(crl);
    drop(&leaf);
    drop(&root);
}

static void what_cannot_be_issued(void **state)
{
    (void)state;
    struct made root;
    struct issuer issuer;
    uint8_t data[2048];
    struct put out = put_init(data, sizeof(data)), small = put_init(data, 100);
    make_root(&root);
    const struct issuer itself = {.key = root.key};
    struct certificate cert = described(&root, "x");
    assert_int_equal(certificate_issue(&cert, &itself, &small), 0);
    assert_true(small.bad); /* as with any other writer */
    cert.public_key.size--;
    assert_int_equal(certificate_issue(&cert, &itself, &out), -EBADMSG);
    cert.public_key = (struct bytes){0};
    assert_int_equal(certificate_issue(&cert, &itself, &out), -EBADMSG);
    assert_int_equal(revocations_issue(&(const struct revocations){0}, &itself, &out), -EBADMSG);
    const struct bytes half = {root.data, root.der.size / 2};
    assert_int_equal(issuer_of(half, root.key, &issuer), -EBADMSG);
    drop(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_finds_nothing_wrong), cmocka_unit_test(a_leaf_issues_nothing),
        cmocka_unit_test(names_and_serials),           cmocka_unit_test(extensions_of_ones_own),
        cmocka_unit_test(lists_of_the_revoked),        cmocka_unit_test(what_cannot_be_issued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
