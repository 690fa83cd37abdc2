/* SPDX-License-Identifier: Apache-2.0 */
/* Finds who issued what in a set and verifies it; see x509.h. Trusts the set's
 * anchors and OpenSSL's signature checks. */
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_CERTS 8u

/* ---- algorithms ---- */

/* AlgorithmIdentifiers to the letter: RSA-PSS has parameters that must not vary,
 * of which AMD writes the default trailer field out in some certificates. */
#define PSS(length, inner, end)                                            \
    "\x30" length "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30" inner \
    "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00" \
    "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"         \
    "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30" end

static const struct algorithm {
    const char *der;
    size_t size;
    const char *key; /* type of the issuer's */
    int bits;
} algorithms[] = {
#define ALGORITHM(der, key, bits)       \
    {                                   \
        der, sizeof(der) - 1, key, bits \
    }
    ALGORITHM("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", "EC", 256),
    ALGORITHM("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", "EC", 384),
    ALGORITHM(PSS("\x41", "\x34", ""), "RSA", 4096),
    ALGORITHM(PSS("\x46", "\x39", "\xa3\x03\x02\x01\x01"), "RSA", 4096),
};

static const struct algorithm *algorithm_of(const X509_ALGOR *algor)
{
    uint8_t *der = NULL;
    const int size = i2d_X509_ALGOR(algor, &der);
    const struct algorithm *found = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(algorithms) && size > 0; i++) {
        if (algorithms[i].size == (size_t)size && memcmp(algorithms[i].der, der, (size_t)size) == 0)
            found = &algorithms[i];
    }
    OPENSSL_free(der);
    return found;
}

static bool fits(const struct algorithm *a, const EVP_PKEY *key)
{
    if (a == NULL || EVP_PKEY_is_a(key, a->key) != 1 || EVP_PKEY_get_bits(key) != a->bits)
        return false;
    char group[32] = "";
    if (strcmp(a->key, "EC") == 0)
        EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    return strcmp(a->key, "EC") != 0 ||
           strcmp(group, a->bits == 256 ? SN_X9_62_prime256v1 : SN_secp384r1) == 0;
}

/* ---- extensions ---- */

/* Whether all critical ones are of two kinds, which OpenSSL has decoded. */
static bool extensions_ok(const STACK_OF(X509_EXTENSION) * extensions)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *e = sk_X509_EXTENSION_value(extensions, i);
        const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
        const bool known = nid == NID_basic_constraints || nid == NID_key_usage;
        if (X509_EXTENSION_get_critical(e) != 0 && !known)
            return false;
        for (int j = 0; j < i; j++) {
            X509_EXTENSION *other = sk_X509_EXTENSION_value(extensions, j);
            if (OBJ_cmp(X509_EXTENSION_get_object(e), X509_EXTENSION_get_object(other)) == 0)
                return false;
        }
    }
    return true;
}

/* In a CRL nothing that is critical is understood, in its entries neither. */
static bool crl_extensions_ok(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) != 0)
            return false;
    }
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED((X509_CRL *)crl);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        for (int j = 0; j < X509_REVOKED_get_ext_count(entry); j++) {
            if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(entry, j)) != 0)
                return false;
        }
    }
    return true;
}

/* What a certificate says of itself. */
static unsigned own_faults(struct x509_cert *cert)
{
    const uint32_t flags = X509_get_extension_flags(cert->x509);
    const uint32_t usage = X509_get_key_usage(cert->x509); /* all ones when it says nothing */
    unsigned faults = 0;
    cert->ca = (flags & EXFLAG_CA) != 0;
    if ((flags & (EXFLAG_INVALID | EXFLAG_V1)) != 0 ||
        !extensions_ok(X509_get0_extensions(cert->x509)))
        faults |= FAULT_EXTENSIONS;
    if (!cert->ca && (usage & KU_DIGITAL_SIGNATURE) == 0)
        faults |= FAULT_KEY_USAGE;
    return faults;
}

/* ---- issuers ---- */

static bool named(const struct x509_cert *cert, const X509_NAME *name)
{
    return X509_NAME_cmp(X509_get_subject_name(cert->x509), name) == 0;
}

/* Of those with the right name, the first whose key fits. Without one the fault
 * is that of the closest miss. */
