/* SPDX-License-Identifier: Apache-2.0 */
/* What a user hears of a deployment: each event as one JSON object, steps and the bar of an
 * upload on a terminal alone. */
/* links: host/cli/deploy_tell.c host/cli/attest_json.c host/cli/attest_text.c host/cli/attest_hint.c host/cli/json.c host/cli/message.c host/deploy/owner.c host/clock.c conf/policy_key.c channel/message.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c tests/unit/scratch.c */
/* libs: -lcrypto -ljansson -lutil */
#define _GNU_SOURCE
#include "host/cli/deploy_tell.h"

#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct deploy_subject subject = {
    .host = "h:1", .keep = "k1", .backend = "sgx", .program = "app.wasm"};
static const uint8_t digest[EVIDENCE_DIGEST_SIZE] = {0xab};
static struct attest_result result;

/* ---- standard error, for a while ---- */

static int saved;
static char said[8192];

static void listen_on(int fd)
{
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
}

static void listen_no_more(void)
{
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

/* What `tell` says to programs, all of it. */
static json_t *events(void (*tell)(struct deploy_tell *t))
{
    struct deploy_tell t;
    const int fd = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
    listen_on(fd);
    deploy_tell_init(&t, true, PORT_LOG_INFO);
    tell(&t);
    listen_no_more();
    const ssize_t size = pread(fd, said, sizeof(said) - 1, 0);
    close(fd);
    said[size > 0 ? size : 0] = '\0';
    json_t *all = json_array();
    for (char *line = strtok(said, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (event == NULL)
            fail_msg("no JSON: %s", line);
        assert_true(json_is_integer(json_object_get(event, "elapsed_ms")));
        json_array_append_new(all, event);
    }
    return all;
}

static const char *text_of(const json_t *all, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(all, i), key));
}

/* ---- events ---- */

static void tell_steps(struct deploy_tell *t)
{
    result = (struct attest_result){
        .verdict = ACCEPTED,
        .tcb_status = TCB_UP_TO_DATE,
        .claims = {.kind = KIND_SGX, .decoded = true, .sgx = {.mrenclave = {0xcd}}},
        .notes = {{"a note"}},
        .note_count = 1,
    };
    deploy_tell_attested(t, &subject, &result);
    deploy_tell_packaged(t, digest, 1234);
    deploy_tell_progress(t, 1, 2);
    deploy_tell_provisioned(t, &subject);
    deploy_tell_exit(t, "exit", 7);
}

static void steps_are_events(void **state)
{
    (void)state;
    json_t *all = events(tell_steps);
    assert_int_equal(json_array_size(all), 4);
    assert_string_equal(text_of(all, 0, "event"), "attested");
    assert_string_equal(text_of(all, 0, "tee"), "sgx");
    assert_string_equal(text_of(all, 0, "accepted_by"), "evidence");
    assert_true(json_is_true(json_object_get(json_array_get(all, 0), "proven")));
    assert_true(json_is_false(json_object_get(json_array_get(all, 0), "simulated")));
    assert_string_equal(text_of(all, 0, "tcb_status"), "UpToDate");
    assert_memory_equal(text_of(all, 0, "measurement"), "cd00", 4);
    assert_string_equal(text_of(all, 1, "event"), "packaged");
    assert_memory_equal(text_of(all, 1, "workload_digest"), "ab00", 4);
    assert_string_equal(text_of(all, 2, "event"), "provisioned");
    assert_string_equal(text_of(all, 3, "event"), "exit");
    json_decref(all);
}

static void tell_simulated(struct deploy_tell *t)
{
    result = (struct attest_result){
        .verdict = ACCEPTED,
        .simulated = true,
        .claims = {.kind = KIND_SGX, .decoded = true},
        .ar4si = {.hardware = 97, .runtime_opaque = 96},
    };
    deploy_tell_attested(t, &subject, &result);
}

static void what_is_simulated_is_told_as_such(void **state)
{
    (void)state;
    json_t *all = events(tell_simulated);
    const json_t *event = json_array_get(all, 0), *ear = json_object_get(event, "ear");
    assert_true(json_is_false(json_object_get(event, "proven")));
    assert_true(json_is_true(json_object_get(event, "simulated")));
    assert_string_equal(text_of(all, 0, "accepted_by"), "simulated_roots");
    assert_int_equal(json_integer_value(json_object_get(ear, "hardware")), 97);
    assert_int_equal(json_integer_value(json_object_get(ear, "runtime-opaque")), 96);
    json_decref(all);
}

