/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's half of the channel: what a keep may say and when, and what it has to prove,
 * with evidence of the software model. For each check of host/deploy/check.h a keep, or a
 * host, that goes against it. */
/* links: host/deploy/owner.c host/deploy/appraise.c channel/message.c channel/reader.c conf/evidence_claims.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#define _GNU_SOURCE
#include "host/deploy/owner.h"

#include "crypto/digest.h"
#include "host/deploy/check.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sim_evidence.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- the two of them ---- */

static const uint8_t key[91] = {1}, other_key[91] = {2};
static const uint8_t digest[EVIDENCE_DIGEST_SIZE] = {3}, other_digest[EVIDENCE_DIGEST_SIZE] = {4};
static const uint8_t secrets[] = "\x81\x46secret";
static const struct bytes secret_bytes = {secrets, sizeof(secrets) - 1};

static struct owner owner;
static struct owner_action action;
static struct attest_result result;

static struct owner_terms terms(void)
{
    return (struct owner_terms){.what = CHANNEL_DEPLOY, .policy = sim_evidence_policy()};
}

static void begin(const struct owner_terms *t)
{
    uint8_t buffer[256];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct owner_session session = {
        .nonce = {5}, .exporter = {6}, .peer_key = {key, sizeof(key)}};
    assert_int_equal(owner_init(&owner, t, &session), 0);
    owner_challenge(&owner, 7, &out);
    assert_int_equal(put_done(&out).size, CHANNEL_HEADER_SIZE + CHANNEL_CHALLENGE_SIZE);
}

/* What an honest keep claims. */
static struct evidence_claims claims_of(bool ready)
{
    return (struct evidence_claims){
        .nonce = {owner.session.nonce, CHANNEL_NONCE_SIZE},
        .purpose = ready ? PURPOSE_READY : PURPOSE_EMPTY,
        .workload = ready ? digest : NULL,
        .tls_exporter = owner.session.exporter,
    };
}

static enum owner_fault take(enum channel_type type, struct bytes payload)
{
    const struct channel_part part = {.type = type, .size = payload.size, .bytes = payload};
    return owner_take(&owner, &part, &action);
}

static enum owner_fault take_text(enum channel_type type, const char *text)
{
    return take(type, bytes_of_text(text));
}

static enum owner_fault take_pair(enum channel_type type, uint32_t first, uint32_t second)
{
    uint8_t buffer[8];
    struct put out = put_init(buffer, sizeof(buffer));
    channel_pair_put(&out, (struct channel_pair){first, second});
    return take(type, put_done(&out));
}

struct proof {
    struct evidence_claims claims;
    struct bytes key;
    struct bytes secrets; /* that the keep has */
    bool proofless;
    bool statement; /* of a virtual machine, which nobody has signed */
    bool misbound;
};

static struct proof honest(bool ready)
{
    return (struct proof){
        .claims = claims_of(ready), .key = {key, sizeof(key)}, .secrets = secret_bytes};
}

/* [include/kvm_keep.h] */
static struct bytes statement_of(struct bytes claims, bool misbound)
{
    static uint8_t buffer[112];
    struct put out = put_init(buffer, sizeof(buffer));
    memset(buffer, 0, sizeof(buffer));
    put_bytes(&out, bytes_of_text("ENARXKVM"));
    put_le32(&out, 1);
    assert_int_equal(sha256(claims, buffer + 48), 0);
    buffer[48] ^= misbound;
    return (struct bytes){buffer, sizeof(buffer)};
}

