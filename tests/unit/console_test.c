/* SPDX-License-Identifier: Apache-2.0 */
/* The standard streams of a deployed workload: credit both ways, readiness, what is sent
 * again and what is lost, and signals. */
/* links: conf/manifest_tls.c conf/host_name.c */
/* links: tests/unit/deployed_keep.c tests/unit/test_owner.c */
/* links: exec/provision.c exec/owner_channel.c exec/owner_session.c exec/wire.c exec/console.c exec/output_ring.c exec/delivery.c exec/keep_state.c exec/evidence.c exec/identity.c exec/time.c exec/wait.c exec/port.c exec/report.c exec/stream.c exec/workload.c exec/output.c */
/* links: exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c */
/* links: attest/claims_buffer.c channel/message.c channel/reader.c conf/evidence_claims.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c conf/secrets.c crypto/digest.c crypto/issue.c base/der_put.c base/der.c base/rfc3339.c crypto/key.c tls/certificate.c tls/context.c tls/pipe.c tls/peer.c tls/session.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lssl -lcrypto -lpthread */
#include "exec/wasi/abi.h"
#include "exec/wasi/errno.h"
#include "tests/unit/deployed_keep.h"
#include "tests/unit/test_owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_SIZE (3 * CHANNEL_WINDOW)

static struct owner me;
static char text[TEXT_SIZE + 1]; /* each byte says where it is */

static int set_up(void **state)
{
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text[i] = (char)('!' + i % 89);
    return keep_start(state);
}

static void deploys(program *p, uint32_t flags)
{
    const struct parcel parcel = parcel_new(flags);
    keep_program = p;
    owner_deploys(&me, &parcel);
}

static void ends_with(uint32_t status)
{
    owner_hears_exit(&me, CHANNEL_END_EXIT, status);
    owner_hears_end(&me);
    owner_close(&me);
    keep_ends(PORT_END_DONE);
}

/* ---- input ---- */

/* Reads all there is: how much, and whether it was the text. */
static uint32_t reads_text(struct wasi *w)
{
    size_t size = 0;
    for (;;) {
        const int64_t n = read_once(w, 0, 10000);
        if (n <= 0)
            return n == 0 && size == TEXT_SIZE ? 0 : 1;
        if (memcmp(memory + BUFFER, text + size, (size_t)n) != 0)
            return 2;
        size += (size_t)n;
    }
}

/* Sends the text as far as there is credit, and waits for more. */
static void send_text(void)
{
    size_t credit = CHANNEL_WINDOW;
    for (size_t sent = 0; sent < TEXT_SIZE;) {
        const size_t left = TEXT_SIZE - sent < 30000 ? TEXT_SIZE - sent : 30000;
        const size_t size = credit < left ? credit : left;
        if (size > 0)
            owner_say(&me, CHANNEL_STDIN, (struct bytes){(uint8_t *)text + sent, size});
        sent += size;
        credit -= size;
        if (credit > 0)
            continue;
        struct channel_pair pair;
        assert_int_equal(channel_pair_parse(owner_hears(&me, CHANNEL_CREDIT), &pair), 0);
        assert_int_equal(pair.first, CHANNEL_STDIN);
        assert_true(pair.second > 0 && pair.second <= CHANNEL_WINDOW);
        credit += pair.second;
    }
}

static void input_comes_as_credit_goes(void **state)
{
    (void)state;
    deploys(reads_text, 0);
    send_text();
    owner_say(&me, CHANNEL_STDIN, (struct bytes){0});
    while (owner_next(&me) == CHANNEL_CREDIT) /* for what it has read since */
        owner_hears(&me, CHANNEL_CREDIT);
    ends_with(0);
}

static uint32_t waits_for_nothing(struct wasi *w) { return sleep_ns(w, SECONDS(1000)); }

static void more_input_than_credit_is_refused(void **state)
{
    (void)state;
    deploys(waits_for_nothing, 0);
    for (size_t said = 0; said < CHANNEL_WINDOW; said += CHANNEL_DATA_MAX)
        owner_say(&me, CHANNEL_STDIN, (struct bytes){(uint8_t *)text, CHANNEL_DATA_MAX});
    owner_say(&me, CHANNEL_STDIN, (struct bytes){(uint8_t *)text, 1});
    owner_is_refused(&me, "beyond what there was credit for");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
}

