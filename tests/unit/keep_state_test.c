/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a keep for deployments: every message in every state, each rule that an
 * owner or somebody in an owner's place can break, and what evidence then says. */
/* links: exec/keep_state.c channel/message.c base/cur.c base/put.c base/wipe.c */
#include "exec/keep_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WORKLOAD_MAX 1000u
#define SECOND       1000000000ull

static const uint8_t digest[EVIDENCE_DIGEST_SIZE] = {7, 7, 7};
static const uint8_t exporter[CHANNEL_EXPORTER_SIZE] = {9, 9};
static const struct bytes owner_key = {(const uint8_t *)"the owner's", 11};
static const struct bytes other_key = {(const uint8_t *)"the other's", 11};
static const struct bytes no_key = {0};

static struct {
    struct keep_state keep;
    struct keep_session deploying;
    struct keep_session attaching;
    uint8_t payload[64];
    struct keep_action action;
} t;

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    t.keep.workload_max = WORKLOAD_MAX;
    t.deploying = keep_accept(0);
    t.attaching = keep_accept(0);
    return 0;
}

/* ---- saying things ---- */

static enum keep_refusal say(struct keep_session *s, enum channel_type type, uint64_t size,
                             struct bytes payload, struct bytes key)
{
    const struct channel_header h = {.type = type, .size = size};
    const enum keep_refusal why = keep_allows(&t.keep, s, &h);
    return why != REFUSED_NONE ? why : keep_take(&t.keep, s, &h, payload, key, &t.action);
}

static struct bytes challenge_of(enum channel_what what, uint8_t nonce)
{
    struct channel_challenge c = {.what = what, .time = 1234567};
    memset(c.nonce, nonce, sizeof(c.nonce));
    struct put p = put_init(t.payload, sizeof(t.payload));
    channel_challenge_put(&p, &c);
    return put_done(&p);
}

static enum keep_refusal challenge(struct keep_session *s, enum channel_what what, struct bytes key)
{
    const struct bytes payload = challenge_of(what, 5);
    return say(s, CHANNEL_CHALLENGE, payload.size, payload, key);
}

static enum keep_refusal workload(struct keep_session *s, uint64_t size)
{
    return say(s, CHANNEL_WORKLOAD, size, no_key, no_key);
}

static enum keep_refusal credit(struct keep_session *s, uint32_t type, uint32_t amount)
{
    struct put p = put_init(t.payload, sizeof(t.payload));
    channel_pair_put(&p, (struct channel_pair){type, amount});
    return say(s, CHANNEL_CREDIT, 8, put_done(&p), no_key);
}

static enum keep_refusal signal_is(struct keep_session *s, uint32_t number)
{
    struct put p = put_init(t.payload, sizeof(t.payload));
    put_le32(&p, number);
    return say(s, CHANNEL_SIGNAL, 4, put_done(&p), no_key);
}

static enum keep_refusal input(struct keep_session *s, uint64_t size)
{
    return say(s, CHANNEL_STDIN, size, no_key, no_key);
}

/* ---- ways to go ---- */

static void open_session(struct keep_session *s)
{
    assert_int_equal(keep_open(&t.keep, s, 0), REFUSED_NONE);
}

static void go_to_challenged(void)
{
    open_session(&t.deploying);
    assert_int_equal(challenge(&t.deploying, CHANNEL_DEPLOY, no_key), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_PROVE);
    keep_answered(&t.keep, &t.deploying);
}

static void go_to_delivered(void)
{
    go_to_challenged();
    assert_int_equal(workload(&t.deploying, 16), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_LOAD);
}

static void go_to_ready(struct bytes key, uint32_t flags)
{
    go_to_delivered();
    keep_loaded(&t.keep, &t.deploying, digest, key, flags);
    keep_answered(&t.keep, &t.deploying);
}

static void attach(struct bytes key)
{
    open_session(&t.attaching);
    assert_int_equal(challenge(&t.attaching, CHANNEL_ATTACH, key), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_PROVE);
    keep_answered(&t.keep, &t.attaching);
}

/* ---- tests ---- */