static enum owner_fault take_proof(enum channel_type type, const struct proof *proof)
{
    static uint8_t buffer[CHANNEL_EVIDENCE_MAX];
    uint8_t told[EVIDENCE_DIGEST_SIZE];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct bytes parts[] = {{owner.session.nonce, CHANNEL_NONCE_SIZE}, proof->secrets};
    const struct sim_evidence made = sim_evidence_make(&proof->claims, proof->key);
    struct channel_evidence e = {.claims = made.claims, .evidence = made.quote};
    assert_int_equal(sha256_parts(parts, 2, told), 0);
    if (type == CHANNEL_READY)
        e.secrets = (struct bytes){told, sizeof(told)};
    if (proof->proofless)
        e.evidence.size = 0;
    if (proof->statement)
        e.evidence = statement_of(made.claims, proof->misbound);
    channel_evidence_put(&out, &e);
    return take(type, put_done(&out));
}

static enum owner_fault appraise(void)
{
    const struct attest_input with = sim_evidence_endorsements();
    assert_int_equal(action.what, OWNER_APPRAISE);
    return owner_appraise(&owner, &action.evidence, &with, time(NULL), &result);
}

static enum owner_fault prove(enum channel_type type, const struct proof *proof)
{
    const enum owner_fault fault = take_proof(type, proof);
    return fault == OWNER_FAULT_NONE ? appraise() : fault;
}

static void accept(const struct owner_terms *t)
{
    begin(t);
    const struct proof proof = honest(false);
    assert_int_equal(prove(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_ACCEPTED);
}

static void load(const struct owner_terms *t)
{
    accept(t);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_NONE);
    owner_loaded(&owner);
}

static void run_with(const struct owner_terms *t)
{
    load(t);
    const struct proof proof = honest(true);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_RUNNING);
}

static void run(void)
{
    const struct owner_terms t = terms();
    run_with(&t);
}

static void attach(void)
{
    struct owner_terms t = terms();
    t.what = CHANNEL_ATTACH;
    memcpy(t.workload, digest, sizeof(digest));
    assert_int_equal(sha256((struct bytes){key, sizeof(key)}, t.keep), 0);
    begin(&t);
}

/* ---- evidence ---- */

static void a_deployment_goes_its_way(void **state)
{
    (void)state;
    run();
    assert_int_equal(result.verdict, ACCEPTED);
    assert_int_equal(take_text(CHANNEL_STDOUT, "hello"), OWNER_FAULT_NONE);
    assert_int_equal(action.what, OWNER_OUTPUT);
    assert_true(bytes_equal(action.bytes, bytes_of_text("hello")));
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 7), OWNER_FAULT_NONE);
    assert_int_equal(action.what, OWNER_END);
    assert_int_equal(action.end, CHANNEL_END_EXIT);
    assert_int_equal(action.number, 7);
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_NONE);
}

/* Evidence that differs from honest one as `spoil` says, and the check that must find it,
 * at either step. */
static void refuse_at(bool ready, void (*spoil)(struct proof *p), enum owner_fault fault,
                      enum check_id reason)
{
    const struct owner_terms t = terms();
    if (ready)
        load(&t);
    else
        begin(&t);
    const enum owner_phase before = owner.phase;
    struct proof proof = honest(ready);
    spoil(&proof);
    assert_int_equal(prove(ready ? CHANNEL_READY : CHANNEL_EVIDENCE, &proof), fault);
    assert_int_equal(result.reason, reason);
    assert_int_equal(owner.phase, before);
    assert_true(owner_fault_is_refusal(fault));
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_EARLY);
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
    attach();
    owner.session.peer_key.data = other_key;
    struct proof proof = honest(true);
    proof.key.data = other_key;
    spoil_secrets(&proof);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_KEEP);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_int_equal(owner_input_room(&owner), 0);
    assert_true(owner_fault_is_refusal(OWNER_FAULT_KEEP));
}

static enum owner_fault fault_with(const struct owner_terms *t)
{
    begin(t);
    const struct proof proof = honest(false);
    return prove(CHANNEL_EVIDENCE, &proof);
}

