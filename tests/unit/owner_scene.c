/* SPDX-License-Identifier: Apache-2.0 */
/* An owner and a keep for tests; see owner_scene.h. */
#define _GNU_SOURCE
#include "tests/unit/owner_scene.h"

#include "crypto/digest.h"
#include "tests/unit/scratch.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

const uint8_t keep_key[91] = {1}, other_key[91] = {2};
const uint8_t digest[EVIDENCE_DIGEST_SIZE] = {3}, other_digest[EVIDENCE_DIGEST_SIZE] = {4};
const struct bytes secrets = {(const uint8_t *)"\x81\x46secret", 8};

struct owner owner;
struct owner_action action;
struct attest_result result;

struct owner_terms usual_terms(void)
{
    return (struct owner_terms){.what = CHANNEL_DEPLOY, .policy = sim_evidence_policy()};
}

void session_begin(const struct owner_terms *t)
{
    uint8_t buffer[256];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct owner_session session = {
        .nonce = {5}, .exporter = {6}, .peer_key = {keep_key, sizeof(keep_key)}};
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

enum owner_fault take(enum channel_type type, struct bytes payload)
{
    const struct channel_part part = {.type = type, .size = payload.size, .bytes = payload};
    return owner_take(&owner, &part, &action);
}

enum owner_fault take_text(enum channel_type type, const char *text)
{
    return take(type, bytes_of_text(text));
}

enum owner_fault take_pair(enum channel_type type, uint32_t first, uint32_t second)
{
    uint8_t buffer[8];
    struct put out = put_init(buffer, sizeof(buffer));
    channel_pair_put(&out, (struct channel_pair){first, second});
    return take(type, put_done(&out));
}

struct proof honest_proof(bool ready)
{
    return (struct proof){
        .claims = claims_of(ready), .key = {keep_key, sizeof(keep_key)}, .secrets = secrets};
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

enum owner_fault take_proof(enum channel_type type, const struct proof *proof)
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

enum owner_fault appraise(void)
{
    const struct attest_input with = sim_evidence_endorsements();
    assert_int_equal(action.what, OWNER_APPRAISE);
    return owner_appraise(&owner, &action.evidence, &with, time(NULL), &result);
}

enum owner_fault prove(enum channel_type type, const struct proof *proof)
{
    const enum owner_fault fault = take_proof(type, proof);
    return fault == OWNER_FAULT_NONE ? appraise() : fault;
}

void session_accept(const struct owner_terms *t)
{
    session_begin(t);
    const struct proof proof = honest_proof(false);
    assert_int_equal(prove(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_ACCEPTED);
}

void session_load(const struct owner_terms *t)
{
    session_accept(t);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_NONE);
    owner_loaded(&owner);
}

void session_run_with(const struct owner_terms *t)
{
    session_load(t);
    const struct proof proof = honest_proof(true);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_RUNNING);
}

void session_run(void)
{
    const struct owner_terms t = usual_terms();
    session_run_with(&t);
}

void session_attach(void)
{
    struct owner_terms t = usual_terms();
    t.what = CHANNEL_ATTACH;
    memcpy(t.workload, digest, sizeof(digest));
    assert_int_equal(sha256((struct bytes){keep_key, sizeof(keep_key)}, t.keep), 0);
    session_begin(&t);
}

int scene_open(void **state)
{
    char path[PATH_MAX];
    if (scratch_open(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    setenv("XDG_STATE_HOME", path, 1);
    sim_evidence_open();
    return 0;
}

int scene_close(void **state)
{
    sim_evidence_close();
    return scratch_close(state);
}
