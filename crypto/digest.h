/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 and HMAC-SHA-256 (FIPS 180-4, FIPS 198-1) over OpenSSL. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/attr.h"
#include "base/cur.h"

#define SHA256_SIZE 32u
#define SHA384_SIZE 48u
#define SHA512_SIZE 64u

/* 0, or -ENOMEM when OpenSSL fails. */
must_use int sha256(struct bytes data, uint8_t out[static SHA256_SIZE]);
must_use int sha384(struct bytes data, uint8_t out[static SHA384_SIZE]);
must_use int sha512(struct bytes data, uint8_t out[static SHA512_SIZE]);

/* Of the concatenation of `count` parts. The same. */
must_use int sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static SHA256_SIZE]);

/* Of bytes that come one after the other: begin, add any number of times, end. */
struct sha256_stream {
    aligned_to(8) uint8_t state[128];
    bool failed;
};
void sha256_begin(struct sha256_stream *s);
void sha256_add(struct sha256_stream *s, struct bytes data);
must_use int sha256_end(struct sha256_stream *s, uint8_t out[static SHA256_SIZE]);

/* HMAC over the concatenation of `count` parts. 0, -EINVAL for a key of more than
 * 64 bytes, or -ENOMEM. */
must_use int hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                         uint8_t out[static SHA256_SIZE]);

#endif
