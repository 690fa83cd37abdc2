/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs; see issuer.h. */
#include "tests/attest/issuer.h"

#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

EVP_PKEY *issue_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-384");
    assert_non_null(key);
    return key;
}

static X509_NAME *name_of(const char *common)
{
    X509_NAME *name = X509_NAME_new();
    assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                                (unsigned char *)common, -1, -1, 0),
                     1);
    return name;
}

static X509_EXTENSION *extension_of(const struct issue_extension *e)
{
    ASN1_OBJECT *object = OBJ_txt2obj(e->oid, 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(octets, e->value.data, (int)e->value.size);
    X509_EXTENSION *out = X509_EXTENSION_create_by_OBJ(NULL, object, e->critical, octets);
    assert_non_null(out);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(octets);
    return out;
}

static void add(X509 *x, X509_EXTENSION *e)
{
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void name_both(X509 *x, const struct issue_cert *cert)
{
    X509_NAME *subject = name_of(cert->subject);
    X509_NAME *issuer = name_of(cert->issuer);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, issuer);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
}

struct blob issue_cert(const struct issue_cert *cert)
{
    X509 *x = X509_new();
    const EVP_MD *digest = EVP_get_digestbyname(cert->digest == NULL ? "SHA384" : cert->digest);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), cert->serial);
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)cert->not_before);
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)cert->not_after);
    name_both(x, cert);
    X509_set_pubkey(x, cert->key);
    if (cert->constraints != NULL)
        add(x, X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, cert->constraints));
    if (cert->usage != NULL)
        add(x, X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, cert->usage));
    for (size_t i = 0; i < ISSUE_EXTENSIONS && cert->extensions[i].oid != NULL; i++)
        add(x, extension_of(&cert->extensions[i]));
    assert_int_not_equal(X509_sign(x, cert->issuer_key, digest), 0);
    struct blob out;
    uint8_t *pos = out.data;
    out.size = (size_t)i2d_X509(x, NULL);
    assert_true(out.size <= sizeof(out.data));
    i2d_X509(x, &pos);
    X509_free(x);
    return out;
}

static void revoke(X509_CRL *c, long serial, int64_t when)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)when);
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    X509_REVOKED_set_revocationDate(entry, time);
    assert_int_equal(X509_CRL_add0_revoked(c, entry), 1);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(time);
}

struct blob issue_crl(const struct issue_crl *crl)
{
    X509_CRL *c = X509_CRL_new();
    X509_NAME *issuer = name_of(crl->issuer);
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)crl->this_update);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)crl->next_update);
    X509_CRL_set_version(c, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(c, issuer);
    X509_CRL_set1_lastUpdate(c, from);
    if (crl->next_update != 0)
        X509_CRL_set1_nextUpdate(c, to);
    if (crl->revoked != 0)
        revoke(c, crl->revoked, crl->this_update);
    if (crl->critical_oid != NULL) {
        const struct issue_extension e = {crl->critical_oid, bytes_of_text("\x05"), true};
        X509_EXTENSION *extension = extension_of(&e);
        X509_CRL_add_ext(c, extension, -1);
        X509_EXTENSION_free(extension);
    }
    const EVP_MD *digest = EVP_get_digestbyname(crl->digest == NULL ? "SHA384" : crl->digest);
    assert_int_not_equal(X509_CRL_sign(c, crl->issuer_key, digest), 0);
    struct blob out;
    uint8_t *pos = out.data;
    out.size = (size_t)i2d_X509_CRL(c, NULL);
    assert_true(out.size <= sizeof(out.data));
    i2d_X509_CRL(c, &pos);
    X509_NAME_free(issuer);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(c);
    return out;
}
