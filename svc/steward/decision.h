/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a certificate, and of which names: an application, the policy, the time in; an
 * order to sign out, or the first reason why not. No I/O, no clock. Trusts the policy. */
#ifndef SVC_STEWARD_DECISION_H
#define SVC_STEWARD_DECISION_H

#include "attest/attest.h"
#include "svc/steward/application.h"
#include "svc/steward/collateral.h"
#include "svc/steward/nonce.h"

struct judge {
    const struct policy_file *policy;
    bool legacy; /* takes the original's form, too */
    uint8_t nonce_key[NONCE_KEY_SIZE];
    struct nonces_used *used;
    const struct store *store;
    struct attest_cache *cache;
    const EC_KEY *curve; /* a key on P-256, see ecdsa_key(), or null */
};

struct decision {
    enum steward_check check; /* STEWARD_PASSED: sign `order` */
    struct order order;       /* of measurement and workload as much as is known */
    bool appraised;           /* `result` is that of the evidence */
    struct attest_result result;
};

/* 0, or -ENOMEM: then nothing is to be signed. */
must_use int decide(const struct judge *judge, struct bytes der, int64_t now, struct decision *out);

/* What about this policy keeps a steward from using it, or null; `nameless`: it may be without
 * [[names]]. */
const char *decision_policy_fault(const struct policy_file *policy, bool nameless);

#endif