static void input_after_its_end_is_refused(void **state)
{
    (void)state;
    deploys(waits_for_nothing, 0);
    owner_say(&me, CHANNEL_STDIN, (struct bytes){0});
    owner_say(&me, CHANNEL_STDIN, (struct bytes){(uint8_t *)text, 1});
    owner_is_refused(&me, "out of place");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
}

/* Nothing yet, then something, then the end: without waiting, and by waiting. */
static uint32_t looks_before_it_reads(struct wasi *w)
{
    if (CALL(w, fd_fdstat_set_flags, 0, FDFLAG_NONBLOCK) != 0 ||
        read_once(w, 0, 10) != -WASI_EAGAIN)
        return 1;
    if (!write_text(w, 1, "ready"))
        return 2;
    memset(memory, 0, 48); /* [WASI preview1 subscription_fd_readwrite] */
    memory[8] = 1;
    if (CALL(w, poll_oneoff, 0, 64, 1, 128) != 0 || memory[128] != 1 || memory[64 + 10] != 1)
        return 3;
    if (memory[64 + 16] != 5) /* bytes that are there */
        return 4;
    if (read_once(w, 0, 3) != 3 || memcmp(memory + BUFFER, "inp", 3) != 0 ||
        read_once(w, 0, 10) != 2 || memcmp(memory + BUFFER, "ut", 2) != 0)
        return 5;
    if (!write_text(w, 1, "read") || CALL(w, fd_fdstat_set_flags, 0, 0) != 0)
        return 6;
    return read_once(w, 0, 10) == 0 && read_once(w, 0, 10) == 0 ? 0 : 7;
}

static void input_is_ready_when_it_is_there(void **state)
{
    (void)state;
    deploys(looks_before_it_reads, 0);
    owner_hears_text(&me, CHANNEL_STDOUT, "ready");
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("input"));
    owner_hears_text(&me, CHANNEL_STDOUT, "read");
    owner_say(&me, CHANNEL_STDIN, (struct bytes){0});
    ends_with(0);
}

/* ---- output ---- */

static uint32_t writes_text(struct wasi *w)
{
    return write_all(w, 1, text, TEXT_SIZE) && write_text(w, 2, "done") ? 0 : 1;
}

static size_t hear_output(size_t at, size_t most)
{
    const struct bytes b = owner_hears(&me, CHANNEL_STDOUT);
    assert_true(b.size > 0 && b.size <= most);
    assert_memory_equal(b.data, text + at, b.size);
    return b.size;
}

/* What is written beyond the credit waits, however long; the other stream has its own. */
static void output_goes_as_far_as_there_is_credit(void **state)
{
    (void)state;
    size_t heard = 0;
    deploys(writes_text, 0);
    while (heard < CHANNEL_WINDOW)
        heard += hear_output(heard, CHANNEL_WINDOW - heard);
    owner_hears_nothing(&me);
    time_passes(SECONDS(1000));
    owner_credit(&me, CHANNEL_STDERR, 0);
    owner_hears_nothing(&me);
    owner_credit(&me, CHANNEL_STDOUT, 1000);
    while (heard < CHANNEL_WINDOW + 1000)
        heard += hear_output(heard, CHANNEL_WINDOW + 1000 - heard);
    owner_hears_nothing(&me);
    for (size_t credited = 1000; heard < TEXT_SIZE;) {
        owner_credit(&me, CHANNEL_STDOUT, (uint32_t)(heard - credited));
        credited = heard;
        heard += hear_output(heard, TEXT_SIZE - heard);
    }
    owner_hears_text(&me, CHANNEL_STDERR, "done");
    ends_with(0);
}

static uint32_t writes_without_waiting(struct wasi *w)
{
    if (CALL(w, fd_fdstat_set_flags, 1, FDFLAG_NONBLOCK) != 0)
        return 1;
    if (write_once(w, 1, text, TEXT_SIZE) != CHANNEL_WINDOW ||
        write_once(w, 1, "x", 1) != -WASI_EAGAIN)
        return 2;
    memset(memory, 0, 48);
    memory[8] = 2; /* [WASI preview1 eventtype] fd_write */
    memory[16] = 1;
    if (CALL(w, poll_oneoff, 0, 64, 1, 128) != 0 || memory[128] != 1)
        return 3;
    return write_once(w, 1, "xyz", 3) == 2 ? 0 : 4;
}

