/* SPDX-License-Identifier: Apache-2.0 */
/* A keep from empty to its end, and every way of not getting there: what the owner is
 * told, what the host is told, and that it never goes back. */
/* links: conf/manifest_tls.c conf/host_name.c */
/* links: tests/unit/deployed_keep.c tests/unit/test_owner.c */
/* links: exec/provision.c exec/owner_channel.c exec/owner_session.c exec/wire.c exec/console.c exec/output_ring.c exec/delivery.c exec/keep_state.c exec/evidence.c exec/identity.c exec/time.c exec/wait.c exec/port.c exec/report.c exec/stream.c exec/workload.c exec/output.c */
/* links: exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c */
/* links: attest/claims_buffer.c channel/message.c channel/reader.c conf/evidence_claims.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c conf/secrets.c crypto/digest.c crypto/issue.c base/der_put.c base/der.c base/rfc3339.c crypto/key.c tls/certificate.c tls/context.c tls/pipe.c tls/peer.c tls/session.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lssl -lcrypto -lpthread */
#include "base/put.h"
#include "conf/secrets.h"
#include "exec/report.h"
#include "tests/unit/deployed_keep.h"
#include "tests/unit/test_owner.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct owner me, other;
static const struct bytes quote = {(const uint8_t *)HOST_EVIDENCE, sizeof(HOST_EVIDENCE)};

/* ---- programs ---- */

static uint32_t says_hello(struct wasi *w)
{
    return write_text(w, 1, "hello ") && write_text(w, 2, "there") ? 42 : 1;
}

static uint32_t traps(struct wasi *w) { return write_text(w, 1, "so far\n") ? TRAPS : 1; }

static uint32_t never(struct wasi *w)
{
    (void)w;
    fail_msg("there was no workload to run");
    return 0;
}

/* ---- the way ---- */

static void deploys_runs_and_ends(void **state)
{
    (void)state;
    keep_program = says_hello;
    const struct parcel p = parcel_new(0);
    owner_deploys(&me, &p);
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_hears_text(&me, CHANNEL_STDERR, "there");
    owner_hears_exit(&me, CHANNEL_END_EXIT, 42);
    owner_hears_end(&me);
    owner_close(&me);
    keep_ends(PORT_END_DONE); /* whatever the program's status */
    assert_string_equal(host.log, "");
}

static uint32_t tells_secret(struct wasi *w)
{
    const uint32_t e = CALL(w, environ_get, 1000, 2000);
    return e == 0 && write_text(w, 1, (char *)memory + 2000) ? 0 : 1;
}

static void secrets_arrive_and_are_proved_to_the_owner(void **state)
{
    (void)state;
    static struct bytes names[1], values[1];
    uint8_t encoded[64];
    struct parcel p = parcel_new(0);
    names[0] = bytes_of_text("TOKEN");
    values[0] = bytes_of_text("t0ken");
    p.manifest.secret_env = names;
    p.manifest.secret_env_count = 1;
    struct put secrets = put_init(encoded, sizeof(encoded));
    secrets_put(&p.manifest, values, &secrets);
    p.secrets = put_done(&secrets);
    keep_program = tells_secret;
    owner_deploys(&me, &p); /* READY has the digest of nonce and secrets */
    owner_hears_text(&me, CHANNEL_STDOUT, "TOKEN=t0ken");
    owner_hears_exit(&me, CHANNEL_END_EXIT, 0);
    owner_close(&me);
    keep_ends(PORT_END_DONE);
}

static void a_trap_is_the_owners_to_read(void **state)
{
    (void)state;
    keep_program = traps;
    const struct parcel p = parcel_new(0);
    owner_deploys(&me, &p);
    owner_hears_text(&me, CHANNEL_STDOUT, "so far\n");
    owner_hears_log(&me, "secret_function");
    owner_hears_exit(&me, CHANNEL_END_TRAP, 0);
    owner_hears_end(&me);
    owner_close(&me);
    keep_ends(PORT_END_DONE);
    assert_string_equal(host.log, "");
}

static uint32_t tells_time(struct wasi *w)
{
    uint64_t ns = 0;
    if (CALL(w, clock_time_get, 0, 0, 64) != 0)
        return 1;
    memcpy(&ns, memory + 64, sizeof(ns));
    return ns >= 2000000000000000000u ? 0 : 1; /* what the owner says: 2033 */
}

