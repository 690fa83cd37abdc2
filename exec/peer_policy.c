/* SPDX-License-Identifier: Apache-2.0 */
/* Peers by their evidence; see peer_policy.h. */
#include "exec/peer_policy.h"

#include "attest/carrier.h"
#include "conf/evidence_claims.h"
#include "exec/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS_MAX 16u /* peers whose certificates are remembered */

/* ---- the policy ---- */

/* The same image runs in the same kind of TEE: no other kind can have its measurement. */
static int put_own(struct peer_policy *p, const struct claims *own)
{
    struct policy *policy = &p->file.policy;
    const struct bytes_list list = {.items = &p->own, .count = 1};
    if (!CHECK(policy_own, own->decoded && (policy->kinds & 1u << own->kind) != 0))
        return -ENOTSUP;
    if (own->kind == KIND_SGX) {
        p->own = (struct bytes){own->sgx.mrenclave, sizeof(own->sgx.mrenclave)};
        policy->sgx.mrenclaves = list;
    } else if (own->kind == KIND_SNP) {
        p->own = (struct bytes){own->snp.measurement, sizeof(own->snp.measurement)};
        policy->snp.measurements = list;
    } else {
        return -ENOTSUP;
    }
    policy->kinds = 1u << own->kind;
    policy->same_image = false;
    return 0;
}

int peer_policy_init(struct peer_policy *p, struct bytes text, const struct claims *own,
                     const struct collateral_set *collateral)
{
    struct toml_error unused;
    *p = (struct peer_policy){.collateral = collateral};
    int error = policy_toml_parse(text, &p->file, &unused);
    if (error < 0)
        return error;
    p->file.policy.purpose =
        CHECKED(policy_purpose, bytes_of_text(PURPOSE_CERTIFICATE), p->file.policy.purpose);
    p->cache = attest_cache_new(CHAINS_MAX);
    error = p->cache == NULL ? -ENOMEM : p->file.policy.same_image ? put_own(p, own) : 0;
    if (error < 0)
        peer_policy_fini(p);
    return error;
}

void peer_policy_fini(struct peer_policy *p)
{
    attest_cache_free(p->cache);
    policy_toml_fini(&p->file);
    *p = (struct peer_policy){0};
}

/* ---- the verdict ---- */

/* A certificate's own endorsements, and those at hand. */
struct endorsements {
    struct bytes certs[CARRIER_CERTS_MAX + COLLATERAL_NAMES];
    struct bytes crls[CARRIER_CRLS_MAX + COLLATERAL_NAMES];
};

static struct bytes_list join(struct bytes *to, const struct bytes *a, size_t a_count,
                              const struct bytes *b, size_t b_count)
{
    memcpy(to, a, a_count * sizeof(*a));
    memcpy(to + a_count, b, b_count * sizeof(*b));
    return (struct bytes_list){.items = to, .count = a_count + b_count};
}

static void explain(const struct attest_result *r, char *why, size_t size)
{
    const struct check *failed = NULL;
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX && failed == NULL; i++)
        failed = r->checks[i].outcome == OUTCOME_PASSED ? NULL : &r->checks[i];
    if (failed == NULL)
        snprintf(why, size, "its evidence was refused");
    else
        snprintf(why, size, "its evidence was refused: %s: expected %.64s; found %.64s",
                 check_info(failed->id)->name, failed->expected.text, failed->found.text);
}

static bool verify(const struct peer_policy *p, const struct carrier *c, int64_t now, char *why,
                   size_t size)
{
    const struct collateral_set *set = p->collateral;
    struct endorsements e;
    const struct attest_input in = {
        .evidence = c->evidence,
        .certificates = join(e.certs, c->certs, c->cert_count, set->certs, set->cert_count),
        .crls = join(e.crls, c->crls, c->crl_count, set->crls, set->crl_count),
        .tcb_info = c->tcb_info.size > 0 ? c->tcb_info : set->tcb_info,
        .qe_identity = c->qe_identity.size > 0 ? c->qe_identity : set->qe_identity,
        .binding = c->binding,
        .claims_buffer = c->claims_buffer,
        .public_key = c->public_key,
        .key_unproven = c->key_unproven,
        .policy = &p->file.policy,
        .time = now,
        .cache = p->cache,
    };
    struct attest_result *result = calloc(1, sizeof(*result));
    snprintf(why, size, "out of memory");
    const bool accepted = result != NULL && attest_verify(&in, result) == 0 &&
                          CHECK(policy_verdict, result->verdict == ACCEPTED) &&
                          CHECK(policy_identity, result->identity == IDENTITY_NAMED);
    if (result != NULL && !accepted)
        explain(result, why, size);
    free(result);
    return accepted;
}

bool peer_policy_judge(void *policy, struct bytes cert, int64_t now, char *why, size_t size)
{
    struct carrier carrier;
    const int error = carrier_parse(cert, &carrier);
    snprintf(why, size, "%s",
             error == -ENOMEM ? "out of memory" : "its certificate carries no evidence");
    if (error < 0)
        return false;
    bool accepted = false;
    if (CHECK(policy_binding, carrier.binding == BIND_CLAIMS))
        accepted = verify(policy, &carrier, now, why, size);
    carrier_fini(&carrier);
    return accepted;
}