static void one_way_from_empty_to_ended(void **state)
{
    (void)state;
    assert_int_equal(t.keep.phase, KEEP_EMPTY);
    go_to_challenged();
    assert_int_equal(t.deploying.time, 1234567);
    assert_int_equal(t.keep.phase, KEEP_CHALLENGED);
    assert_int_equal(workload(&t.deploying, WORKLOAD_MAX), REFUSED_NONE);
    assert_int_equal(t.keep.phase, KEEP_CHALLENGED);
    keep_loaded(&t.keep, &t.deploying, digest, owner_key, 0);
    assert_int_equal(t.keep.phase, KEEP_LOADED);
    keep_answered(&t.keep, &t.deploying);
    assert_int_equal(t.keep.phase, KEEP_LOADED);
    assert_int_equal(t.deploying.phase, SESSION_ATTACHED);
    keep_end(&t.keep);
    assert_int_equal(t.keep.phase, KEEP_ENDED);
    attach(owner_key);
    assert_int_equal(t.keep.phase, KEEP_ENDED);
}

/* Every type in every state of a session that deploys: what is not listed is refused, and
 * what the keep alone says always is. */
static void nothing_comes_out_of_place(void **state)
{
    (void)state;
    static const struct {
        void (*go)(void);
        enum channel_type allowed[4];
    } states[] = {
        {NULL, {CHANNEL_CHALLENGE}},
        {go_to_challenged, {CHANNEL_WORKLOAD}},
        {go_to_delivered, {0}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        set_up(NULL);
        if (states[i].go != NULL)
            states[i].go();
        else
            open_session(&t.deploying);
        for (enum channel_type type = 1; type < CHANNEL_TYPE_COUNT; type++) {
            const struct channel_header h = {.type = type, .size = 16};
            const enum keep_refusal why = keep_allows(&t.keep, &t.deploying, &h);
            assert_int_equal(why == REFUSED_NONE, type == states[i].allowed[0]);
        }
    }
    set_up(NULL);
    go_to_ready(no_key, 0);
    for (enum channel_type type = 1; type < CHANNEL_TYPE_COUNT; type++) {
        const struct channel_header h = {.type = type, .size = 16};
        const bool stream =
            type == CHANNEL_STDIN || type == CHANNEL_CREDIT || type == CHANNEL_SIGNAL;
        assert_int_equal(keep_allows(&t.keep, &t.deploying, &h) == REFUSED_NONE, stream);
    }
}

static void a_second_session_is_not_served(void **state)
{
    (void)state;
    open_session(&t.deploying);
    assert_int_equal(keep_open(&t.keep, &t.attaching, 0), REFUSED_BUSY);
    assert_false(t.attaching.deploys);
    set_up(NULL);
    go_to_delivered();
    assert_int_equal(keep_open(&t.keep, &t.attaching, 0), REFUSED_BUSY);
}

/* Not even when the first one is gone. */
static void a_keep_never_goes_back(void **state)
{
    (void)state;
    open_session(&t.deploying);
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_KEEP);
    assert_int_equal(keep_open(&t.keep, &t.attaching, 0), REFUSED_BUSY);
}

static void challenges_come_once(void **state)
{
    (void)state;
    go_to_challenged();
    assert_int_equal(challenge(&t.deploying, CHANNEL_DEPLOY, no_key), REFUSED_ORDER);
    set_up(NULL);
    go_to_ready(owner_key, 0);
    assert_int_equal(challenge(&t.deploying, CHANNEL_ATTACH, owner_key), REFUSED_ORDER);
    attach(owner_key);
    assert_int_equal(challenge(&t.attaching, CHANNEL_ATTACH, owner_key), REFUSED_ORDER);
}

static void a_keep_is_deployed_to_once(void **state)
{
    (void)state;
    go_to_ready(owner_key, 0);
    open_session(&t.attaching);
    assert_int_equal(challenge(&t.attaching, CHANNEL_DEPLOY, owner_key), REFUSED_TAKEN);
    assert_int_equal(workload(&t.attaching, 16), REFUSED_ORDER);
}

static void a_second_workload_is_refused(void **state)
{
    (void)state;
    go_to_challenged();
    assert_int_equal(workload(&t.deploying, 16), REFUSED_NONE);
    assert_int_equal(workload(&t.deploying, 16), REFUSED_TAKEN);
    set_up(NULL);
    go_to_ready(owner_key, 0);
    assert_int_equal(workload(&t.deploying, 16), REFUSED_TAKEN);
    attach(owner_key);
    assert_int_equal(workload(&t.attaching, 16), REFUSED_TAKEN);
}

