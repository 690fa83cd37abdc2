/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of certificates and CRLs: reading, owning and asking them; x509_link.c
 * puts them together. Trusts OpenSSL's decoder. */
#include "crypto/x509.h"

#include "crypto/pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEMBER_MAX 64u

void x509_set_init(struct x509_set *set) { *set = (struct x509_set){0}; }

static void cert_free(struct x509_cert *cert)
{
    if (cert == NULL)
        return;
    X509_free(cert->x509);
    free((void *)cert->der.data);
    free(cert);
}

static void crl_free(struct x509_crl *crl)
{
    if (crl == NULL)
        return;
    X509_CRL_free(crl->crl);
    free((void *)crl->der.data);
    free(crl);
}

void x509_set_fini(struct x509_set *set)
{
    for (size_t i = 0; i < set->cert_count; i++)
        cert_free(set->certs[i]);
    for (size_t i = 0; i < set->crl_count; i++)
        crl_free(set->crls[i]);
    free(set->certs);
    free(set->crls);
    *set = (struct x509_set){0};
}

/* ---- one member ---- */

/* OpenSSL reads some BER as well: only what it would write itself will do. */
static bool is_der(struct bytes from, uint8_t *encoded, int size)
{
    const struct bytes again = {.data = encoded, .size = size < 0 ? 0 : (size_t)size};
    const bool same = bytes_equal(from, again);
    OPENSSL_free(encoded);
    return same;
}

static int own(struct bytes from, struct bytes *copy)
{
    uint8_t *data = malloc(from.size);
    if (data == NULL)
        return -ENOMEM;
    memcpy(data, from.data, from.size);
    *copy = (struct bytes){.data = data, .size = from.size};
    return 0;
}

/* Seconds since 1970; `otherwise` for what is no time. */
static int64_t seconds(const ASN1_TIME *time, int64_t otherwise)
{
    struct tm tm = {0};
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
        return otherwise;
    return (int64_t)timegm(&tm);
}

static int parse_cert(struct bytes from, struct x509_cert *cert)
{
    const uint8_t *pos = from.data;
    uint8_t *encoded = NULL;
    cert->x509 = d2i_X509(NULL, &pos, (long)from.size);
    const int size = cert->x509 == NULL ? -1 : i2d_X509(cert->x509, &encoded);
    ERR_clear_error();
    if (!is_der(from, encoded, size))
        return -EBADMSG;
    cert->key = X509_get0_pubkey(cert->x509);
    ERR_clear_error();
    if (cert->key == NULL)
        return -EBADMSG;
    cert->not_before = seconds(X509_get0_notBefore(cert->x509), INT64_MAX);
    cert->not_after = seconds(X509_get0_notAfter(cert->x509), INT64_MIN);
    return own(from, &cert->der);
}

static int parse_crl(struct bytes from, struct x509_crl *crl)
{
    const uint8_t *pos = from.data;
    uint8_t *encoded = NULL;
    crl->crl = d2i_X509_CRL(NULL, &pos, (long)from.size);
    const int size = crl->crl == NULL ? -1 : i2d_X509_CRL(crl->crl, &encoded);
    ERR_clear_error();
    if (!is_der(from, encoded, size))
        return -EBADMSG;
    crl->this_update = seconds(X509_CRL_get0_lastUpdate(crl->crl), INT64_MAX);
    crl->next_update = seconds(X509_CRL_get0_nextUpdate(crl->crl), 0);
    return own(from, &crl->der);
}

/* ---- the set ---- */

static bool has_cert(const struct x509_set *set, struct bytes der)
{
    for (size_t i = 0; i < set->cert_count; i++) {
        if (bytes_equal(set->certs[i]->der, der))
            return true;
    }
    return false;
}

static bool has_crl(const struct x509_set *set, struct bytes der)
{
    for (size_t i = 0; i < set->crl_count; i++) {
        if (bytes_equal(set->crls[i]->der, der))
            return true;
    }
    return false;
}

static int add_cert(struct x509_set *set, struct bytes der, bool anchor)
{
    if (has_cert(set, der))
        return 0;
    if (set->certs == NULL)
        set->certs = calloc(MEMBER_MAX, sizeof(struct x509_cert *));
    struct x509_cert *cert = calloc(1, sizeof(*cert));
    int result = set->certs == NULL || cert == NULL ? -ENOMEM : 0;
    if (result == 0 && set->cert_count == MEMBER_MAX)
        result = -EBADMSG;
    if (result == 0)
        result = parse_cert(der, cert);
    if (result < 0) {
        cert_free(cert);
        return result;
    }
    cert->anchor = anchor;
    set->certs[set->cert_count++] = cert;
    return 0;
}

