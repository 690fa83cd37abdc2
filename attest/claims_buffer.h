/* SPDX-License-Identifier: Apache-2.0 */
/* The claims buffer that report data binds [CCC-RA-TLS 3]: a CBOR map with text
 * keys. Trusts nothing. */
#ifndef ATTEST_CLAIMS_BUFFER_H
#define ATTEST_CLAIMS_BUFFER_H

#include "base/attr.h"
#include "base/cur.h"

/* Hash algorithms of pubkey-hash, from IANA's registry of named information. */
enum { HASH_SHA256 = 1, HASH_SHA384 = 7, HASH_SHA512 = 8 };

/* Slices are borrowed; empty where the key is not there. */
struct claims_buffer {
    uint64_t key_hash_algorithm;
    struct bytes key_hash; /* of the DER SubjectPublicKeyInfo */
    struct bytes nonce;
    struct bytes profile;      /* eat-profile, text */
    struct bytes purpose;      /* text */
    struct bytes workload;     /* 32 bytes */
    struct bytes tls_exporter; /* 32 bytes */
};

/* 0, or -EBADMSG: not shortest-form CBOR, a key unknown or twice, no pubkey-hash,
 * an eat-profile without a purpose, or a value of another type or size. */
must_use int claims_buffer_parse(struct bytes from, struct claims_buffer *out);

/* Whether the key hash is that of this DER SubjectPublicKeyInfo. 0, -EBADMSG when
 * it is not or the algorithm is unknown, or -ENOMEM. */
must_use int claims_buffer_check_key(const struct claims_buffer *claims, struct bytes public_key);

#endif