static void tell_proofless(struct deploy_tell *t)
{
    result = (struct attest_result){.verdict = UNVERIFIED};
    deploy_tell_attested(t, &subject, &result);
}

static void what_is_not_proven_is_not_told_as_such(void **state)
{
    (void)state;
    json_t *all = events(tell_proofless);
    const json_t *event = json_array_get(all, 0);
    assert_true(json_is_false(json_object_get(event, "proven")));
    assert_true(json_is_null(json_object_get(event, "tee")));
    assert_true(json_is_null(json_object_get(event, "measurement")));
    assert_string_equal(text_of(all, 0, "accepted_by"), "allow_insecure");
    json_decref(all);
}

static void tell_refusals(struct deploy_tell *t)
{
    result = (struct attest_result){
        .verdict = REFUSED,
        .reason = CHECK_sgx_debug,
        .claims = {.kind = KIND_SGX, .decoded = true},
        .checks = {{.id = CHECK_kind, .outcome = OUTCOME_PASSED},
                   {.id = CHECK_sgx_debug,
                    .outcome = OUTCOME_FAILED,
                    .expected = {"false"},
                    .found = {"true"}}},
        .check_count = 2,
    };
    deploy_tell_refused(t, &subject, OWNER_FAULT_EVIDENCE, &result, false);
    deploy_tell_unfit(t, "no such backend");
    deploy_tell_failed(t, "cut within \xc3", 1);
    deploy_tell_failed(t, NULL, 1);
}

static void refusals_say_what_would_accept(void **state)
{
    (void)state;
    json_t *all = events(tell_refusals);
    assert_int_equal(json_array_size(all), 4);
    assert_string_equal(text_of(all, 0, "event"), "refused");
    assert_string_equal(text_of(all, 0, "check"), "sgx_debug");
    assert_string_equal(text_of(all, 0, "expected"), "false");
    assert_string_equal(text_of(all, 0, "found"), "true");
    const json_t *policy = json_object_get(json_array_get(all, 0), "policy");
    assert_string_equal(json_string_value(json_object_get(json_array_get(policy, 0), "line")),
                        "debug = true");
    assert_string_equal(text_of(all, 1, "message"), "no such backend");
    assert_string_equal(text_of(all, 2, "message"), "cut within ");
    assert_true(json_is_null(json_object_get(json_array_get(all, 3), "message")));
    json_decref(all);
}

/* ---- on a terminal ---- */

static size_t drain(int fd)
{
    size_t size = 0;
    struct pollfd row = {.fd = fd, .events = POLLIN};
    while (size + 1 < sizeof(said) && poll(&row, 1, 100) > 0) {
        const ssize_t n = read(fd, said + size, sizeof(said) - 1 - size);
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    said[size] = '\0';
    return size;
}

static void an_upload_has_a_bar_that_goes_away(void **state)
{
    (void)state;
    struct deploy_tell t;
    int ours, its;
    assert_int_equal(openpty(&ours, &its, NULL, NULL, NULL), 0);
    listen_on(its);
    deploy_tell_init(&t, false, PORT_LOG_INFO);
    deploy_tell_packaged(&t, digest, 3 << 20);
    deploy_tell_progress(&t, 1 << 20, 3 << 20); /* too early for a bar */
    t.bar_next = 0;
    deploy_tell_progress(&t, 3 << 19, 3 << 20);
    deploy_tell_progress(&t, 3 << 20, 3 << 20);
    deploy_tell_provisioned(&t, &subject);
    listen_no_more();
    assert_true(drain(ours) > 0);
    assert_non_null(strstr(said, "packaged: workload ab00"));
    assert_non_null(strstr(said, ", 3.0 MiB"));
    assert_null(strstr(said, " 33 %"));
    const char *bar =
        strstr(said, "\renarx: sending [###############...............]  50 %, 1.5 MiB");
    assert_non_null(bar);
    assert_non_null(strstr(bar + 1, "\r\033[Kenarx: provisioned: keep k1 runs app.wasm"));
    close(ours);
    close(its);
}

static void nothing_shows_elsewhere(void **state)
{
    (void)state;
    struct deploy_tell t;
    const int fd = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
    listen_on(fd);
    deploy_tell_init(&t, false, PORT_LOG_INFO);
    tell_steps(&t);
    listen_no_more();
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_are_events, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_is_simulated_is_told_as_such, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(what_is_not_proven_is_not_told_as_such, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(refusals_say_what_would_accept, scratch_open,
                                        scratch_close),
        cmocka_unit_test(an_upload_has_a_bar_that_goes_away),
        cmocka_unit_test_setup_teardown(nothing_shows_elsewhere, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