static void it_is_as_late_as_the_owner_says(void **state)
{
    (void)state;
    keep_program = tells_time;
    const struct parcel p = parcel_new(0);
    owner_deploys(&me, &p);
    owner_hears_exit(&me, CHANNEL_END_EXIT, 0);
    owner_close(&me);
}

/* The claims are there all the same, and nothing that would prove them. */
static void a_keep_that_proves_nothing_says_so(void **state)
{
    (void)state;
    host.proves = false;
    keep_program = says_hello;
    const struct parcel p = parcel_new(0);
    owner_open(&me, NOBODY);
    owner_challenge(&me, CHANNEL_DEPLOY);
    owner_hears_evidence(&me, CHANNEL_EVIDENCE, (struct bytes){0});
    owner_workload(&me, &p);
    owner_hears_evidence(&me, CHANNEL_READY, (struct bytes){0});
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_close(&me);
}

/* ---- not getting there ---- */

static void keep_is_dead(void)
{
    keep_ends(PORT_END_FAILED);
    assert_string_equal(host.log, "the keep ended before it had a workload\n");
    assert_int_equal(host.calls[PORT_LISTEN], 1);
}

static void challenged(void)
{
    keep_program = never;
    owner_open(&me, NOBODY);
    owner_challenge(&me, CHANNEL_DEPLOY);
    owner_hears_evidence(&me, CHANNEL_EVIDENCE, quote);
}

/* Both are there before either is looked at. */
static void a_second_workload_ends_the_keep(void **state)
{
    (void)state;
    const struct parcel p = parcel_new(0);
    challenged();
    owner_cork(&me, true);
    owner_workload(&me, &p);
    owner_workload(&me, &p);
    owner_cork(&me, false);
    owner_is_refused(&me, "one workload, once");
    owner_close(&me);
    keep_is_dead();
}

static void precompiled_code_is_refused(void **state)
{
    (void)state;
    struct parcel p = parcel_new(0);
    challenged();
    p.module = (struct bytes){(const uint8_t *)"\177ELF\2\1\1\0", 8};
    owner_workload(&me, &p);
    owner_is_refused(&me, "takes no code that it has not compiled itself");
    owner_close(&me);
    keep_is_dead();
}

static uint32_t sleeps(struct wasi *w) { return sleep_ns(w, SECONDS(1000)); }

static void after_ready_there_is_no_second_one(void **state)
{
    (void)state;
    const struct parcel p = parcel_new(0);
    keep_program = sleeps;
    owner_deploys(&me, &p);
    owner_workload(&me, &p);
    owner_is_refused(&me, "one workload, once");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
}

static void a_second_challenge_ends_the_keep(void **state)
{
    (void)state;
    challenged();
    owner_challenge(&me, CHANNEL_DEPLOY);
    owner_is_refused(&me, "out of place");
    owner_close(&me);
    keep_is_dead();
}

static void a_stream_before_ready_ends_the_keep(void **state)
{
    (void)state;
    challenged();
    owner_signal(&me, 15);
    owner_is_refused(&me, "out of place");
    owner_close(&me);
    keep_is_dead();
}

/* Longer than what such a session has room for: for the same reason. */
static void so_does_a_long_one(void **state)
{
    (void)state;
    static const uint8_t input[1000];
    challenged();
    owner_say(&me, CHANNEL_STDIN, (struct bytes){input, sizeof(input)});
    owner_is_refused(&me, "out of place");
    owner_close(&me);
    keep_is_dead();
}

static void what_is_no_message_ends_the_keep(void **state)
{
    (void)state;
    challenged();
    owner_say(&me, CHANNEL_EXIT, bytes_of_text("8 bytes!")); /* a keep's */
    owner_is_refused(&me, "malformed");
    owner_close(&me);
    keep_is_dead();
}

static void a_session_that_ends_takes_the_keep_along(void **state)
{
    (void)state;
    challenged();
    owner_leave(&me);
    keep_is_dead();
}