static void workloads_are_bounded(void **state)
{
    (void)state;
    go_to_challenged();
    assert_int_equal(workload(&t.deploying, WORKLOAD_MAX + 1), REFUSED_LIMIT);
    assert_int_equal(workload(&t.deploying, UINT64_MAX), REFUSED_LIMIT);
    assert_int_equal(workload(&t.deploying, WORKLOAD_MAX), REFUSED_NONE);
}

static void challenges_are_parsed(void **state)
{
    (void)state;
    open_session(&t.deploying);
    struct bytes payload = challenge_of(CHANNEL_DEPLOY, 1);
    t.payload[0]++;
    assert_int_equal(say(&t.deploying, CHANNEL_CHALLENGE, payload.size, payload, no_key),
                     REFUSED_VERSION);
    t.payload[0]--;
    t.payload[4] = 9;
    assert_int_equal(say(&t.deploying, CHANNEL_CHALLENGE, payload.size, payload, no_key),
                     REFUSED_MALFORMED);
    payload = challenge_of(CHANNEL_DEPLOY, 1);
    payload.size--;
    assert_int_equal(say(&t.deploying, CHANNEL_CHALLENGE, payload.size, payload, no_key),
                     REFUSED_MALFORMED);
}

/* ---- attaching ---- */

static void only_the_owner_attaches(void **state)
{
    (void)state;
    static const struct bytes keys[] = {{0},
                                        {(const uint8_t *)"the other's", 11},
                                        {(const uint8_t *)"the owner's", 10},
                                        {(const uint8_t *)"the owner's!", 12}};
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        set_up(NULL);
        go_to_ready(owner_key, CHANNEL_DETACHED);
        open_session(&t.attaching);
        assert_int_equal(challenge(&t.attaching, CHANNEL_ATTACH, keys[i]), REFUSED_STRANGER);
    }
    set_up(NULL);
    go_to_ready(owner_key, CHANNEL_DETACHED);
    attach(owner_key);
    set_up(NULL);
    go_to_ready(no_key, 0); /* nobody's: nobody attaches */
    open_session(&t.attaching);
    assert_int_equal(challenge(&t.attaching, CHANNEL_ATTACH, no_key), REFUSED_STRANGER);
    assert_int_equal(challenge(&t.attaching, CHANNEL_ATTACH, other_key), REFUSED_STRANGER);
}

static void there_is_something_to_attach_to(void **state)
{
    (void)state;
    open_session(&t.deploying);
    assert_int_equal(challenge(&t.deploying, CHANNEL_ATTACH, owner_key), REFUSED_EMPTY);
}

/* ---- streams ---- */

static void input_is_bounded_by_credit(void **state)
{
    (void)state;
    go_to_ready(no_key, 0);
    assert_int_equal(input(&t.deploying, CHANNEL_WINDOW), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_INPUT);
    assert_int_equal(input(&t.deploying, 1), REFUSED_WINDOW);
    t.deploying.input += 10;
    assert_int_equal(input(&t.deploying, 11), REFUSED_WINDOW);
    assert_int_equal(input(&t.deploying, 9), REFUSED_NONE);
    assert_int_equal(t.deploying.input, 1);
}

static void input_ends_once(void **state)
{
    (void)state;
    go_to_ready(no_key, 0);
    assert_int_equal(input(&t.deploying, 1), REFUSED_NONE);
    assert_int_equal(input(&t.deploying, 0), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_INPUT_END);
    assert_int_equal(input(&t.deploying, 0), REFUSED_ORDER);
    assert_int_equal(input(&t.deploying, 1), REFUSED_ORDER);
}

static void credit_stays_within_the_window(void **state)
{
    (void)state;
    go_to_ready(no_key, 0);
    assert_int_equal(credit(&t.deploying, CHANNEL_STDOUT, 1), REFUSED_WINDOW);
    t.deploying.credit[0] = CHANNEL_WINDOW - 5;
    t.deploying.credit[1] = 0;
    assert_int_equal(credit(&t.deploying, CHANNEL_STDOUT, 6), REFUSED_WINDOW);
    assert_int_equal(credit(&t.deploying, CHANNEL_STDOUT, UINT32_MAX), REFUSED_WINDOW);
    assert_int_equal(credit(&t.deploying, CHANNEL_STDOUT, 5), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_OUTPUT);
    assert_int_equal(t.deploying.credit[0], CHANNEL_WINDOW);
    assert_int_equal(credit(&t.deploying, CHANNEL_STDERR, 7), REFUSED_NONE);
    assert_int_equal(t.deploying.credit[1], 7);
    assert_int_equal(t.deploying.credit[0], CHANNEL_WINDOW);
}

