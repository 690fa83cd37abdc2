/* SPDX-License-Identifier: Apache-2.0 */
/* Issues certificates and CRLs for tests, right and wrong ones, signed with P-384. */
#ifndef TESTS_ATTEST_ISSUER_H
#define TESTS_ATTEST_ISSUER_H

#include "base/cur.h"

#include <openssl/evp.h>

struct blob {
    uint8_t data[4096];
    size_t size;
};

#define BLOB_BYTES(b) ((struct bytes){.data = (b)->data, .size = (b)->size})

struct issue_extension {
    const char *oid;
    struct bytes value; /* what the OCTET STRING holds */
    bool critical;
};

#define ISSUE_EXTENSIONS 16u

struct issue_cert {
    const char *subject; /* common names */
    const char *issuer;
    EVP_PKEY *key;
    EVP_PKEY *issuer_key;
    const char *digest;      /* of the signature; null: SHA384 */
    const char *constraints; /* "critical,CA:TRUE,pathlen:0", or null */
    const char *usage;       /* "critical,keyCertSign", or null */
    long serial;
    int64_t not_before;
    int64_t not_after;
    struct issue_extension extensions[ISSUE_EXTENSIONS]; /* up to one without oid */
};

struct issue_crl {
    const char *issuer;
    EVP_PKEY *issuer_key;
    const char *digest; /* of the signature; null: SHA384 */
    long revoked;       /* a serial number; 0: none */
    int64_t this_update;
    int64_t next_update;      /* 0: none given */
    const char *critical_oid; /* an extension nobody knows, or null */
};

/* A new P-384 key; free with EVP_PKEY_free. These end the test when OpenSSL fails. */
EVP_PKEY *issue_key(void);
struct blob issue_cert(const struct issue_cert *cert);
struct blob issue_crl(const struct issue_crl *crl);

#endif
