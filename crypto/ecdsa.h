/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA over P-256 and P-384 for raw keys and signatures [FIPS 186-5]. Trusts
 * OpenSSL, which refuses r and s of 0, of n and above. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/types.h>

/* The key at a point X || Y of 64 (P-256) or 96 bytes (P-384), big-endian. `like` is
 * null or any key, whose curve is copied when it is the one: made anew it takes five
 * times as long. 0, -EBADMSG when the point is not on the curve, or -ENOMEM. */
must_use int ecdsa_key(struct bytes point, const EC_KEY *like, EC_KEY **key);
void ecdsa_key_free(EC_KEY *key);

/* Bits of a coordinate: 256 or 384; 0 when there is no key. */
int ecdsa_bits(const EC_KEY *key);

/* Verifies r || s, big-endian and of the curve's size, over the digest of
 * `message`: SHA-256 with P-256, SHA-384 with P-384. 0, -EBADMSG when it is wrong
 * or there is no key, or -ENOMEM. */
must_use int ecdsa_verify(EC_KEY *key, struct bytes message, struct bytes signature);

/* The same of a signature as certificates have it: a DER SEQUENCE of r and s. */
must_use int ecdsa_verify_der(EC_KEY *key, struct bytes message, struct bytes signature);

#endif
