/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of P-256 [FIPS 186-5]: made, used, kept. Trusts OpenSSL and its
 * random numbers. Free with EVP_PKEY_free, which wipes them. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

#include <openssl/evp.h>

#define KEY_POINT_SIZE     64u
#define KEY_SIGNATURE_SIZE 64u
#define KEY_PUBLIC_SIZE    91u /* DER SubjectPublicKeyInfo */

/* 0 or -ENOMEM. */
must_use int key_generate(EVP_PKEY **key);

/* X || Y, big-endian. 0, or -EBADMSG when the key is of another kind. */
must_use int key_point(const EVP_PKEY *key, uint8_t point[static KEY_POINT_SIZE]);

/* The DER SubjectPublicKeyInfo [RFC 5480 2]. The same. */
must_use int key_public(const EVP_PKEY *key, uint8_t der[static KEY_PUBLIC_SIZE]);

/* 0 when `der` is what key_public writes of a key, else -EBADMSG. */
must_use int key_public_check(struct bytes der);

/* r || s, big-endian, over the SHA-256 of `message`. 0 or -ENOMEM. */
must_use int key_sign(EVP_PKEY *key, struct bytes message,
                      uint8_t signature[static KEY_SIGNATURE_SIZE]);

/* The private key in DER [RFC 5915 3], behind what `out` holds. 0 or -ENOMEM. */
must_use int key_put(const EVP_PKEY *key, struct put *out);

/* The reverse. 0, or -EBADMSG for what is not a whole key of P-256. */
must_use int key_parse(struct bytes der, EVP_PKEY **key);

#endif
