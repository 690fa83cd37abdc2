/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's own key: P-256, made in the keep, never outside it. Trusts the keep's
 * random numbers. */
#ifndef EXEC_IDENTITY_H
#define EXEC_IDENTITY_H

#include "base/attr.h"
#include "crypto/key.h"

struct keep_identity {
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE]; /* DER SubjectPublicKeyInfo */
};

/* 0 or -ENOMEM. */
must_use int identity_init(struct keep_identity *identity);

/* Wipes the key. */
void identity_fini(struct keep_identity *identity);

#endif
