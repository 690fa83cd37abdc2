/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs [RFC 5280], signed with P-256 and SHA-256. Trusts
 * OpenSSL and its caller. */
#ifndef CRYPTO_ISSUE_H
#define CRYPTO_ISSUE_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

#include <openssl/evp.h>

struct certificate {
    const char *organisation; /* of the subject */
    const char *name;         /* its common name */
    EVP_PKEY *key;            /* its public half is certified */
    bool ca;                  /* signs certificates and CRLs; else signs other things */
    unsigned path_length;     /* of a CA: how many CAs may stand below it */
    int64_t not_before;       /* seconds since 1970 */
    int64_t not_after;

    /* One extension of its own, not critical; without an object identifier, none. */
    const char *extension_oid;
    struct bytes extension; /* what its OCTET STRING holds */
};

struct revocations { /* of nothing: an empty list */
    uint64_t number;
    int64_t this_update;
    int64_t next_update;
};

struct issuer {
    struct bytes cert; /* DER; empty: the certificate issues itself */
    EVP_PKEY *key;
};

/* DER behind what `out` holds, under a random serial number. 0, -EBADMSG when the
 * issuer's certificate is malformed, or -ENOMEM. */
must_use int certificate_issue(const struct certificate *cert, const struct issuer *issuer,
                               struct put *out);
must_use int revocations_issue(const struct revocations *list, const struct issuer *issuer,
                               struct put *out);

#endif
