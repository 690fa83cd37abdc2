/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of certificates and CRLs: owning and asking them; x509_parse.c reads and
 * x509_link.c puts them together. Trusts nothing. */
#include "crypto/x509.h"

#include "base/der.h"
#include "crypto/ecdsa.h"
#include "crypto/pem.h"
#include "crypto/x509_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER_MAX 64u

void x509_set_init(struct x509_set *set) { *set = (struct x509_set){0}; }

static void cert_free(struct x509_cert *cert)
{
    if (cert == NULL)
        return;
    x509_cert_fini(cert);
    free((void *)cert->der.data);
    free(cert);
}

static void crl_free(struct x509_crl *crl)
{
    if (crl == NULL)
        return;
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

static int own(struct bytes from, struct bytes *copy)
{
    uint8_t *data = malloc(from.size);
    if (data == NULL)
        return -ENOMEM;
    memcpy(data, from.data, from.size);
    *copy = (struct bytes){.data = data, .size = from.size};
    return 0;
}

const EC_KEY *x509_set_curve(const struct x509_set *set)
{
    for (size_t i = 0; i < set->cert_count; i++) {
        if (ecdsa_bits(set->certs[i]->ec) == 256)
            return set->certs[i]->ec;
    }
    return NULL;
}

static int read_cert(const struct x509_set *set, struct bytes from, struct x509_cert *cert)
{
    const int result = own(from, &cert->der);
    return result < 0 ? result : x509_parse_cert(cert->der, x509_set_curve(set), cert);
}

static int read_crl(struct bytes from, struct x509_crl *crl)
{
    const int result = own(from, &crl->der);
    return result < 0 ? result : x509_parse_crl(crl->der, crl);
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
        result = read_cert(set, der, cert);
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
        result = read_crl(der, crl);
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

/* The first common name, cut to `size`. */
static void common_name(struct bytes name, char *text, size_t size)
{
    static const struct bytes wanted = {(const uint8_t *)"\x55\x04\x03", 3}; /* 2.5.4.3 */
    struct cur whole = cur_init(name);
    struct cur list = cur_init(der_take(&whole, DER_SEQUENCE));
    text[0] = '\0';
    while (cur_ok(&list) && cur_left(&list) > 0) {
        struct cur set = cur_init(der_take(&list, DER_SET));
        struct cur pair = cur_init(der_take(&set, DER_SEQUENCE));
        if (!bytes_equal(der_take(&pair, DER_OID), wanted) || cur_left(&pair) == 0)
            continue;
        const struct bytes value = der_take(&pair, *pair.pos);
        const size_t kept = value.size < size ? value.size : size - 1;
        if (kept > 0)
            memcpy(text, value.data, kept);
        text[kept] = '\0';
        return;
    }
}

void x509_subject(const struct x509_cert *cert, char *text, size_t size)
{
    common_name(cert->subject, text, size);
}

void x509_issuer(const struct x509_cert *cert, char *text, size_t size)
{
    common_name(cert->issuer_name, text, size);
}

void x509_serial(const struct x509_cert *cert, uint8_t *out, size_t size)
{
    const struct bytes serial = cert->serial;
    memset(out, 0, size);
    const size_t kept = serial.size < size ? serial.size : size;
    memcpy(out + size - kept, serial.data + serial.size - kept, kept);
}
