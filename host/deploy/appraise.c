/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep has to prove to its owner; see owner.h. Trusts the policy. */
#include "host/deploy/owner.h"

#include "base/wipe.h"
#include "crypto/digest.h"
#include "host/deploy/check.h"

#include <string.h>

/* The policy of the user, for this session and this step of it alone. */
static struct policy policy_now(const struct owner *o, bool ready)
{
    const struct owner_session *s = &o->session;
    const struct bytes none = {0};
    struct policy p = o->terms.policy;
    p.report_data = none;
    p.nonce = CHECKED(owner_nonce, ((struct bytes){s->nonce, sizeof(s->nonce)}), none);
    p.tls_exporter =
        CHECKED(owner_exporter, ((struct bytes){s->exporter, sizeof(s->exporter)}), none);
    p.purpose = CHECKED(owner_purpose, bytes_of_text(ready ? PURPOSE_READY : PURPOSE_EMPTY), none);
    p.profile = CHECKED(owner_profile, bytes_of_text(EVIDENCE_PROFILE), none);
    p.workload = none;
    if (ready)
        p.workload = CHECKED(owner_workload,
                             ((struct bytes){o->terms.workload, sizeof(o->terms.workload)}), none);
    return p;
}

static bool only_the_workload_differs(const struct attest_result *r)
{
    for (size_t i = 0; i < r->check_count && i < CHECKS_MAX; i++) {
        if (r->checks[i].outcome != OUTCOME_PASSED && r->checks[i].id != CHECK_claims_workload)
            return false;
    }
    return r->reason == CHECK_claims_workload;
}

static enum owner_fault judge(const struct attest_input *in, struct attest_result *result)
{
    if (attest_verify(in, result) < 0)
        return OWNER_FAULT_MEMORY;
    if (!CHECK(owner_verdict, result->verdict == ACCEPTED))
        return only_the_workload_differs(result) ? OWNER_FAULT_WORKLOAD : OWNER_FAULT_EVIDENCE;
    return CHECK(owner_identity, result->identity == IDENTITY_NAMED) ? OWNER_FAULT_NONE
                                                                     : OWNER_FAULT_IDENTITY;
}

/* Where nobody vouches for evidence a host can claim what it likes; that it claims something
 * else than this session's keep would is a fault all the same. */
static enum owner_fault judge_claims(const struct owner *o, const struct attest_input *in,
                                     struct attest_result *result)
{
    if (!CHECK(owner_evidence, o->terms.insecure))
        return OWNER_FAULT_PROOFLESS;
    if (attest_claims(in, result) < 0)
        return OWNER_FAULT_MEMORY;
    if (!CHECK(owner_claims, result->reason == CHECK_NONE))
        return only_the_workload_differs(result) ? OWNER_FAULT_WORKLOAD : OWNER_FAULT_EVIDENCE;
    return OWNER_FAULT_NONE;
}

/* Of the same program, anybody can have another keep with secrets of their own and this
 * owner's public key. */
static bool is_the_keep(const struct owner *o)
{
    uint8_t key[SHA256_SIZE];
    return o->terms.what != CHANNEL_ATTACH ||
           (sha256(o->session.peer_key, key) == 0 && equal_ct(key, o->terms.keep, sizeof(key)));
}

/* Whoever attaches does not have the secrets any more: that it is the keep which took them
 * says the same. */
static bool secrets_differ(const struct owner *o, struct bytes told)
{
    if (o->terms.what != CHANNEL_DEPLOY)
        return false;
    return told.size != sizeof(o->secrets) || !equal_ct(told.data, o->secrets, told.size);
}

enum owner_fault owner_appraise(struct owner *o, const struct channel_evidence *evidence,
                                const struct attest_input *with, int64_t time,
                                struct attest_result *result)
{
    const bool ready = o->terms.what == CHANNEL_ATTACH || o->phase >= OWNER_LOADED;
    const struct policy policy = policy_now(o, ready);
    struct attest_input in = *with;
    in.evidence = evidence->evidence;
    in.binding = BIND_CLAIMS;
    in.claims_buffer = evidence->claims;
    in.public_key = CHECKED(owner_key, o->session.peer_key, (struct bytes){0});
    in.key_unproven = false; /* the handshake proved it */
    in.policy = &policy;
    in.time = time;
    *result = (struct attest_result){.verdict = UNVERIFIED};
    const bool proofless = in.evidence.size == 0 || attest_kind(in.evidence) == KIND_KVM;
    enum owner_fault fault = proofless ? judge_claims(o, &in, result) : judge(&in, result);
    if (fault == OWNER_FAULT_NONE && !CHECK(owner_keep, is_the_keep(o)))
        fault = OWNER_FAULT_KEEP;
    if (fault == OWNER_FAULT_NONE && ready &&
        !CHECK(owner_secrets, !secrets_differ(o, evidence->secrets)))
        fault = OWNER_FAULT_SECRETS;
    if (fault == OWNER_FAULT_NONE)
        o->phase = ready ? OWNER_RUNNING : OWNER_ACCEPTED;
    return fault;
}
