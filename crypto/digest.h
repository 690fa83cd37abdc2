/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, FIPS 198-1) over OpenSSL. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/attr.h"
#include "base/cur.h"

#define SHA256_SIZE 32u

/* 0, or -ENOMEM when OpenSSL fails. */
must_use int sha256(struct bytes data, uint8_t out[static SHA256_SIZE]);

/* HMAC over the concatenation of `count` parts. 0, -EINVAL for a key of more than
 * 64 bytes, or -ENOMEM. */
must_use int hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                         uint8_t out[static SHA256_SIZE]);

#endif
