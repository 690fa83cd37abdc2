/* SPDX-License-Identifier: Apache-2.0 */
/* What a keep has to prove to its owner, and what evidence of the software model is refused.
 * For each check of what evidence has to be (host/deploy/check.h) a keep, or a host, that goes
 * against it. */
/* links: host/deploy/owner.c host/deploy/appraise.c channel/message.c channel/reader.c conf/evidence_claims.c tests/unit/owner_scene.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#define _GNU_SOURCE
#include "host/deploy/check.h"
#include "tests/unit/owner_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- evidence ---- */

/* Evidence that differs from honest one as `spoil` says, and the check that must find it,
 * at either step. */
static void refuse_at(bool ready, void (*spoil)(struct proof *p), enum owner_fault fault,
                      enum check_id reason)
{
    const struct owner_terms t = usual_terms();
    if (ready)
        session_load(&t);
    else
        session_begin(&t);
    const enum owner_phase before = owner.phase;
    struct proof proof = honest_proof(ready);
    spoil(&proof);
    assert_int_equal(prove(ready ? CHANNEL_READY : CHANNEL_EVIDENCE, &proof), fault);
    assert_int_equal(result.reason, reason);
    assert_int_equal(owner.phase, before);
    assert_true(owner_fault_is_refusal(fault));
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_EARLY);
}

static void refuse(void (*spoil)(struct proof *p), enum check_id reason)
{
    refuse_at(false, spoil, OWNER_FAULT_EVIDENCE, reason);
    refuse_at(true, spoil, OWNER_FAULT_EVIDENCE, reason);
}

static uint8_t another[CHANNEL_NONCE_SIZE] = {8};

static void spoil_nonce(struct proof *p) { p->claims.nonce.data = another; }
static void spoil_exporter(struct proof *p) { p->claims.tls_exporter = another; }
static void drop_exporter(struct proof *p) { p->claims.tls_exporter = NULL; }
static void spoil_key(struct proof *p) { p->key.data = other_key; }
static void spoil_workload(struct proof *p) { p->claims.workload = other_digest; }
static void drop_workload(struct proof *p) { p->claims.workload = NULL; }
static void spoil_secrets(struct proof *p) { p->secrets.size--; }
static void inspect(struct proof *p) { p->claims.purpose = PURPOSE_INSPECT; }
static void swap_purpose(struct proof *p)
{
    const bool ready = strcmp(p->claims.purpose, PURPOSE_READY) == 0;
    p->claims.purpose = ready ? PURPOSE_EMPTY : PURPOSE_READY;
}

static void old_evidence_is_refused(void **state)
{
    (void)state;
    refuse(spoil_nonce, CHECK_claims_nonce);
}

static void evidence_of_another_session_is_refused(void **state)
{
    (void)state;
    refuse(spoil_exporter, CHECK_claims_exporter);
    refuse(drop_exporter, CHECK_claims_exporter);
}

static void evidence_of_another_keep_is_refused(void **state)
{
    (void)state;
    refuse(spoil_key, CHECK_claims_key);
}

static void evidence_for_another_purpose_is_refused(void **state)
{
    (void)state;
    refuse(inspect, CHECK_claims_purpose);
    refuse(swap_purpose, CHECK_claims_purpose);
}

static void another_workload_is_refused(void **state)
{
    (void)state;
    refuse_at(true, spoil_workload, OWNER_FAULT_WORKLOAD, CHECK_claims_workload);
    refuse_at(true, drop_workload, OWNER_FAULT_WORKLOAD, CHECK_claims_workload);
}

static void other_secrets_are_refused(void **state)
{
    (void)state;
    refuse_at(true, spoil_secrets, OWNER_FAULT_SECRETS, CHECK_NONE);
}

/* Somebody else's, with the same program and this owner's public key, and other secrets:
 * all that it proves is true. */
static void another_keep_is_refused(void **state)
{
    (void)state;
    session_attach();
    owner.session.peer_key.data = other_key;
    struct proof proof = honest_proof(true);
    proof.key.data = other_key;
    spoil_secrets(&proof);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_KEEP);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_int_equal(owner_input_room(&owner), 0);
    assert_true(owner_fault_is_refusal(OWNER_FAULT_KEEP));
}

static enum owner_fault fault_with(const struct owner_terms *t)
{
    session_begin(t);
    const struct proof proof = honest_proof(false);
    return prove(CHANNEL_EVIDENCE, &proof);
}

static void the_policy_decides(void **state)
{
    (void)state;
    const struct bytes measurement = {other_key, 32};
    struct owner_terms t = usual_terms();
    t.policy.sgx.mrenclaves = (struct bytes_list){&measurement, 1};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_sgx_mrenclave);
    t = usual_terms();
    t.policy.sgx.tcb.simulated_roots = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_cert_anchor);
    t = usual_terms();
    t.policy.kinds = 1u << KIND_SNP;
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_kind_allowed);
}