static void the_policy_decides(void **state)
{
    (void)state;
    const struct bytes measurement = {other_key, 32};
    struct owner_terms t = terms();
    t.policy.sgx.mrenclaves = (struct bytes_list){&measurement, 1};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_sgx_mrenclave);
    t = terms();
    t.policy.simulated_roots = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_cert_anchor);
    t = terms();
    t.policy.kinds = 1u << KIND_SNP;
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
    assert_int_equal(result.reason, CHECK_kind_allowed);
}

/* What a policy says of this session's values is not what counts. */
static void the_session_replaces_what_a_policy_says_of_it(void **state)
{
    (void)state;
    const struct bytes else_ = {another, sizeof(another)};
    struct owner_terms t = terms();
    t.policy.nonce = t.policy.tls_exporter = t.policy.workload = else_;
    t.policy.report_data = (struct bytes){other_key, 64};
    t.policy.purpose = t.policy.profile = bytes_of_text("something");
    assert_int_equal(fault_with(&t), OWNER_FAULT_NONE);
}

static void a_policy_for_any_program_is_refused(void **state)
{
    (void)state;
    struct owner_terms t = terms();
    t.policy.sgx.mrenclaves = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_IDENTITY);
}

/* A profile of somebody else's: all other claims are the same. */
static void another_profile_is_refused(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    begin(&t);
    const struct proof proof = honest(false);
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
    struct owner_terms t = terms();
    t.insecure = true;
    begin(&t);
    struct proof proof = honest(false);
    spoil(&proof);
    assert_int_equal(prove(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(result.verdict, UNVERIFIED);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_NONE);
    owner_loaded(&owner);
    proof = honest(true);
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
    struct owner_terms t = terms();
    t.insecure = true;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(rows); i++) {
        const size_t row = i / 2;
        begin(&t);
        struct proof proof = honest(false);
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
    struct owner_terms t = terms();
    t.insecure = true;
    t.policy.simulated_roots = (struct bytes_list){0};
    assert_int_equal(fault_with(&t), OWNER_FAULT_EVIDENCE);
}

/* ---- order ---- */

static void nothing_goes_out_before_acceptance(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    begin(&t);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_EARLY);
    assert_int_equal(owner_input_room(&owner), 0);
    const struct proof proof = honest(false);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_EARLY);
    assert_int_equal(appraise(), OWNER_FAULT_NONE);
    assert_int_equal(owner_input_room(&owner), 0);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_NONE);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_EARLY);
}

static void evidence_comes_once(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    accept(&t);
    struct proof proof = honest(false);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    load(&t);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    run();
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    attach();
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
}

static void ready_comes_when_all_is_sent(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    begin(&t);
    const struct proof proof = honest(true);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    accept(&t);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_NONE);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    run();
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
}

static void assert_no_streams(void)
{
    assert_int_equal(take_text(CHANNEL_STDOUT, "x"), OWNER_FAULT_ORDER);
    assert_int_equal(take_text(CHANNEL_STDERR, "x"), OWNER_FAULT_ORDER);
    assert_int_equal(take_text(CHANNEL_FILES, "x"), OWNER_FAULT_ORDER);
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, 0), OWNER_FAULT_ORDER);
    assert_int_equal(take_text(CHANNEL_LOST, "12345678"), OWNER_FAULT_ORDER);
}

static void streams_come_after_ready(void **state)
{
    (void)state;
    struct owner_terms t = terms();
    t.files = true;
    begin(&t);
    assert_no_streams();
    accept(&t);
    assert_no_streams();
    load(&t);
    assert_no_streams();
    const struct proof proof = honest(true);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_no_streams();
}

static void a_keep_says_nothing_before_it_is_asked(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    assert_int_equal(owner_init(&owner, &t, &(struct owner_session){0}), 0);
    assert_int_equal(take_text(CHANNEL_LOG, "\3\0\0\0x"), OWNER_FAULT_ORDER);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 0), OWNER_FAULT_ORDER);
}

static void a_program_ends_after_it_began(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    load(&t);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0), OWNER_FAULT_ORDER);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_TRAP, 0), OWNER_FAULT_ORDER);
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 1), OWNER_FAULT_NONE);
    assert_true(action.proven);
    begin(&t);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 1), OWNER_FAULT_NONE);
    assert_false(action.proven);
}

