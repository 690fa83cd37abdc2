/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions; see decision.h. */
#include "svc/steward/decision.h"

#include "conf/evidence_claims.h"
#include "crypto/digest.h"

#include <errno.h>
#include <string.h>

/* ---- the evidence ---- */

/* The policy of certificates: that of the file, and that evidence is of this use, which the
 * original's does not say. That it is new has been seen in the claims that it binds. */
static struct policy wanted(const struct judge *j, const struct application *a)
{
    struct policy policy = j->policy->policy;
    if (a->original)
        return policy;
    policy.purpose = bytes_of_text(PURPOSE_CERTIFICATE);
    policy.profile = bytes_of_text(EVIDENCE_PROFILE);
    return policy;
}

static int appraise(const struct judge *j, const struct application *a, int64_t now,
                    struct decision *out)
{
    const struct carrier *c = &a->carrier;
    const struct policy policy = wanted(j, a);
    struct hints hints;
    store_hints(j->store, c, j->curve, &hints);
    const struct attest_input in = {
        .evidence = c->evidence,
        .certificates = {hints.certs, hints.cert_count},
        .crls = {hints.crls, hints.crl_count},
        .tcb_info = hints.tcb_info,
        .qe_identity = hints.qe_identity,
        .binding = c->binding,
        .claims_buffer = c->claims_buffer,
        .public_key = c->public_key,
        .key_unproven = c->key_unproven,
        .policy = &policy,
        .time = now,
        .cache = j->cache,
    };
    const int error = attest_verify(&in, &out->result);
    out->appraised = error == 0;
    return error;
}

/* ---- what is certified ---- */

static struct bytes measurement_of(const struct claims *c)
{
    if (!c->decoded)
        return (struct bytes){0};
    if (c->kind == KIND_SGX)
        return (struct bytes){c->sgx.mrenclave, sizeof(c->sgx.mrenclave)};
    if (c->kind == KIND_TDX)
        return (struct bytes){c->tdx.mrtd, sizeof(c->tdx.mrtd)};
    return (struct bytes){c->snp.measurement, sizeof(c->snp.measurement)};
}

static void fill_tee(const struct attest_result *result, struct order *order)
{
    const struct bytes measurement = measurement_of(&result->claims);
    order->kind = result->claims.kind;
    order->simulated = result->simulated;
    order->measurement_size = measurement.size;
    if (measurement.size > 0)
        memcpy(order->measurement, measurement.data, measurement.size);
}

/* False when the workload is none. */
static bool fill_workload(struct bytes workload, struct order *order)
{
    const bool named = workload.size == sizeof(order->workload);
    if (named)
        memcpy(order->workload, workload.data, workload.size);
    return named;
}

static int fill_key_and_evidence(const struct carrier *c, struct order *order)
{
    if (c->public_key.size > sizeof(order->public_key))
        return -EBADMSG;
    memcpy(order->public_key, c->public_key.data, c->public_key.size);
    order->public_key_size = c->public_key.size;
    return sha256(c->evidence, order->evidence);
}

/* ---- the order of checks: what costs least first ---- */

static enum steward_check check_nonce(const struct judge *j, const struct application *a,
                                      int64_t now, int64_t *issued)
{
    return a->original ? STEWARD_PASSED : nonce_check(j->nonce_key, a->claims.nonce, now, issued);
}

/* Used up only by what is accepted: else others could use up what they saw. */
static enum steward_check use_nonce(const struct judge *j, const struct application *a,
                                    int64_t issued, int64_t now)
{
    return a->original ? STEWARD_PASSED : nonces_used_add(j->used, a->claims.nonce, issued, now);
}

static enum steward_check check_names(const struct judge *j, const struct application *a,
                                      struct order *order)
{
    order->original = a->original;
    const bool named = fill_workload(a->claims.workload, order);
    if (a->original)
        return STEWARD_PASSED;
    if (!steward_passes(workload_named, named))
        return STEWARD_workload_named;
    return names_select(j->policy, &a->asked, order);
}

static int judge(const struct judge *j, const struct application *a, int64_t now,
                 struct decision *out)
{
    int64_t issued = 0;
    out->check = check_nonce(j, a, now, &issued);
    if (out->check != STEWARD_PASSED)
        return 0;
    int error = appraise(j, a, now, out);
    if (error < 0)
        return error;
    fill_tee(&out->result, &out->order);
    const enum steward_check names = check_names(j, a, &out->order);
    error = fill_key_and_evidence(&a->carrier, &out->order);
    if (!steward_passes(evidence_accepted, out->result.verdict == ACCEPTED))
        out->check = STEWARD_evidence_accepted;
    else
        out->check = names != STEWARD_PASSED ? names : use_nonce(j, a, issued, now);
    return error;
}

int decide(const struct judge *j, struct bytes der, int64_t now, struct decision *out)
{
    struct application application;
    int error = 0;
    out->appraised = false;
    memset(&out->order, 0, sizeof(out->order));
    out->check = application_parse(der, j->legacy, j->curve, &application, &error);
    if (out->check == STEWARD_PASSED)
        error = judge(j, &application, now, out);
    application_fini(&application);
    if (error < 0 && out->check == STEWARD_PASSED)
        out->check = STEWARD_request_form;
    return error;
}

/* ---- the policy ---- */

const char *decision_policy_fault(const struct policy_file *file, bool nameless)
{
    static const enum kind kinds[] = {KIND_SNP, KIND_SGX, KIND_TDX};
    const struct policy *p = &file->policy;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        if ((p->kinds & 1u << kinds[i]) != 0 && !policy_names_identity(p, kinds[i]))
            return "names no measurement or signer for one of its tees: any program could get a "
                   "certificate; name what may run, or leave that one out of tees";
    }
    if (p->nonce.size > 0 || p->report_data.size > 0 || p->purpose.size > 0 || p->workload.size > 0)
        return "sets nonce, report_data, purpose or workload: what a certificate's evidence has to "
               "say of them is the steward's; leave them out";
    if (file->names_count == 0 && !nameless)
        return "has no [[names]]: nobody could get a certificate; see docs/policy.md";
    return NULL;
}