static void output_is_ready_when_there_is_credit(void **state)
{
    (void)state;
    size_t heard = 0;
    deploys(writes_without_waiting, 0);
    while (heard < CHANNEL_WINDOW)
        heard += hear_output(heard, CHANNEL_WINDOW - heard);
    owner_hears_nothing(&me);
    owner_credit(&me, CHANNEL_STDOUT, 2);
    owner_hears_text(&me, CHANNEL_STDOUT, "xy");
    ends_with(0);
}

static void credit_beyond_the_window_is_refused(void **state)
{
    (void)state;
    deploys(waits_for_nothing, 0);
    owner_credit(&me, CHANNEL_STDOUT, 1);
    owner_is_refused(&me, "beyond what there was credit for");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
}

/* ---- what streams are ---- */

static uint32_t tells_terminals(struct wasi *w)
{
    uint32_t status = 0;
    for (uint32_t fd = 0; fd < 3; fd++) {
        if (CALL(w, fd_fdstat_get, fd, 64) == 0 && memory[64] == FILETYPE_CHARACTER_DEVICE)
            status |= 1u << fd;
    }
    return status;
}

static void terminals_are_as_the_owner_says(void **state)
{
    (void)state;
    deploys(tells_terminals, CHANNEL_TERMINAL_STDIN | CHANNEL_TERMINAL_STDERR);
    ends_with(5);
}

/* ---- signals ---- */

/* Whatever it does after, its status is that of the signal. */
static uint32_t sleeps_and_exits(struct wasi *w)
{
    if (!write_text(w, 1, "sleeping"))
        return 1;
    const uint32_t e = sleep_ns(w, SECONDS(1000));
    return e == WASI_EXITED ? e : 2;
}

static void a_signal_ends_a_wait(void **state)
{
    (void)state;
    deploys(sleeps_and_exits, 0);
    owner_hears_text(&me, CHANNEL_STDOUT, "sleeping");
    owner_signal(&me, 15);
    ends_with(143);
}

static uint32_t is_busy(struct wasi *w)
{
    if (!write_text(w, 1, "busy"))
        return 1;
    for (;;) {
        const uint32_t e = CALL(w, clock_time_get, 1, 0, 64);
        if (e != 0)
            return e;
    }
}

static void a_signal_ends_a_program_that_never_waits(void **state)
{
    (void)state;
    deploys(is_busy, 0);
    owner_hears_text(&me, CHANNEL_STDOUT, "busy");
    owner_signal(&me, 2);
    ends_with(130);
}

static uint32_t waits_for_credit(struct wasi *w)
{
    const int64_t n = write_once(w, 1, text, TEXT_SIZE);
    return n == -(int64_t)WASI_EXITED ? WASI_EXITED : 1;
}

static void a_signal_ends_a_write(void **state)
{
    (void)state;
    size_t heard = 0;
    deploys(waits_for_credit, 0);
    while (heard < CHANNEL_WINDOW)
        heard += hear_output(heard, CHANNEL_WINDOW - heard);
    owner_signal(&me, 9);
    ends_with(137);
}

/* The owner is gone, and nobody will ever see it. */
static void a_program_ends_with_its_session(void **state)
{
    (void)state;
    deploys(sleeps_and_exits, 0);
    owner_hears_text(&me, CHANNEL_STDOUT, "sleeping");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
    assert_string_equal(host.log, "the owner was gone before the workload was done\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, keep_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(input_comes_as_credit_goes),
        TEST(more_input_than_credit_is_refused),
        TEST(input_after_its_end_is_refused),
        TEST(input_is_ready_when_it_is_there),
        TEST(output_goes_as_far_as_there_is_credit),
        TEST(output_is_ready_when_there_is_credit),
        TEST(credit_beyond_the_window_is_refused),
        TEST(terminals_are_as_the_owner_says),
        TEST(a_signal_ends_a_wait),
        TEST(a_signal_ends_a_program_that_never_waits),
        TEST(a_signal_ends_a_write),
        TEST(a_program_ends_with_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
