/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs; see issue.h. Trusts OpenSSL. */
#include "crypto/issue.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define SERIAL_BITS 159 /* positive, in 20 bytes [RFC 5280 4.1.2.2] */

static bool put_der(uint8_t *der, int size, struct put *out)
{
    if (size > 0)
        put_bytes(out, (struct bytes){.data = der, .size = (size_t)size});
    OPENSSL_free(der);
    return size > 0;
}

/* Null without one, or with one that is not a certificate. */
static X509 *read_issuer(const struct issuer *issuer)
{
    const uint8_t *pos = issuer->cert.data;
    return issuer->cert.size == 0 ? NULL : d2i_X509(NULL, &pos, (long)issuer->cert.size);
}

/* ---- certificates ---- */

static bool set_serial(X509 *x)
{
    BIGNUM *number = BN_new();
    const bool ok = number != NULL &&
                    BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return ok;
}

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const uint8_t *)text, -1, -1,
                                      0) == 1;
}

static bool set_names(X509 *x, const struct certificate *cert, const X509 *issuer)
{
    X509_NAME *own = X509_get_subject_name(x);
    return add_name(own, "O", cert->organisation) && add_name(own, "CN", cert->name) &&
           X509_set_issuer_name(x, issuer == NULL ? own : X509_get_subject_name(issuer)) == 1;
}

static bool set_times(X509 *x, const struct certificate *cert)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)cert->not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)cert->not_after) != NULL;
}

static bool add_extension(X509 *x, X509V3_CTX *ctx, int nid, const char *text)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, text);
    const bool ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_own_extension(X509 *x, const struct certificate *cert)
{
    if (cert->extension_oid == NULL)
        return true;
    ASN1_OBJECT *oid = OBJ_txt2obj(cert->extension_oid, 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    if (oid != NULL && octets != NULL &&
        ASN1_OCTET_STRING_set(octets, cert->extension.data, (int)cert->extension.size) == 1)
        extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
    const bool ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(oid);
    return ok;
}

static bool add_extensions(X509 *x, const struct certificate *cert, X509 *issuer)
{
    char constraints[48] = "critical,CA:FALSE";
    X509V3_CTX ctx;
    if (cert->ca)
        snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%u",
                 cert->path_length);
    X509V3_set_ctx(&ctx, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
    return add_extension(x, &ctx, NID_subject_key_identifier, "hash") &&
           add_extension(x, &ctx, NID_authority_key_identifier, "keyid:always") &&
           add_extension(x, &ctx, NID_key_usage,
                         cert->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
           add_extension(x, &ctx, NID_basic_constraints, constraints) && add_own_extension(x, cert);
}

static bool put_cert(const X509 *x, struct put *out)
{
    uint8_t *der = NULL;
    const int size = i2d_X509(x, &der);
    return put_der(der, size, out);
}

int certificate_issue(const struct certificate *cert, const struct issuer *issuer, struct put *out)
{
    X509 *above = read_issuer(issuer);
    X509 *x = X509_new();
    const bool orphan = above == NULL && issuer->cert.size > 0;
    const bool ok = !orphan && x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
                    set_serial(x) && set_names(x, cert, above) && set_times(x, cert) &&
                    X509_set_pubkey(x, cert->key) == 1 && add_extensions(x, cert, above) &&
                    X509_sign(x, issuer->key, EVP_sha256()) > 0 && put_cert(x, out);
    X509_free(x);
    X509_free(above);
    ERR_clear_error();
    return orphan ? -EBADMSG : ok ? 0 : -ENOMEM;
}

/* ---- CRLs ---- */

static bool set_crl_times(X509_CRL *crl, const struct revocations *list)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)list->this_update);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)list->next_update);
    const bool ok = from != NULL && to != NULL && X509_CRL_set1_lastUpdate(crl, from) == 1 &&
                    X509_CRL_set1_nextUpdate(crl, to) == 1;
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return ok;
}

static bool add_crl_extensions(X509_CRL *crl, const struct revocations *list, X509 *issuer)
{
    X509V3_CTX ctx;
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *key =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
    const bool ok = number != NULL && key != NULL && X509_CRL_add_ext(crl, key, -1) == 1 &&
                    ASN1_INTEGER_set_uint64(number, list->number) == 1 &&
                    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
    X509_EXTENSION_free(key);
    ASN1_INTEGER_free(number);
    return ok;
}

static bool put_crl(const X509_CRL *crl, struct put *out)
{
    uint8_t *der = NULL;
    const int size = i2d_X509_CRL(crl, &der);
    return put_der(der, size, out);
}

int revocations_issue(const struct revocations *list, const struct issuer *issuer, struct put *out)
{
    X509 *above = read_issuer(issuer);
    X509_CRL *crl = X509_CRL_new();
    const bool ok = above != NULL && crl != NULL &&
                    X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                    X509_CRL_set_issuer_name(crl, X509_get_subject_name(above)) == 1 &&
                    set_crl_times(crl, list) && add_crl_extensions(crl, list, above) &&
                    X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0 && put_crl(crl, out);
    const bool orphan = above == NULL;
    X509_CRL_free(crl);
    X509_free(above);
    ERR_clear_error();
    return orphan ? -EBADMSG : ok ? 0 : -ENOMEM;
}