static void credit_is_for_output(void **state)
{
    (void)state;
    static const uint32_t others[] = {0, CHANNEL_STDIN, CHANNEL_LOG, CHANNEL_FILES, 99, UINT32_MAX};
    go_to_ready(no_key, 0);
    t.deploying.credit[0] = t.deploying.credit[1] = 0;
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_int_equal(credit(&t.deploying, others[i], 1), REFUSED_MALFORMED);
    assert_int_equal(t.deploying.credit[0] + t.deploying.credit[1], 0);
    assert_int_equal(say(&t.deploying, CHANNEL_CREDIT, 7, (struct bytes){t.payload, 7}, no_key),
                     REFUSED_MALFORMED);
}

static void an_end_is_taken_that_has_come(void **state)
{
    (void)state;
    go_to_ready(owner_key, CHANNEL_DETACHED);
    assert_int_equal(credit(&t.deploying, CHANNEL_EXIT, 0), REFUSED_MALFORMED);
    t.deploying.ended = true;
    assert_int_equal(credit(&t.deploying, CHANNEL_EXIT, 0), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_TOLD);
    assert_int_equal(credit(&t.deploying, CHANNEL_EXIT, 1), REFUSED_MALFORMED);
    attach(owner_key); /* to each session its own */
    assert_int_equal(credit(&t.attaching, CHANNEL_EXIT, 0), REFUSED_MALFORMED);
}

static void signals_have_numbers(void **state)
{
    (void)state;
    go_to_ready(no_key, 0);
    assert_int_equal(signal_is(&t.deploying, 0), REFUSED_MALFORMED);
    assert_int_equal(signal_is(&t.deploying, 65), REFUSED_MALFORMED);
    assert_int_equal(signal_is(&t.deploying, UINT32_MAX), REFUSED_MALFORMED);
    assert_int_equal(signal_is(&t.deploying, 15), REFUSED_NONE);
    assert_int_equal(t.action.what, KEEP_SIGNAL);
    assert_int_equal(t.action.signal, 15);
    assert_int_equal(signal_is(&t.deploying, 64), REFUSED_NONE);
}

/* ---- evidence ---- */

static void evidence_says_where_the_keep_stands(void **state)
{
    (void)state;
    open_session(&t.deploying);
    assert_int_equal(challenge(&t.deploying, CHANNEL_DEPLOY, no_key), REFUSED_NONE);
    struct evidence_claims c = keep_claims(&t.keep, &t.deploying, exporter);
    assert_string_equal(c.purpose, "deploy-empty");
    assert_null(c.workload);
    assert_int_equal(c.nonce.size, CHANNEL_NONCE_SIZE);
    for (size_t i = 0; i < c.nonce.size; i++)
        assert_int_equal(c.nonce.data[i], 5);
    assert_ptr_equal(c.tls_exporter, exporter);
    keep_answered(&t.keep, &t.deploying);
    assert_string_not_equal(keep_claims(&t.keep, &t.deploying, exporter).purpose, "deploy-empty");

    assert_int_equal(workload(&t.deploying, 16), REFUSED_NONE);
    keep_loaded(&t.keep, &t.deploying, digest, owner_key, 0);
    c = keep_claims(&t.keep, &t.deploying, exporter);
    assert_string_equal(c.purpose, "deploy-ready");
    assert_memory_equal(c.workload, digest, sizeof(digest));
    assert_int_equal(c.nonce.data[31], 5);
    assert_ptr_equal(c.tls_exporter, exporter);
}

/* Whoever attaches has a nonce and an exporter of its own. */
static void evidence_is_for_one_session(void **state)
{
    (void)state;
    go_to_ready(owner_key, CHANNEL_DETACHED);
    open_session(&t.attaching);
    const struct bytes payload = challenge_of(CHANNEL_ATTACH, 6);
    assert_int_equal(say(&t.attaching, CHANNEL_CHALLENGE, payload.size, payload, owner_key),
                     REFUSED_NONE);
    const struct evidence_claims c = keep_claims(&t.keep, &t.attaching, exporter);
    assert_string_equal(c.purpose, "deploy-ready");
    assert_int_equal(c.nonce.size, CHANNEL_NONCE_SIZE);
    assert_int_equal(c.nonce.data[0], 6);
    assert_memory_equal(c.workload, digest, sizeof(digest));
    assert_ptr_equal(c.tls_exporter, exporter);
}

