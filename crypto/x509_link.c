/* SPDX-License-Identifier: Apache-2.0 */
/* Finds who issued what in a set and verifies it; see x509.h. Trusts the set's
 * anchors and OpenSSL's signature checks. */
#include "crypto/x509.h"

#include "base/der.h"
#include "crypto/x509_parse.h"

#define PATH_MAX_CERTS 8u
#define ISSUERS_MAX    4u /* tried for one signature; real sets have two of a name at most */

/* ---- extensions ---- */

#define OID(der) \
    (struct bytes) { .data = (const uint8_t *)(der), .size = sizeof(der) - 1 }
#define OID_KEY_USAGE         OID("\x55\x1d\x0f") /* 2.5.29.15 */
#define OID_BASIC_CONSTRAINTS OID("\x55\x1d\x13") /* 2.5.29.19 */

/* Bits of the first byte [RFC 5280 4.2.1.3]. */
enum {
    KEY_USAGE_DIGITAL_SIGNATURE = 0x80,
    KEY_USAGE_KEY_CERT_SIGN = 0x04,
    KEY_USAGE_CRL_SIGN = 0x02,
};

static bool read_key_usage(struct bytes value, struct x509_cert *cert)
{
    struct cur whole = cur_init(value);
    struct cur bits = cur_init(der_take(&whole, DER_BIT_STRING));
    const uint8_t unused = cur_u8(&bits);
    const struct bytes flags = cur_take(&bits, cur_left(&bits));
    cert->usage = flags.size > 0 ? flags.data[0] : 0;
    if (!cur_done(&whole) || flags.size == 0 || unused > 7)
        return false;
    const uint8_t padding = (uint8_t)((1u << unused) - 1); /* zero [X.690 11.2.1] */
    return (flags.data[flags.size - 1] & padding) == 0;
}

static bool read_basic_constraints(struct bytes value, struct x509_cert *cert)
{
    struct cur whole = cur_init(value);
    struct cur c = cur_init(der_take(&whole, DER_SEQUENCE));
    cert->ca = der_next_is(&c, DER_BOOLEAN) && der_take_boolean(&c);
    if (cur_left(&c) > 0) {
        const struct bytes length = der_take_integer(&c);
        if (length.size != 1 || length.data[0] >= 0x80 || !cert->ca)
            return false;
        cert->path_len = length.data[0];
    }
    return cur_done(&whole) && cur_done(&c);
}

static bool repeated(const struct x509_cert *cert, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (bytes_equal(cert->extensions[i].oid, cert->extensions[at].oid))
            return true;
    }
    return false;
}

/* Two kinds are understood; no other may be critical. */
static bool read_extensions(struct x509_cert *cert)
{
    bool ok = cert->v3;
    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct x509_extension *e = &cert->extensions[i];
        ok = ok && !repeated(cert, i);
        if (bytes_equal(e->oid, OID_KEY_USAGE))
            ok = read_key_usage(e->value, cert) && ok;
        else if (bytes_equal(e->oid, OID_BASIC_CONSTRAINTS))
            ok = read_basic_constraints(e->value, cert) && ok;
        else
            ok = ok && !e->critical;
    }
    return ok;
}

