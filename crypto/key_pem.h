/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of P-256 as text [RFC 5915 4]. Trusts OpenSSL. */
#ifndef CRYPTO_KEY_PEM_H
#define CRYPTO_KEY_PEM_H

#include "crypto/key.h"

#define KEY_PEM_MAX 512u /* bytes that key_pem_put writes at most */

/* Behind what `out` holds. 0 or -ENOMEM. */
must_use int key_pem_put(const EVP_PKEY *key, struct put *out);

/* The next block of `c`. 0, or -EBADMSG for what is not a whole key of P-256. */
must_use int key_pem_take(struct cur *c, EVP_PKEY **key);

#endif
