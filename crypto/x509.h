/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs from anywhere, put together under pinned roots [RFC 5280].
 * Names are the same when their bytes are. Trusts OpenSSL's signature checks and
 * the roots.
 *
 * A set is filled, linked once and then only read. What it says of its members
 * holds at any time; whether a period of validity has passed is the reader's
 * question, and so is what to make of a fault. */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/types.h>

/* What is wrong with a certificate or CRL, whatever the time. */
enum x509_fault {
    FAULT_ISSUER = 1 << 0,      /* no certificate here has its issuer's name */
    FAULT_ANCHOR = 1 << 1,      /* leads to itself, or round in a circle */
    FAULT_ALGORITHM = 1 << 2,   /* not ECDSA P-256 with SHA-256, P-384 with SHA-384, or RSA-PSS
                                  4096 with SHA-384 and a salt of 48, in DER as AMD and Intel do */
    FAULT_SIGNATURE = 1 << 3,   /* by none of those that have its issuer's name: the roots
                                  and the first four others */
    FAULT_CONSTRAINTS = 1 << 4, /* an issuer that is no CA, or not for so long a path */
    FAULT_KEY_USAGE = 1 << 5,   /* issuer: keyCertSign or cRLSign; leaf: digitalSignature */
    FAULT_EXTENSIONS = 1 << 6,  /* critical and unknown, repeated, or malformed */
};

/* All slices are of the member's own bytes. */
struct x509_signed {
    struct bytes tbs; /* what is signed */
    struct bytes algorithm;
    struct bytes signature;
};

struct x509_extension {
    struct bytes oid;
    struct bytes value; /* what the OCTET STRING holds */
    bool critical;
};

#define X509_EXTENSIONS_MAX 32u /* a VCEK has 13 */

struct x509_crl {
    struct bytes der;
    struct x509_signed sealed;
    struct bytes issuer_name; /* DER */
    struct bytes entries;     /* of revoked certificates */
    bool critical;            /* has a critical extension */
    int64_t this_update;      /* seconds since 1970 */
    int64_t next_update;      /* 0 when it has none: expired at any time */

    const struct x509_cert *issuer; /* null when not found */
    unsigned faults;
};

struct x509_cert {
    struct bytes der;
    struct x509_signed sealed;
    struct bytes serial;
    struct bytes issuer_name; /* DER */
    struct bytes subject;     /* DER */
    struct bytes spki;        /* DER */
    struct x509_extension extensions[X509_EXTENSIONS_MAX];
    size_t extension_count;
    bool v3;
    int64_t not_before; /* seconds since 1970 */
    int64_t not_after;
    EC_KEY *ec; /* the key, one of these; neither when it is of another kind */
    EVP_PKEY *rsa;

    const struct x509_cert *issuer; /* null when not found; itself for an anchor */
    unsigned faults;                /* its own and, of its path, constraints and circles */
    bool anchor;                    /* one of the pinned roots */
    bool ca;
    int path_len;               /* -1: any */
    uint8_t usage;              /* first byte of keyUsage; all ones when it says nothing */
    const struct x509_crl *crl; /* the issuer's latest whose signature is good; null: none */
    bool revoked;               /* by any such CRL */
};

struct x509_set {
    struct x509_cert **certs; /* anchors first */
    size_t cert_count;
    struct x509_crl **crls;
    size_t crl_count;
};

void x509_set_init(struct x509_set *set);
void x509_set_fini(struct x509_set *set);

/* Adds what `from` holds: one DER object without a byte behind it, or PEM blocks
 * with only line ends between and at most one NUL at the end. What is there already
 * is not added again. 0, -EBADMSG (nothing, malformed, or more than 64 members) or -ENOMEM. */
must_use int x509_set_add_anchor(struct x509_set *set, struct bytes from);
must_use int x509_set_add_certs(struct x509_set *set, struct bytes from);
must_use int x509_set_add_crls(struct x509_set *set, struct bytes from);

/* The first key of the set on P-256, for ecdsa_key(); null when there is none. */
const EC_KEY *x509_set_curve(const struct x509_set *set);

/* Finds issuers, verifies every signature and fills in the rest. */
void x509_set_link(struct x509_set *set);

/* The root that `cert` leads to; null when there is none. */
const struct x509_cert *x509_root(const struct x509_cert *cert);

/* Common names as text, cut to `size`; "" when there is none. */
void x509_subject(const struct x509_cert *cert, char *text, size_t size);
void x509_issuer(const struct x509_cert *cert, char *text, size_t size);

/* The value of the one extension with this object identifier, "1.3.6...": what
 * its OCTET STRING holds, borrowed. False when there is none, or several. */
bool x509_extension(const struct x509_cert *cert, const char *oid, struct bytes *value);

/* The serial number's magnitude, right-aligned; what is longer is cut at the left. */
void x509_serial(const struct x509_cert *cert, uint8_t *out, size_t size);

#endif