/* What a certificate says of itself. */
static unsigned own_faults(struct x509_cert *cert)
{
    cert->path_len = -1;
    cert->usage = 0xff;
    cert->ca = false;
    unsigned faults = read_extensions(cert) ? 0 : FAULT_EXTENSIONS;
    if (!cert->ca && (cert->usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        faults |= FAULT_KEY_USAGE;
    return faults;
}

/* ---- issuers ---- */

/* Of what is signed in that name, the issuer among the certificates: of those so named
 * the first whose key fits. Without one the fault is that of the closest miss. Roots
 * are few and pinned; of the rest only some are tried, or a sender who names them all
 * alike has every one tried for every signature. */
static const struct x509_cert *find_issuer(const struct x509_set *set, const struct x509_signed *s,
                                           struct bytes name, unsigned *fault)
{
    size_t tried = 0;
    *fault = FAULT_ISSUER;
    for (size_t i = 0; i < set->cert_count && tried < ISSUERS_MAX; i++) {
        const struct x509_cert *other = set->certs[i];
        if (!bytes_equal(other->subject, name))
            continue;
        if (!x509_algorithm_fits(s, other)) {
            *fault = *fault == FAULT_ISSUER ? FAULT_ALGORITHM : *fault;
        } else if (x509_signed_by(s, other)) {
            *fault = 0;
            return other;
        } else {
            *fault = FAULT_SIGNATURE;
            tried += other->anchor ? 0 : 1;
        }
    }
    return NULL;
}

static void find_cert_issuer(const struct x509_set *set, struct x509_cert *cert)
{
    unsigned fault;
    cert->issuer = find_issuer(set, &cert->sealed, cert->issuer_name, &fault);
    cert->faults |= fault;
    if (cert->issuer != NULL && (cert->issuer->usage & KEY_USAGE_KEY_CERT_SIGN) == 0)
        cert->faults |= FAULT_KEY_USAGE;
}

/* Walks to the root; a path longer than any real one is a circle. */
static void check_path(struct x509_cert *cert)
{
    int below = 0; /* intermediate CAs passed, those that issue themselves apart */
    const struct x509_cert *at = cert;
    for (size_t i = 0; at != NULL && !at->anchor; i++) {
        const struct x509_cert *issuer = at->issuer;
        if (issuer == at || i == PATH_MAX_CERTS) {
            cert->faults |= FAULT_ANCHOR;
            return;
        }
        const bool counts = at != cert && !bytes_equal(at->subject, at->issuer_name);
        below += counts ? 1 : 0;
        at = issuer;
        if (at != NULL && (!at->ca || (at->path_len >= 0 && below > at->path_len)))
            cert->faults |= FAULT_CONSTRAINTS;
    }
}

/* ---- CRLs ---- */

static void find_crl_issuer(const struct x509_set *set, struct x509_crl *crl)
{
    unsigned fault;
    crl->issuer = find_issuer(set, &crl->sealed, crl->issuer_name, &fault);
    crl->faults = fault;
    if (crl->critical) /* nothing that is critical in one is understood */
        crl->faults |= FAULT_EXTENSIONS;
    if (crl->issuer != NULL && (crl->issuer->usage & KEY_USAGE_CRL_SIGN) == 0)
        crl->faults |= FAULT_KEY_USAGE;
}

/* A CRL speaks for all certificates of its issuer's name and key. */
static bool covers(const struct x509_crl *crl, const struct x509_cert *cert)
{
    return crl->faults == 0 && cert->issuer != NULL &&
           (crl->issuer == cert->issuer ||
            (bytes_equal(crl->issuer->subject, cert->issuer->subject) &&
             bytes_equal(crl->issuer->spki, cert->issuer->spki)));
}

static bool lists(const struct x509_crl *crl, struct bytes serial)
{
    struct cur entries = cur_init(crl->entries);
    while (cur_ok(&entries) && cur_left(&entries) > 0) {
        if (bytes_equal(x509_take_revoked(&entries), serial))
            return true;
    }
    return false;
}

static void apply_crls(const struct x509_set *set, struct x509_cert *cert)
{
    for (size_t i = 0; i < set->crl_count; i++) {
        const struct x509_crl *crl = set->crls[i];
        if (!covers(crl, cert))
            continue;
        if (cert->crl == NULL || crl->this_update > cert->crl->this_update)
            cert->crl = crl;
        cert->revoked = cert->revoked || lists(crl, cert->serial);
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
            find_cert_issuer(set, set->certs[i]);
    }
    for (size_t i = 0; i < set->crl_count; i++)
        find_crl_issuer(set, set->crls[i]);
    for (size_t i = 0; i < set->cert_count; i++) {
        check_path(set->certs[i]);
        apply_crls(set, set->certs[i]);
    }
}
