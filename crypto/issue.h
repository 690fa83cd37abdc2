/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs [RFC 5280], signed with P-256 and SHA-256. Trusts
 * OpenSSL and its caller. */
#ifndef CRYPTO_ISSUE_H
#define CRYPTO_ISSUE_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

#include <openssl/evp.h>

/* Beside those that every certificate gets: key identifiers, basicConstraints, keyUsage. */
struct certificate_extension {
    const char *oid; /* "2.5.29.17" */
    bool critical;
    struct bytes value; /* what its OCTET STRING holds */
};

struct certificate {
    const char *organisation; /* of the subject */
    const char *name;         /* its common name */
    struct bytes public_key;  /* DER SubjectPublicKeyInfo */
    bool ca;                  /* signs certificates and CRLs; else signs other things */
    unsigned path_length;     /* of a CA: how many CAs may stand below it, 127 at most */
    int64_t not_before;       /* seconds since 1970 */
    int64_t not_after;
    const struct certificate_extension *extensions;
    size_t extension_count;
};

struct revocations { /* of nothing: an empty list */
    uint64_t number;
    int64_t this_update;
    int64_t next_update;
};

#define KEY_ID_SIZE 20u

struct issuer {
    EVP_PKEY *key;
    struct bytes name;           /* DER; empty: the certificate issues itself */
    uint8_t key_id[KEY_ID_SIZE]; /* subjectKeyIdentifier */
    size_t key_id_size;          /* 0: it has none */
};

/* Who issues with this certificate, DER, and its key. Both are borrowed. 0, -EBADMSG when
 * it is malformed, or -ENOMEM. */
must_use int issuer_of(struct bytes cert, EVP_PKEY *key, struct issuer *out);

/* DER behind what `out` holds, under a random serial number. 0, -EBADMSG when the public
 * key is malformed or, of a CRL, nobody issues it, or -ENOMEM. */
must_use int certificate_issue(const struct certificate *cert, const struct issuer *issuer,
                               struct put *out);
must_use int revocations_issue(const struct revocations *list, const struct issuer *issuer,
                               struct put *out);

/* The name of organisation and common name, DER [RFC 5280 4.1.2.4]. */
void certificate_put_name(struct put *out, const char *organisation, const char *name);

/* One extension; see struct certificate_extension. */
void certificate_put_extension(struct put *out, const struct certificate_extension *extension);

#define OID_SUBJECT_ALT_NAME "2.5.29.17"

/* The value of subjectAltName: of these host names alone [RFC 5280 4.2.1.6]. */
void certificate_put_host_names(struct put *out, const struct bytes *names, size_t count);

/* SEQUENCE of `tbs`, its algorithm and its signature by `key`. 0 or -ENOMEM. */
must_use int certificate_put_signed(struct put *out, struct bytes tbs, EVP_PKEY *key);

#endif