/* A header that promises 1000 bytes. */
static struct bytes workload_head(void)
{
    static uint8_t head[CHANNEL_HEADER_SIZE];
    struct put p = put_init(head, sizeof(head));
    channel_header_put(&p, &(struct channel_header){.type = CHANNEL_WORKLOAD, .size = 1000});
    return put_done(&p);
}

static void so_does_one_that_is_cut(void **state)
{
    (void)state;
    challenged();
    owner_writes(&me, workload_head());
    owner_close(&me);
    keep_is_dead();
}

static void and_one_that_stalls(void **state)
{
    (void)state;
    challenged();
    time_passes(SECONDS(59));
    owner_hears_nothing(&me);
    time_passes(SECONDS(2));
    owner_is_refused(&me, "stalled");
    owner_close(&me);
    keep_is_dead();
}

/* As long as any byte comes, it goes on. */
static void a_slow_workload_is_waited_for(void **state)
{
    (void)state;
    const struct bytes head = workload_head();
    challenged();
    for (size_t i = 0; i < head.size; i++) {
        owner_writes(&me, (struct bytes){head.data + i, 1});
        owner_hears_nothing(&me);
        time_passes(SECONDS(50));
    }
    owner_close(&me);
    keep_is_dead();
}

static void a_wrong_module_is_refused(void **state)
{
    (void)state;
    struct parcel p = parcel_new(0);
    p.manifest.module_digest[0] ^= 1;
    challenged();
    owner_workload(&me, &p);
    owner_is_refused(&me, "cannot take the module");
    owner_close(&me);
    keep_is_dead();
}

/* Sends a workload that listens. */
static void deploy_server(void)
{
    static struct manifest_stream stream;
    struct parcel p = parcel_new(CHANNEL_DETACHED);
    stream = (struct manifest_stream){.kind = STREAM_LISTEN,
                                      .name = bytes_of_text("web"),
                                      .host = bytes_of_text("0.0.0.0"),
                                      .port = 80};
    p.manifest.streams = &stream;
    p.manifest.stream_count = 1;
    challenged();
    owner_workload(&me, &p);
}

static int open_nothing(maybe_unused struct wasi_host *to)
{
    report(PORT_LOG_ERROR, "stream web: no");
    return -EACCES;
}

static void a_stream_that_cannot_be_opened_is_told(void **state)
{
    (void)state;
    keep_opens = open_nothing;
    deploy_server();
    owner_is_refused(&me, "stream web: no");
    owner_close(&me);
    keep_is_dead();
    assert_null(strstr(host.log, "web")); /* the host is none of those who hear of it */
}

/* The host takes its time, for as long as anybody waits. */
static int open_for_ever(struct wasi_host *to)
{
    int error = 0;
    while (error == 0)
        error = to->wait(to->context, NULL, 0, SECONDS(3600));
    return error;
}

/* Whoever deploys may lose patience while the host is at a stream: then nobody waits on. */
static void an_owner_may_leave_while_a_stream_is_opened(void **state)
{
    (void)state;
    keep_opens = open_for_ever;
    deploy_server();
    owner_close(&me);
    keep_is_dead();
}

static void without_evidence_the_owner_is_told_why(void **state)
{
    (void)state;
    keep_program = never;
    host.evidence = -EIO;
    owner_open(&me, NOBODY);
    owner_challenge(&me, CHANNEL_DEPLOY);
    owner_is_refused(&me, "prove what it is");
    owner_close(&me);
    keep_is_dead();
}

static void so_it_is_for_the_second(void **state)
{
    (void)state;
    const struct parcel p = parcel_new(CHANNEL_DETACHED);
    challenged();
    host.evidence = -EIO;
    owner_workload(&me, &p);
    owner_is_refused(&me, "prove what it is");
    owner_close(&me);
    keep_is_dead();
}

/* ---- who else comes ---- */

static void nobody_attaches_to_an_empty_keep(void **state)
{
    (void)state;
    keep_program = never;
    owner_open(&me, ME);
    owner_challenge(&me, CHANNEL_ATTACH);
    owner_is_refused(&me, "no workload that one could attach to");
    owner_close(&me);
    keep_is_dead(); /* it was the one session that deploys */
}