static void there_are_three_ends(void **state)
{
    (void)state;
    run();
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED + 1, 0), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_TRAP, 0), OWNER_FAULT_NONE);
    assert_int_equal(action.end, CHANNEL_END_TRAP);
}

static void exit_is_the_last_message(void **state)
{
    (void)state;
    run();
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0), OWNER_FAULT_NONE);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 1), OWNER_FAULT_ORDER);
    assert_int_equal(take_text(CHANNEL_LOG, "\3\0\0\0x"), OWNER_FAULT_ORDER);
}

static void a_session_without_exit_was_cut(void **state)
{
    (void)state;
    run();
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_int_equal(take_text(CHANNEL_STDOUT, "all of it"), OWNER_FAULT_NONE);
    assert_int_equal(take_text(CHANNEL_STDOUT, ""), OWNER_FAULT_NONE);
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_false(owner_fault_is_refusal(OWNER_FAULT_CUT));
}

/* ---- streams ---- */

static uint8_t window[CHANNEL_WINDOW];

static void output_stays_within_its_window(void **state)
{
    (void)state;
    for (enum channel_type type = CHANNEL_STDOUT; type <= CHANNEL_STDERR; type++) {
        run();
        assert_int_equal(take(type, (struct bytes){window, sizeof(window)}), OWNER_FAULT_NONE);
        assert_int_equal(take_text(type, "x"), OWNER_FAULT_WINDOW);
    }
}

static size_t give(enum channel_type type, uint32_t size)
{
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    struct channel_pair pair;
    owner_put_credit(&owner, type, size, &out);
    const struct bytes made = put_done(&out);
    if (made.size == 0)
        return 0;
    assert_int_equal(made.size, CHANNEL_HEADER_SIZE + 8);
    const struct bytes payload = {made.data + CHANNEL_HEADER_SIZE, 8};
    assert_int_equal(channel_pair_parse(payload, &pair), 0);
    assert_int_equal(pair.first, type);
    return pair.second;
}

static void credit_is_what_was_taken(void **state)
{
    (void)state;
    run();
    assert_int_equal(take(CHANNEL_STDOUT, (struct bytes){window, sizeof(window)}), 0);
    assert_int_equal(give(CHANNEL_STDOUT, 10), 0);
    assert_int_equal(give(CHANNEL_STDERR, 10), 0);
    assert_int_equal(take_text(CHANNEL_STDOUT, "x"), OWNER_FAULT_WINDOW);
    assert_int_equal(give(CHANNEL_STDOUT, CHANNEL_WINDOW - 20), CHANNEL_WINDOW - 10);
    assert_int_equal(take(CHANNEL_STDOUT, (struct bytes){window, CHANNEL_WINDOW - 10}), 0);
    assert_int_equal(take_text(CHANNEL_STDOUT, "x"), OWNER_FAULT_WINDOW);
}

/* Whoever leaves has taken what has not been worth a message. */
static void the_last_credit_is_for_all_of_it(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    struct channel_pair pair;
    run();
    assert_int_equal(take_text(CHANNEL_STDERR, "some"), OWNER_FAULT_NONE);
    assert_int_equal(give(CHANNEL_STDERR, 4), 0);
    owner_put_last_credit(&owner, &out);
    assert_int_equal(out.size, CHANNEL_HEADER_SIZE + 8);
    const struct bytes payload = {buffer + CHANNEL_HEADER_SIZE, 8};
    assert_int_equal(channel_pair_parse(payload, &pair), 0);
    assert_int_equal(pair.first, CHANNEL_STDERR);
    assert_int_equal(pair.second, 4);
    owner_put_last_credit(&owner, &out);
    assert_int_equal(out.size, CHANNEL_HEADER_SIZE + 8);
}

