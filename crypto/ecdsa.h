/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA over P-256 with SHA-256 and over P-384 with SHA-384 (FIPS 186-5 6), keys
 * and signatures as plain big-endian numbers. Trusts OpenSSL, nothing else. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include <openssl/evp.h>

#include "base/attr.h"
#include "base/cur.h"

enum curve { CURVE_P256, CURVE_P384 };

#define P256_SIZE 32u /* bytes of a coordinate, and of r and s */
#define P384_SIZE 48u

/* The public key with the coordinates x || y. 0, -EBADMSG when that is not a
 * point of the curve (infinity has no such form), or -ENOMEM. The caller frees. */
must_use int ecdsa_key_new(enum curve curve, struct bytes x_y, EVP_PKEY **key);

/* Verifies the signature r || s of `data`, hashed with the curve's SHA-2, by
 * `key`, which must lie on `curve`. Several `parts` count as one run of bytes.
 * 0, -EBADMSG when it is wrong, r or s outside 1 .. n-1 included, or -ENOMEM. */
must_use int ecdsa_verify(enum curve curve, EVP_PKEY *key, const struct bytes *parts, size_t count,
                          struct bytes r_s);

/* True when `key` is an EC key on `curve`. */
bool ecdsa_key_is(enum curve curve, const EVP_PKEY *key);

#endif