static int add_crl(struct x509_set *set, struct bytes der)
{
    if (has_crl(set, der))
        return 0;
    if (set->crls == NULL)
        set->crls = calloc(MEMBER_MAX, sizeof(struct x509_crl *));
    struct x509_crl *crl = calloc(1, sizeof(*crl));
    int result = set->crls == NULL || crl == NULL ? -ENOMEM : 0;
    if (result == 0 && set->crl_count == MEMBER_MAX)
        result = -EBADMSG;
    if (result == 0)
        result = parse_crl(der, crl);
    if (result < 0) {
        crl_free(crl);
        return result;
    }
    set->crls[set->crl_count++] = crl;
    return 0;
}

enum member { MEMBER_ANCHOR, MEMBER_CERT, MEMBER_CRL };

static int add_der(struct x509_set *set, struct bytes der, enum member member)
{
    return member == MEMBER_CRL ? add_crl(set, der) : add_cert(set, der, member == MEMBER_ANCHOR);
}

static int add_pem(struct x509_set *set, struct bytes from, enum member member)
{
    const char *label = member == MEMBER_CRL ? "X509 CRL" : "CERTIFICATE";
    uint8_t *buffer = malloc(from.size);
    if (buffer == NULL)
        return -ENOMEM;
    struct cur c = cur_init(from);
    int result = 0;
    size_t count = 0;
    do {
        struct put out = put_init(buffer, from.size);
        result = pem_take(&c, label, &out);
        if (result > 0) {
            const int added = add_der(set, put_done(&out), member);
            result = added < 0 ? added : result;
            count++;
        }
    } while (result > 0);
    free(buffer);
    return result == 0 && count == 0 ? -EBADMSG : result;
}

static int add(struct x509_set *set, struct bytes from, enum member member)
{
    if (from.size == 0 || from.size > INT32_MAX)
        return -EBADMSG;
    return pem_is(from) ? add_pem(set, from, member) : add_der(set, from, member);
}

int x509_set_add_anchor(struct x509_set *set, struct bytes from)
{
    return add(set, from, MEMBER_ANCHOR);
}

int x509_set_add_certs(struct x509_set *set, struct bytes from)
{
    return add(set, from, MEMBER_CERT);
}

int x509_set_add_crls(struct x509_set *set, struct bytes from)
{
    return add(set, from, MEMBER_CRL);
}

/* ---- questions ---- */

const struct x509_cert *x509_root(const struct x509_cert *cert)
{
    while (cert != NULL && !cert->anchor && (cert->faults & FAULT_ANCHOR) == 0)
        cert = cert->issuer;
    return cert != NULL && cert->anchor ? cert : NULL;
}

static void common_name(const X509_NAME *name, char *text, size_t size)
{
    if (X509_NAME_get_text_by_NID(name, NID_commonName, text, (int)size) < 0)
        text[0] = '\0';
}

void x509_subject(const struct x509_cert *cert, char *text, size_t size)
{
    common_name(X509_get_subject_name(cert->x509), text, size);
}

void x509_issuer(const struct x509_cert *cert, char *text, size_t size)
{
    common_name(X509_get_issuer_name(cert->x509), text, size);
}

bool x509_extension(const struct x509_cert *cert, const char *oid, struct bytes *value)
{
    *value = (struct bytes){0};
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    if (object == NULL)
        return false;
    const int at = X509_get_ext_by_OBJ(cert->x509, object, -1);
    const bool once = at >= 0 && X509_get_ext_by_OBJ(cert->x509, object, at) < 0;
    ASN1_OBJECT_free(object);
    if (!once)
        return false;
    const ASN1_OCTET_STRING *octets = X509_EXTENSION_get_data(X509_get_ext(cert->x509, at));
    *value = (struct bytes){.data = ASN1_STRING_get0_data(octets),
                            .size = (size_t)ASN1_STRING_length(octets)};
    return true;
}

void x509_serial(const struct x509_cert *cert, uint8_t *out, size_t size)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert->x509);
    const uint8_t *data = ASN1_STRING_get0_data(serial);
    const size_t length = (size_t)ASN1_STRING_length(serial);
    memset(out, 0, size);
    const size_t kept = length < size ? length : size;
    memcpy(out + size - kept, data + length - kept, kept);
}