/* What a policy says of this session's values is not what counts. */
static void the_session_replaces_what_a_policy_says_of_it(void **state)
{
    (void)state;
    const struct bytes else_ = {another, sizeof(another)};
    struct owner_terms t = usual_terms();
    t.policy.nonce = t.policy.tls_exporter = t.policy.workload = else_;
    t.policy.report_data = (struct bytes){other_key, 64};
    t.policy.purpose = t.policy.profile = bytes_of_text("something");
    assert_int_equal(fault_with(&t), OWNER_FAULT_NONE);
}

static void a_policy_for_any_program_is_refused(void **state)
{
    (void)state;
    struct owner_terms t = usual_terms();
    t.policy.sgx.mrenclaves = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_IDENTITY);
}

/* A profile of somebody else's: all other claims are the same. */
static void another_profile_is_refused(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_begin(&t);
    const struct proof proof = honest_proof(false);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    uint8_t *profile = memmem(action.evidence.claims.data, action.evidence.claims.size,
                              EVIDENCE_PROFILE, strlen(EVIDENCE_PROFILE));
    assert_non_null(profile);
    profile[strlen(EVIDENCE_PROFILE) - 1] ^= 1;
    action.evidence.evidence.size = 0;
    owner.terms.insecure = true;
    assert_int_equal(appraise(), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_claims_profile);
}

/* ---- without evidence ---- */

static void prove_nothing(struct proof *p) { p->proofless = true; }
static void only_say(struct proof *p) { p->statement = true; }

static void nothing_proved_is_refused(void **state)
{
    (void)state;
    refuse_at(false, prove_nothing, OWNER_FAULT_PROOFLESS, CHECK_NONE);
    refuse_at(true, prove_nothing, OWNER_FAULT_PROOFLESS, CHECK_NONE);
    refuse_at(false, only_say, OWNER_FAULT_PROOFLESS, CHECK_NONE);
    refuse_at(true, only_say, OWNER_FAULT_PROOFLESS, CHECK_NONE);
}

static void loads_with(void (*spoil)(struct proof *p))
{
    struct owner_terms t = usual_terms();
    t.insecure = true;
    session_begin(&t);
    struct proof proof = honest_proof(false);
    spoil(&proof);
    assert_int_equal(prove(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(result.verdict, UNVERIFIED);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_NONE);
    owner_loaded(&owner);
    proof = honest_proof(true);
    spoil(&proof);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
}

static void nothing_proved_will_do_when_allowed(void **state)
{
    (void)state;
    loads_with(prove_nothing);
    loads_with(only_say);
    assert_int_equal(result.claims.kind, KIND_KVM);
}

static void bind_something_else(struct proof *p) { p->misbound = true; }

static void claims_count_without_evidence(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct proof *p);
        enum check_id reason;
    } rows[] = {
        {spoil_nonce, CHECK_claims_nonce},       {spoil_key, CHECK_claims_key},
        {spoil_exporter, CHECK_claims_exporter}, {inspect, CHECK_claims_purpose},
        {swap_purpose, CHECK_claims_purpose},    {bind_something_else, CHECK_binding},
    };
    struct owner_terms t = usual_terms();
    t.insecure = true;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(rows); i++) {
        const size_t row = i / 2;
        session_begin(&t);
        struct proof proof = honest_proof(false);
        proof.statement = i % 2 == 0 || rows[row].reason == CHECK_binding;
        proof.proofless = !proof.statement;
        rows[row].spoil(&proof);
        assert_int_equal(prove(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_EVIDENCE);
        assert_int_equal(result.reason, rows[row].reason);
    }
}

/* What was allowed is that nothing is proved, not that something false is. */
static void false_evidence_is_refused_all_the_same(void **state)
{
    (void)state;
    struct owner_terms t = usual_terms();
    t.insecure = true;
    t.policy.sgx.tcb.simulated_roots = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_evidence_is_refused),
        cmocka_unit_test(evidence_of_another_session_is_refused),
        cmocka_unit_test(evidence_of_another_keep_is_refused),
        cmocka_unit_test(evidence_for_another_purpose_is_refused),
        cmocka_unit_test(another_workload_is_refused),
        cmocka_unit_test(other_secrets_are_refused),
        cmocka_unit_test(another_keep_is_refused),
        cmocka_unit_test(the_policy_decides),
        cmocka_unit_test(the_session_replaces_what_a_policy_says_of_it),
        cmocka_unit_test(a_policy_for_any_program_is_refused),
        cmocka_unit_test(another_profile_is_refused),
        cmocka_unit_test(nothing_proved_is_refused),
        cmocka_unit_test(nothing_proved_will_do_when_allowed),
        cmocka_unit_test(claims_count_without_evidence),
        cmocka_unit_test(false_evidence_is_refused_all_the_same),
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