static void a_second_session_is_sent_away(void **state)
{
    (void)state;
    const struct parcel p = parcel_new(0);
    challenged();
    keep_program = says_hello;
    owner_open(&other, ME);
    owner_is_refused(&other, "another session");
    owner_close(&other);
    owner_workload(&me, &p); /* the first goes on */
    owner_hears_evidence(&me, CHANNEL_READY, quote);
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_close(&me);
}

/* Before any session is there, what is no session does no harm. */
static void an_empty_keep_outlives_what_is_no_session(void **state)
{
    (void)state;
    keep_program = says_hello;
    const int silent = owner_dial(), talker = owner_dial(), cut = owner_dial();
    assert_int_equal(write(talker, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    close(cut);
    time_passes(SECONDS(11));
    const struct parcel p = parcel_new(0);
    owner_deploys(&me, &p);
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_close(&me);
    close(silent);
    close(talker);
}

/* Somebody came, and went before there was a session. */
static void no_session(void)
{
    char answer;
    const int talker = owner_dial();
    assert_int_equal(write(talker, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    assert_int_equal(read(talker, &answer, 1), 0); /* it has been sent away */
    close(talker);
}

static void an_empty_keep_does_not_wait_for_ever(void **state)
{
    (void)state;
    keep_program = never;
    no_session();
    time_passes(SECONDS(601));
    close(owner_dial()); /* it may have looked at the time before, and begun to wait behind */
    keep_is_dead();
}

static void a_session_may_come_late(void **state)
{
    (void)state;
    no_session();
    time_passes(SECONDS(590));
    challenged();
    keep_program = says_hello;
    time_passes(SECONDS(50)); /* a session has a time of its own */
    const struct parcel p = parcel_new(0);
    owner_workload(&me, &p);
    owner_hears_evidence(&me, CHANNEL_READY, quote);
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_close(&me);
}

/* ---- the host ---- */

/* Records that the owner did not make end the session before anything comes of them. */
static void a_host_that_meddles_ends_the_session(void **state)
{
    (void)state;
    static const uint8_t record[5 + 32] = {23, 3, 3, 0, 32, 1, 2, 3}; /* [RFC 8446 5.2] */
    challenged();
    assert_int_equal(write(me.fd, record, sizeof(record)), sizeof(record));
    keep_is_dead();
    owner_close(&me);
}

static void writes_in_small_pieces_do(void **state)
{
    (void)state;
    host.write_max = 7;
    keep_program = says_hello;
    const struct parcel p = parcel_new(0);
    owner_deploys(&me, &p);
    owner_hears_text(&me, CHANNEL_STDOUT, "hello ");
    owner_hears_text(&me, CHANNEL_STDERR, "there");
    owner_hears_exit(&me, CHANNEL_END_EXIT, 42);
    owner_hears_end(&me);
    owner_close(&me);
    keep_ends(PORT_END_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, keep_start, keep_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deploys_runs_and_ends),
        TEST(secrets_arrive_and_are_proved_to_the_owner),
        TEST(a_trap_is_the_owners_to_read),
        TEST(it_is_as_late_as_the_owner_says),
        TEST(a_keep_that_proves_nothing_says_so),
        TEST(a_second_workload_ends_the_keep),
        TEST(precompiled_code_is_refused),
        TEST(after_ready_there_is_no_second_one),
        TEST(a_second_challenge_ends_the_keep),
        TEST(a_stream_before_ready_ends_the_keep),
        TEST(so_does_a_long_one),
        TEST(what_is_no_message_ends_the_keep),
        TEST(a_session_that_ends_takes_the_keep_along),
        TEST(so_does_one_that_is_cut),
        TEST(and_one_that_stalls),
        TEST(a_slow_workload_is_waited_for),
        TEST(a_wrong_module_is_refused),
        TEST(a_stream_that_cannot_be_opened_is_told),
        TEST(an_owner_may_leave_while_a_stream_is_opened),
        TEST(without_evidence_the_owner_is_told_why),
        TEST(so_it_is_for_the_second),
        TEST(nobody_attaches_to_an_empty_keep),
        TEST(a_second_session_is_sent_away),
        TEST(an_empty_keep_outlives_what_is_no_session),
        TEST(an_empty_keep_does_not_wait_for_ever),
        TEST(a_session_may_come_late),
        TEST(a_host_that_meddles_ends_the_session),
        TEST(writes_in_small_pieces_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