/* And that the end has come: until then the keep stays. */
static void the_end_is_answered(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    struct channel_pair pair;
    run();
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0), OWNER_FAULT_NONE);
    owner_put_last_credit(&owner, &out);
    const struct bytes payload = {buffer + CHANNEL_HEADER_SIZE, 8};
    assert_int_equal(out.size, CHANNEL_HEADER_SIZE + 8);
    assert_int_equal(channel_pair_parse(payload, &pair), 0);
    assert_int_equal(pair.first, CHANNEL_EXIT);
    assert_int_equal(pair.second, 0);
}

static void output_has_one_end(void **state)
{
    (void)state;
    run();
    assert_int_equal(take_text(CHANNEL_STDOUT, ""), OWNER_FAULT_NONE);
    assert_int_equal(action.bytes.size, 0);
    assert_int_equal(take_text(CHANNEL_STDERR, "still"), OWNER_FAULT_NONE);
    assert_int_equal(take_text(CHANNEL_STDOUT, "x"), OWNER_FAULT_ORDER);
}

static size_t input(struct bytes bytes)
{
    static uint8_t buffer[CHANNEL_HEADER_SIZE + CHANNEL_DATA_MAX];
    struct put out = put_init(buffer, sizeof(buffer));
    struct channel_header header;
    owner_put_input(&owner, bytes, &out);
    const struct bytes made = put_done(&out);
    const struct bytes head = {made.data, CHANNEL_HEADER_SIZE};
    assert_int_equal(channel_header_parse(head, CHANNEL_OWNER, &header), 0);
    assert_int_equal(header.type, CHANNEL_STDIN);
    assert_int_equal(header.size, bytes.size);
    return made.size - CHANNEL_HEADER_SIZE;
}

static void input_waits_for_credit(void **state)
{
    (void)state;
    run();
    assert_int_equal(owner_input_room(&owner), CHANNEL_WINDOW);
    for (size_t left = CHANNEL_WINDOW - 1; left > 0;)
        left -= input((struct bytes){window, left < CHANNEL_DATA_MAX ? left : CHANNEL_DATA_MAX});
    assert_int_equal(owner_input_room(&owner), 1);
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, 100), OWNER_FAULT_NONE);
    assert_int_equal(action.what, OWNER_INPUT);
    assert_int_equal(owner_input_room(&owner), 101);
    assert_int_equal(input((struct bytes){0}), 0);
    assert_int_equal(owner_input_room(&owner), 0);
}

static void credit_is_for_input_and_within_the_window(void **state)
{
    (void)state;
    run();
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, 1), OWNER_FAULT_WINDOW);
    input((struct bytes){window, 10});
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, 11), OWNER_FAULT_WINDOW);
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, UINT32_MAX), OWNER_FAULT_WINDOW);
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDOUT, 1), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_pair(CHANNEL_CREDIT, CHANNEL_STDIN, 10), OWNER_FAULT_NONE);
}

static void folders_come_when_asked_for(void **state)
{
    (void)state;
    struct owner_terms t = terms();
    run();
    assert_int_equal(take_text(CHANNEL_FILES, "x"), OWNER_FAULT_FILES);
    t.files = true;
    run_with(&t);
    assert_int_equal(take_text(CHANNEL_FILES, "x"), OWNER_FAULT_NONE);
    assert_int_equal(action.what, OWNER_FILES);
}

static void signals_wait_for_the_program(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct owner_terms t = terms();
    load(&t);
    owner_put_signal(&owner, 15, &out);
    assert_int_equal(out.size, 0);
    run();
    owner_put_signal(&owner, 15, &out);
    assert_int_equal(out.size, CHANNEL_HEADER_SIZE + 4);
}

/* ---- attaching ---- */

