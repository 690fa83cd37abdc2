/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation's stand-in for Intel: keys and certificates of this user on this
 * machine, made on first use in $XDG_STATE_HOME/enarx/sim/authority.pem. Trusts
 * that file, which nobody else can read. Verifiers trust none of it, unless a
 * policy names the root. */
#ifndef SIM_SGX_AUTHORITY_H
#define SIM_SGX_AUTHORITY_H

#include "host/fault.h"

#include "base/attr.h"
#include "base/put.h"

#include <openssl/evp.h>

enum signer {
    SIGNER_ROOT,     /* issues the platform CA and the TCB signer */
    SIGNER_PLATFORM, /* issues PCK certificates */
    SIGNER_PCK,      /* the machine's: signs the quoting enclave's report */
    SIGNER_TCB,      /* signs TCB info and QE identity */
    SIGNER_COUNT,
};

#define AUTHORITY_CERT_MAX 2048u

struct authority {
    EVP_PKEY *keys[SIGNER_COUNT];
    struct {
        uint8_t der[AUTHORITY_CERT_MAX];
        size_t size;
    } certs[SIGNER_COUNT];
};

/* Of processes that find none at once, one makes it and all use that. 0, or -errno
 * with `fault` filled. */
must_use int authority_open(struct authority *a, struct fault *fault);
void authority_close(struct authority *a);

/* The certificates of `signer` and of all above it, up to the root, in PEM. */
void authority_put_chain(const struct authority *a, enum signer signer, struct put *out);

#endif
