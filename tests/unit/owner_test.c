/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's half of the channel: what a keep may say, and when. For each check of the order
 * (host/deploy/check.h) a keep that goes against it, here or in owner_stream_test.c. */
/* links: host/deploy/owner.c host/deploy/appraise.c channel/message.c channel/reader.c conf/evidence_claims.c tests/unit/owner_scene.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "tests/unit/owner_scene.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- order ---- */

static void a_deployment_goes_its_way(void **state)
{
    (void)state;
    session_run();
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

static void nothing_goes_out_before_acceptance(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_begin(&t);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_EARLY);
    assert_int_equal(owner_input_room(&owner), 0);
    const struct proof proof = honest_proof(false);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_EARLY);
    assert_int_equal(appraise(), OWNER_FAULT_NONE);
    assert_int_equal(owner_input_room(&owner), 0);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_NONE);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_EARLY);
}

static void evidence_comes_once(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_accept(&t);
    struct proof proof = honest_proof(false);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    session_load(&t);
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    session_run();
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
    session_attach();
    assert_int_equal(take_proof(CHANNEL_EVIDENCE, &proof), OWNER_FAULT_ORDER);
}

static void ready_comes_when_all_is_sent(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_begin(&t);
    const struct proof proof = honest_proof(true);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    session_accept(&t);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_NONE);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_ORDER);
    session_run();
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
    struct owner_terms t = usual_terms();
    t.files = true;
    session_begin(&t);
    assert_no_streams();
    session_accept(&t);
    assert_no_streams();
    session_load(&t);
    assert_no_streams();
    const struct proof proof = honest_proof(true);
    assert_int_equal(take_proof(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_no_streams();
}

static void a_keep_says_nothing_before_it_is_asked(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    assert_int_equal(owner_init(&owner, &t, &(struct owner_session){0}), 0);
    assert_int_equal(take_text(CHANNEL_LOG, "\3\0\0\0x"), OWNER_FAULT_ORDER);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 0), OWNER_FAULT_ORDER);
}

static void a_program_ends_after_it_began(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_load(&t);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0), OWNER_FAULT_ORDER);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_TRAP, 0), OWNER_FAULT_ORDER);
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 1), OWNER_FAULT_NONE);
    assert_true(action.proven);
    session_begin(&t);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED, 1), OWNER_FAULT_NONE);
    assert_false(action.proven);
}

static void there_are_three_ends(void **state)
{
    (void)state;
    session_run();
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_FAILED + 1, 0), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_TRAP, 0), OWNER_FAULT_NONE);
    assert_int_equal(action.end, CHANNEL_END_TRAP);
}

static void exit_is_the_last_message(void **state)
{
    (void)state;
    session_run();
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 0), OWNER_FAULT_NONE);
    assert_int_equal(take_pair(CHANNEL_EXIT, CHANNEL_END_EXIT, 1), OWNER_FAULT_ORDER);
    assert_int_equal(take_text(CHANNEL_LOG, "\3\0\0\0x"), OWNER_FAULT_ORDER);
}

static void a_session_without_exit_was_cut(void **state)
{
    (void)state;
    session_run();
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_int_equal(take_text(CHANNEL_STDOUT, "all of it"), OWNER_FAULT_NONE);
    assert_int_equal(take_text(CHANNEL_STDOUT, ""), OWNER_FAULT_NONE);
    assert_int_equal(owner_ended(&owner), OWNER_FAULT_CUT);
    assert_false(owner_fault_is_refusal(OWNER_FAULT_CUT));
}

/* ---- attaching ---- */

static void whoever_attaches_gets_ready_at_once(void **state)
{
    (void)state;
    session_attach();
    const struct proof proof = honest_proof(true);
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_NONE);
    assert_int_equal(owner.phase, OWNER_RUNNING);
    assert_int_equal(take(CHANNEL_LOST, (struct bytes){(const uint8_t *)"\1\0\0\0\0\0\0\0", 8}),
                     OWNER_FAULT_NONE);
    assert_int_equal(action.number, 1);
    assert_int_equal(owner_load(&owner, digest, secrets), OWNER_FAULT_EARLY);
}

static void whoever_attaches_names_the_workload(void **state)
{
    (void)state;
    session_attach();
    struct proof proof = honest_proof(true);
    proof.claims.workload = other_digest;
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_WORKLOAD);
    session_attach();
    proof = honest_proof(true);
    proof.claims.purpose = PURPOSE_EMPTY;
    assert_int_equal(prove(CHANNEL_READY, &proof), OWNER_FAULT_EVIDENCE);
}

static void nothing_is_lost_while_somebody_is_there(void **state)
{
    (void)state;
    session_run();
    assert_int_equal(take_text(CHANNEL_LOST, "12345678"), OWNER_FAULT_ORDER);
}

/* ---- what is malformed ---- */

static void sizes_are_those_of_the_format(void **state)
{
    (void)state;
    const struct owner_terms t = usual_terms();
    session_begin(&t);
    assert_int_equal(take_text(CHANNEL_EVIDENCE, "\xff\xff\xff\x7f"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_LOG, "abc"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_EXIT, "abcd"), OWNER_FAULT_MALFORMED);
    assert_int_equal(take_text(CHANNEL_WORKLOAD, "x"), OWNER_FAULT_ORDER);
}

static void keys_have_a_limit(void **state)
{
    (void)state;
    static const uint8_t long_key[CHANNEL_OWNER_KEY_MAX + 1];
    const struct owner_terms t = usual_terms();
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_goes_its_way),
        cmocka_unit_test(nothing_goes_out_before_acceptance),
        cmocka_unit_test(evidence_comes_once),
        cmocka_unit_test(ready_comes_when_all_is_sent),
        cmocka_unit_test(streams_come_after_ready),
        cmocka_unit_test(a_keep_says_nothing_before_it_is_asked),
        cmocka_unit_test(a_program_ends_after_it_began),
        cmocka_unit_test(there_are_three_ends),
        cmocka_unit_test(exit_is_the_last_message),
        cmocka_unit_test(a_session_without_exit_was_cut),
        cmocka_unit_test(whoever_attaches_gets_ready_at_once),
        cmocka_unit_test(whoever_attaches_names_the_workload),
        cmocka_unit_test(nothing_is_lost_while_somebody_is_there),
        cmocka_unit_test(sizes_are_those_of_the_format),
        cmocka_unit_test(keys_have_a_limit),
        cmocka_unit_test(every_fault_has_its_words),
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