static void whoever_attaches_gets_ready_at_once(void **state)
{
    (void)state;
    attach();
    const struct proof proof = honest(true);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_RUNNING);
    assert_int_equal(take(CHANNEL_LOST, (struct bytes){(const uint8_t *)"\1\0\0\0\0\0\0\0", 8}),
                     OWNER_FAULT_NONE);
    assert_int_equal(action.number, 1);
    assert_int_equal(owner_load(&owner, digest, secret_bytes), OWNER_FAULT_EARLY);
}

static void whoever_attaches_names_the_workload(void **state)
{
    (void)state;
    attach();
    struct proof proof = honest(true);
    proof.claims.workload = other_digest;
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_WORKLOAD);
    attach();
    proof = honest(true);
    proof.claims.purpose = PURPOSE_EMPTY;
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_EVIDENCE);
}

static void nothing_is_lost_while_somebody_is_there(void **state)
{
    (void)state;
    run();
    assert_int_equal(take_text(CHANNEL_LOST, "12345678"), OWNER_FAULT_ORDER);
}

/* ---- what is malformed ---- */

static void sizes_are_those_of_the_format(void **state)
{
    (void)state;
    const struct owner_terms t = terms();
    begin(&t);
    assert_int_equal(take_text(CHANNEL_EVIDENCE, "\xff\xff\xff\x7f"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_LOG, "abc"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_EXIT, "abcd"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_WORKLOAD, "x"), OWNER_FAULT_ORDER);
}

static void keys_have_a_limit(void **state)
{
    (void)state;
    static const uint8_t long_key[CHANNEL_OWNER_KEY_MAX + 1];
    const struct owner_terms t = terms();
    struct owner_session session = {.peer_key = {long_key, sizeof(long_key)}};
    assert_int_equal(owner_init(&owner, &t, &session), -EMSGSIZE);
    session.peer_key.size--;
    assert_int_equal(owner_init(&owner, &t, &session), 0);
}

static void every_fault_has_its_words(void **state)
{
    (void)state;
    for (int i = 1; i < OWNER_FAULT_COUNT; i++)
        assert_true(strlen(owner_fault_text((enum owner_fault)i)) > 0);
}

/* ---- all of them ---- */

static int open_sim(void **state)
{
    char path[PATH_MAX];
    if (scratch_open(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    setenv("XDG_STATE_HOME", path, 1);
    sim_evidence_open();
    return 0;
}

static int close_sim(void **state)
{
    sim_evidence_close();
    return scratch_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_goes_its_way),
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
        cmocka_unit_test(nothing_goes_out_before_acceptance),
        cmocka_unit_test(evidence_comes_once),
        cmocka_unit_test(ready_comes_when_all_is_sent),
        cmocka_unit_test(streams_come_after_ready),
        cmocka_unit_test(a_keep_says_nothing_before_it_is_asked),
        cmocka_unit_test(a_program_ends_after_it_began),
        cmocka_unit_test(there_are_three_ends),
        cmocka_unit_test(exit_is_the_last_message),
        cmocka_unit_test(a_session_without_exit_was_cut),
        cmocka_unit_test(output_stays_within_its_window),
        cmocka_unit_test(credit_is_what_was_taken),
        cmocka_unit_test(the_last_credit_is_for_all_of_it),
        cmocka_unit_test(the_end_is_answered),
        cmocka_unit_test(output_has_one_end),
        cmocka_unit_test(input_waits_for_credit),
        cmocka_unit_test(credit_is_for_input_and_within_the_window),
        cmocka_unit_test(folders_come_when_asked_for),
        cmocka_unit_test(signals_wait_for_the_program),
        cmocka_unit_test(whoever_attaches_gets_ready_at_once),
        cmocka_unit_test(whoever_attaches_names_the_workload),
        cmocka_unit_test(nothing_is_lost_while_somebody_is_there),
        cmocka_unit_test(sizes_are_those_of_the_format),
        cmocka_unit_test(keys_have_a_limit),
        cmocka_unit_test(every_fault_has_its_words),
    };
    return cmocka_run_group_tests(tests, open_sim, close_sim);
}