/* ---- time, and sessions that end ---- */

static void a_handshake_takes_ten_seconds_at_most(void **state)
{
    (void)state;
    struct keep_session s = keep_accept(5 * SECOND);
    assert_int_equal(keep_patience(&s, 5 * SECOND), 10 * SECOND);
    assert_int_equal(keep_patience(&s, 12 * SECOND), 3 * SECOND);
    assert_int_equal(keep_patience(&s, 15 * SECOND), 0);
    assert_int_equal(keep_patience(&s, 0), 10 * SECOND); /* a clock that goes back */
    go_to_ready(owner_key, 0);
    open_session(&s); /* attaching: until its READY, whatever it sends */
    keep_heard(&s, 14 * SECOND);
    assert_int_equal(keep_patience(&s, 15 * SECOND), 0);
}

static void a_deployment_goes_on_or_ends(void **state)
{
    (void)state;
    t.deploying = keep_accept(0);
    assert_int_equal(keep_open(&t.keep, &t.deploying, 9 * SECOND), REFUSED_NONE);
    assert_int_equal(keep_patience(&t.deploying, 9 * SECOND), 60 * SECOND);
    assert_int_equal(challenge(&t.deploying, CHANNEL_DEPLOY, no_key), REFUSED_NONE);
    keep_answered(&t.keep, &t.deploying);
    assert_int_equal(keep_patience(&t.deploying, 69 * SECOND), 0);
    keep_heard(&t.deploying, 69 * SECOND);
    assert_int_equal(keep_patience(&t.deploying, 69 * SECOND), 60 * SECOND);
    assert_int_equal(workload(&t.deploying, 16), REFUSED_NONE);
    assert_int_equal(keep_patience(&t.deploying, 129 * SECOND), 0);
    keep_loaded(&t.keep, &t.deploying, digest, no_key, 0);
    keep_answered(&t.keep, &t.deploying);
    assert_true(keep_patience(&t.deploying, 1000000 * SECOND) == UINT64_MAX);
}

static void what_is_lost_with_a_session(void **state)
{
    (void)state;
    assert_int_equal(keep_lost(&t.keep, &t.attaching), LOSS_SESSION); /* in its handshake */
    go_to_challenged();
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_KEEP);
    assert_int_equal(workload(&t.deploying, 16), REFUSED_NONE);
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_KEEP);
    keep_loaded(&t.keep, &t.deploying, digest, owner_key, 0);
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_KEEP); /* without its READY */
    keep_answered(&t.keep, &t.deploying);
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_WORKLOAD);
    open_session(&t.attaching);
    assert_int_equal(keep_lost(&t.keep, &t.attaching), LOSS_SESSION);
    set_up(NULL);
    go_to_ready(owner_key, CHANNEL_DETACHED);
    assert_int_equal(keep_lost(&t.keep, &t.deploying), LOSS_SESSION);
}

static void every_refusal_has_a_text(void **state)
{
    (void)state;
    for (enum keep_refusal why = REFUSED_NONE + 1; why < KEEP_REFUSAL_COUNT; why++)
        assert_true(strlen(keep_refusal_text(why)) > 10);
    assert_string_equal(keep_refusal_text(KEEP_REFUSAL_COUNT), "");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_way_from_empty_to_ended),
        TEST(nothing_comes_out_of_place),
        TEST(a_second_session_is_not_served),
        TEST(a_keep_never_goes_back),
        TEST(challenges_come_once),
        TEST(a_keep_is_deployed_to_once),
        TEST(a_second_workload_is_refused),
        TEST(workloads_are_bounded),
        TEST(challenges_are_parsed),
        TEST(only_the_owner_attaches),
        TEST(there_is_something_to_attach_to),
        TEST(input_is_bounded_by_credit),
        TEST(input_ends_once),
        TEST(credit_stays_within_the_window),
        TEST(credit_is_for_output),
        TEST(an_end_is_taken_that_has_come),
        TEST(signals_have_numbers),
        TEST(evidence_says_where_the_keep_stands),
        TEST(evidence_is_for_one_session),
        TEST(a_handshake_takes_ten_seconds_at_most),
        TEST(a_deployment_goes_on_or_ends),
        TEST(what_is_lost_with_a_session),
        TEST(every_refusal_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
