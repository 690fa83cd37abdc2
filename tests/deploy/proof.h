/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a keep that never was, by the simulation's keys of this user: right in
 * every field but one. */
#ifndef TESTS_DEPLOY_PROOF_H
#define TESTS_DEPLOY_PROOF_H

#include "conf/evidence_claims.h"
#include "include/sgx_arch.h"

#include <stdbool.h>

struct proof {
    struct evidence_claims claims;
    struct sgx_report_body body;
    uint8_t other[32]; /* a digest that nobody knows */
    bool unbound;      /* report data is not of the claims */
    bool nothing;      /* no quote at all */
    size_t cut;        /* bytes off the quote's end */
    size_t flip;       /* a bit of this byte of it, but the first */

    uint8_t claims_buffer[EVIDENCE_CLAIMS_MAX];
    size_t claims_size;
    uint8_t quote[16384];
    size_t quote_size;
};

/* Before all others: opens the simulation's keys. Ends the program when it cannot. */
void proof_open(void);

/* What is wrong with it, by name; null when there is no such fault. */
struct proof_fault;
const struct proof_fault *proof_fault_find(const char *name);

/* Of an enclave of that measurement, as ours are, with those claims; `fault` may be
 * null. Ends the program when it cannot. */
void proof_make(struct proof *p, const struct evidence_claims *claims,
                const uint8_t mrenclave[static 32], const struct proof_fault *fault);

#endif
