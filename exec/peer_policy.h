/* SPDX-License-Identifier: Apache-2.0 */
/* Who may be on the other side of an attested TLS stream: whoever shows a certificate with
 * evidence in it that passes a policy. Trusts attest/ for the verdict, and of the host
 * nothing: what it brings of collateral has to lead to pinned roots. */
#ifndef EXEC_PEER_POLICY_H
#define EXEC_PEER_POLICY_H

#include "attest/attest.h"
#include "conf/collateral.h"
#include "conf/policy_toml.h"

struct peer_policy {
    struct policy_file file;
    struct attest_cache *cache;
    struct bytes own; /* what replaces measurement = "self": a slice of the keep's claims */
    const struct collateral_set *collateral;
};

/* By the policy.toml in `text`. `own` is what this keep can prove of itself; both it and
 * `collateral` are borrowed. 0, -EBADMSG for a text that is none, -ENOTSUP for measurement =
 * "self" in a keep that has none, or -ENOMEM. It stays where it is. */
must_use int peer_policy_init(struct peer_policy *p, struct bytes text, const struct claims *own,
                              const struct collateral_set *collateral);
void peer_policy_fini(struct peer_policy *p);

/* A tls_judge, with a struct peer_policy. */
bool peer_policy_judge(void *policy, struct bytes cert, int64_t now, char *why, size_t size);

#endif
