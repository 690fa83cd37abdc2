/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner hears and says once the program runs: output and input within their windows,
 * folders, signals. */
/* links: host/deploy/owner.c host/deploy/appraise.c channel/message.c channel/reader.c conf/evidence_claims.c tests/unit/owner_scene.c tests/unit/sim_evidence.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c host/fault.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#include "tests/unit/owner_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- streams ---- */

static uint8_t window[CHANNEL_WINDOW];

static void output_stays_within_its_window(void **state)
{
    (void)state;
    for (enum channel_type type = CHANNEL_STDOUT; type <= CHANNEL_STDERR; type++) {
        session_run();
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
    session_run();
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
    session_run();
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
    session_run();
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
    session_run();
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
    session_run();
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
    session_run();
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
    struct owner_terms t = usual_terms();
    session_run();
    assert_int_equal(take_text(CHANNEL_FILES, "x"), OWNER_FAULT_FILES);
    t.files = true;
    session_run_with(&t);
    assert_int_equal(take_text(CHANNEL_FILES, "x"), OWNER_FAULT_NONE);
    assert_int_equal(action.what, OWNER_FILES);
}

static void signals_wait_for_the_program(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct put out = put_init(buffer, sizeof(buffer));
    const struct owner_terms t = usual_terms();
    session_load(&t);
    owner_put_signal(&owner, 15, &out);
    assert_int_equal(out.size, 0);
    session_run();
    owner_put_signal(&owner, 15, &out);
    assert_int_equal(out.size, CHANNEL_HEADER_SIZE + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_stays_within_its_window),
        cmocka_unit_test(credit_is_what_was_taken),
        cmocka_unit_test(the_last_credit_is_for_all_of_it),
        cmocka_unit_test(the_end_is_answered),
        cmocka_unit_test(output_has_one_end),
        cmocka_unit_test(input_waits_for_credit),
        cmocka_unit_test(credit_is_for_input_and_within_the_window),
        cmocka_unit_test(folders_come_when_asked_for),
        cmocka_unit_test(signals_wait_for_the_program),
    };
    return cmocka_run_group_tests(tests, scene_open, scene_close);
}
