/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA over P-256 and P-384 for raw keys and signatures [FIPS 186-5]. Trusts
 * OpenSSL, which refuses r and s of 0, of n and above. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "base/attr.h"
#include "base/cur.h"

#include <openssl/evp.h>

/* The key at a point X || Y of 64 (P-256) or 96 bytes (P-384), big-endian.
 * 0, -EBADMSG when it is not on the curve, or -ENOMEM. Free with EVP_PKEY_free. */
must_use int ecdsa_key(struct bytes point, EVP_PKEY **key);

/* Verifies r || s, big-endian and of the curve's size, over the digest of
 * `message`: SHA-256 with P-256, SHA-384 with P-384. 0, -EBADMSG when it is wrong
 * or the key is of another kind, or -ENOMEM. */
must_use int ecdsa_verify(EVP_PKEY *key, struct bytes message, struct bytes signature);

#endif
