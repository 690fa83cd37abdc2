/* SPDX-License-Identifier: Apache-2.0 */
/* By what the collateral of a machine is found: read from evidence, and believed by nobody. */
#ifndef SVC_STEWARD_MACHINE_H
#define SVC_STEWARD_MACHINE_H

#include "attest/claims.h"

#include <openssl/types.h>

struct machine {
    enum kind kind;
    uint8_t fmspc[6];     /* Intel's: of the PCK certificate */
    const char *ca;       /* "platform" or "processor" */
    struct claims claims; /* AMD's */
};

/* False when the evidence does not say. `curve`: see ecdsa_key(). */
bool machine_of(struct bytes evidence, const EC_KEY *curve, struct machine *out);

#endif