static void find_issuer(const struct x509_set *set, struct x509_cert *cert)
{
    const X509_ALGOR *algor = NULL;
    X509_get0_signature(NULL, &algor, cert->x509);
    const struct algorithm *algorithm = algorithm_of(algor);
    unsigned fault = FAULT_ISSUER;
    for (size_t i = 0; i < set->cert_count && cert->issuer == NULL; i++) {
        const struct x509_cert *other = set->certs[i];
        if (!named(other, X509_get_issuer_name(cert->x509)))
            continue;
        if (!fits(algorithm, other->key))
            fault = fault == FAULT_ISSUER ? FAULT_ALGORITHM : fault;
        else if (X509_verify(cert->x509, other->key) == 1)
            cert->issuer = other;
        else
            fault = FAULT_SIGNATURE;
    }
    if (cert->issuer == NULL)
        cert->faults |= fault;
    else if ((X509_get_key_usage(cert->issuer->x509) & KU_KEY_CERT_SIGN) == 0)
        cert->faults |= FAULT_KEY_USAGE;
}

/* Walks to the root; a path longer than any real one is a circle. */
static void check_path(struct x509_cert *cert)
{
    long below = 0; /* intermediate CAs passed, those that issue themselves apart */
    const struct x509_cert *at = cert;
    for (size_t i = 0; at != NULL && !at->anchor; i++) {
        const struct x509_cert *issuer = at->issuer;
        if (issuer == at || i == PATH_MAX_CERTS) {
            cert->faults |= FAULT_ANCHOR;
            return;
        }
        const bool counts = at != cert && !named(at, X509_get_issuer_name(at->x509));
        below += counts ? 1 : 0;
        at = issuer;
        const long most = at == NULL ? -1 : X509_get_pathlen(at->x509);
        if (at != NULL && (!at->ca || (most >= 0 && below > most)))
            cert->faults |= FAULT_CONSTRAINTS;
    }
}

/* ---- CRLs ---- */

static void find_crl_issuer(const struct x509_set *set, struct x509_crl *crl)
{
    const X509_ALGOR *algor = NULL;
    X509_CRL_get0_signature(crl->crl, NULL, &algor);
    const struct algorithm *algorithm = algorithm_of(algor);
    crl->faults = crl_extensions_ok(crl->crl) ? 0 : FAULT_EXTENSIONS;
    unsigned fault = FAULT_ISSUER;
    for (size_t i = 0; i < set->cert_count && crl->issuer == NULL; i++) {
        const struct x509_cert *other = set->certs[i];
        if (!named(other, X509_CRL_get_issuer(crl->crl)))
            continue;
        if (!fits(algorithm, other->key))
            fault = fault == FAULT_ISSUER ? FAULT_ALGORITHM : fault;
        else if (X509_CRL_verify(crl->crl, other->key) == 1)
            crl->issuer = other;
        else
            fault = FAULT_SIGNATURE;
    }
    if (crl->issuer == NULL)
        crl->faults |= fault;
    else if ((X509_get_key_usage(crl->issuer->x509) & KU_CRL_SIGN) == 0)
        crl->faults |= FAULT_KEY_USAGE;
}

/* A CRL speaks for all certificates of its issuer's name and key. */
static bool covers(const struct x509_crl *crl, const struct x509_cert *cert)
{
    return crl->faults == 0 && cert->issuer != NULL &&
           (crl->issuer == cert->issuer ||
            (named(crl->issuer, X509_get_subject_name(cert->issuer->x509)) &&
             EVP_PKEY_eq(crl->issuer->key, cert->issuer->key) == 1));
}

static void apply_crls(const struct x509_set *set, struct x509_cert *cert)
{
    for (size_t i = 0; i < set->crl_count; i++) {
        const struct x509_crl *crl = set->crls[i];
        X509_REVOKED *entry = NULL;
        if (!covers(crl, cert))
            continue;
        if (cert->crl == NULL || crl->this_update > cert->crl->this_update)
            cert->crl = crl;
        if (X509_CRL_get0_by_cert(crl->crl, &entry, cert->x509) == 1)
            cert->revoked = true;
    }
}

/* ---- the whole ---- */

void x509_set_link(struct x509_set *set)
{
    for (size_t i = 0; i < set->cert_count; i++)
        set->certs[i]->faults = own_faults(set->certs[i]);
    for (size_t i = 0; i < set->cert_count; i++) {
        if (set->certs[i]->anchor)
            set->certs[i]->issuer = set->certs[i];
        else
            find_issuer(set, set->certs[i]);
    }
    for (size_t i = 0; i < set->crl_count; i++)
        find_crl_issuer(set, set->crls[i]);
    for (size_t i = 0; i < set->cert_count; i++) {
        check_path(set->certs[i]);
        apply_crls(set, set->certs[i]);
    }
    ERR_clear_error();
}
