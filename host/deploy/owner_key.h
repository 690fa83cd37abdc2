/* SPDX-License-Identifier: Apache-2.0 */
/* The key by which an owner gets back to workloads left running: P-256, in
 * $XDG_STATE_HOME/enarx/owner.key, made once. Trusts that file, which nobody else can
 * read. */
#ifndef HOST_DEPLOY_OWNER_KEY_H
#define HOST_DEPLOY_OWNER_KEY_H

#include "crypto/key.h"
#include "host/fault.h"
#include "tls/certificate.h"
#include "tls/session.h"

struct owner_key {
    EVP_PKEY *key;
    uint8_t public[KEY_PUBLIC_SIZE];   /* DER SubjectPublicKeyInfo */
    uint8_t cert[TLS_CERTIFICATE_MAX]; /* around it, for TLS */
    struct tls_identity identity;      /* slices of the above */
};

/* Of processes that find none at once, one makes it and all use that. With `make` false,
 * -ENOENT where there is none. 0 or -errno with `fault` filled; call owner_key_close in any
 * case. */
must_use int owner_key_open(struct owner_key *k, bool make, struct fault *fault);
void owner_key_close(struct owner_key *k);

#endif
