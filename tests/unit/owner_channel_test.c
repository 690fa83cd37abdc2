/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of a workload's owner and of others: who attaches, what waits for them, and
 * that none holds up another. */
/* links: conf/manifest_tls.c conf/host_name.c */
/* links: tests/unit/deployed_keep.c tests/unit/test_owner.c */
/* links: exec/provision.c exec/owner_channel.c exec/owner_session.c exec/wire.c exec/console.c exec/output_ring.c exec/delivery.c exec/keep_state.c exec/evidence.c exec/identity.c exec/time.c exec/wait.c exec/port.c exec/report.c exec/stream.c exec/workload.c exec/output.c */
/* links: exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c */
/* links: attest/claims_buffer.c channel/message.c channel/reader.c conf/evidence_claims.c conf/manifest.c conf/manifest_put.c conf/manifest_check.c conf/secrets.c crypto/digest.c crypto/issue.c base/der_put.c base/der.c base/rfc3339.c crypto/key.c tls/certificate.c tls/context.c tls/pipe.c tls/peer.c tls/session.c base/cbor.c base/cur.c base/put.c base/utf8.c base/wipe.c */
/* libs: -lssl -lcrypto -lpthread */
#include "include/archive.h"
#include "tests/unit/deployed_keep.h"
#include "tests/unit/test_owner.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct owner me, again;

static void deploys(program *p, uint32_t flags)
{
    const struct parcel parcel = parcel_new(flags);
    keep_program = p;
    owner_deploys(&me, &parcel);
}

/* It has got everything, and says so. */
static void leaves_and_keep_ends(struct owner *o)
{
    owner_credit(o, CHANNEL_EXIT, 0);
    owner_leave(o);
    keep_ends(PORT_END_DONE);
    assert_string_equal(host.log, "");
}

static uint64_t hears_lost(struct owner *o)
{
    struct cur c = cur_init(owner_hears(o, CHANNEL_LOST));
    return cur_le64(&c);
}

/* ---- output that waits ---- */

static uint32_t says_three_things(struct wasi *w)
{
    return write_text(w, 1, "one ") && write_text(w, 2, "two ") && write_text(w, 1, "three") ? 3
                                                                                             : 1;
}

static void output_waits_for_its_owner(void **state)
{
    (void)state;
    deploys(says_three_things, CHANNEL_DETACHED);
    owner_leave(&me); /* whatever it was sent: it has not said that it took it */
    owner_attaches(&again);
    owner_hears_text(&again, CHANNEL_STDOUT, "one ");
    owner_hears_text(&again, CHANNEL_STDERR, "two ");
    owner_hears_text(&again, CHANNEL_STDOUT, "three");
    assert_int_equal(hears_lost(&again), 0);
    owner_hears_exit(&again, CHANNEL_END_EXIT, 3);
    owner_hears_end(&again);
    leaves_and_keep_ends(&again);
}

static uint32_t says_and_sleeps(struct wasi *w)
{
    if (!write_text(w, 1, "abcdef"))
        return 1;
    return sleep_ns(w, SECONDS(100)) == 0 && write_text(w, 1, "ghi") ? 0 : 2;
}

static void what_was_taken_is_not_sent_again(void **state)
{
    (void)state;
    deploys(says_and_sleeps, CHANNEL_DETACHED);
    owner_hears_text(&me, CHANNEL_STDOUT, "abcdef");
    owner_credit(&me, CHANNEL_STDOUT, 3);
    owner_leave(&me);
    owner_attaches(&again);
    owner_hears_text(&again, CHANNEL_STDOUT, "def");
    assert_int_equal(hears_lost(&again), 0);
    owner_credit(&again, CHANNEL_STDOUT, 3);
    time_passes(SECONDS(100));
    owner_hears_text(&again, CHANNEL_STDOUT, "ghi");
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    leaves_and_keep_ends(&again);
}

/* Byte i of all that it writes is i modulo 251. */
static uint32_t writes_too_much(struct wasi *w)
{
    static uint8_t data[251 * 200];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i % 251);
    for (unsigned i = 0; i < 50; i++) {
        if (!write_all(w, 1, data, sizeof(data)))
            return 1;
    }
    return 0;
}
#define TOO_MUCH (251u * 200 * 50)

static void the_oldest_is_lost_and_counted(void **state)
{
    (void)state;
    deploys(writes_too_much, CHANNEL_DETACHED);
    owner_leave(&me);
    owner_attaches(&again); /* it may write still, and waits then for credit */
    static uint8_t got[TOO_MUCH];
    size_t size = 0, before_lost = 0;
    uint64_t lost = 0;
    for (enum channel_type next; (next = owner_next(&again)) != CHANNEL_EXIT;) {
        if (next == CHANNEL_LOST) {
            lost = hears_lost(&again);
            before_lost = size;
            continue;
        }
        const struct bytes b = owner_hears(&again, CHANNEL_STDOUT);
        memcpy(got + size, b.data, b.size);
        size += b.size;
        owner_credit(&again, CHANNEL_STDOUT, (uint32_t)b.size);
    }
    assert_int_equal(lost + size, TOO_MUCH);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(got[i], (lost + i) % 251);
    assert_true(lost > 0 && before_lost > 0);
    assert_in_range(before_lost, CHANNEL_RING - 100, CHANNEL_RING);
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    leaves_and_keep_ends(&again);
}

/* It has arrived only when the owner says so: an owner may leave while it is on its way. */
static void the_end_waits_until_it_has_arrived(void **state)
{
    (void)state;
    deploys(says_three_things, CHANNEL_DETACHED);
    owner_close(&me);
    for (unsigned i = 0; i < 3; i++) {
        owner_attaches(&again);
        owner_hears_text(&again, CHANNEL_STDOUT, "one ");
        owner_hears_text(&again, CHANNEL_STDERR, "two ");
        owner_hears_text(&again, CHANNEL_STDOUT, "three");
        hears_lost(&again);
        owner_hears_exit(&again, CHANNEL_END_EXIT, 3);
        if (i == 0)
            owner_leave(&again);
        else if (i == 1)
            owner_close(&again);
    }
    leaves_and_keep_ends(&again);
}

static void an_owner_that_says_nothing_is_let_go(void **state)
{
    (void)state;
    deploys(says_three_things, CHANNEL_DETACHED);
    owner_hears_text(&me, CHANNEL_STDOUT, "one ");
    owner_hears_text(&me, CHANNEL_STDERR, "two ");
    owner_hears_text(&me, CHANNEL_STDOUT, "three");
    owner_hears_exit(&me, CHANNEL_END_EXIT, 3);
    owner_hears_end(&me);
    time_passes(SECONDS(11));
    owner_attaches(&again);
    owner_hears_text(&again, CHANNEL_STDOUT, "one ");
    owner_close(&again);
    owner_close(&me);
}

/* ---- folders ---- */

#define FILE_SIZE 300000u

static uint32_t makes_a_file(struct wasi *w)
{
    static uint8_t data[FILE_SIZE];
    uint32_t fd = 0;
    memset(data, 'f', sizeof(data));
    memcpy(memory + 16, "made", 4);
    /* [WASI preview1 path_open] creat; all rights */
    if (CALL(w, path_open, 3, 0, 16, 4, 1, 0x1fffffff, 0x1fffffff, 0, 64) != 0)
        return 1;
    memcpy(&fd, memory + 64, sizeof(fd));
    return write_all(w, fd, data, sizeof(data)) ? 0 : 2;
}

static struct parcel with_output_folder(uint32_t flags)
{
    static struct manifest_dir dir;
    static struct manifest_file files[1];
    struct parcel p = parcel_new(flags);
    dir = (struct manifest_dir){.path = bytes_of_text("/out"), .output = true};
    files[0] = (struct manifest_file){.type = FILE_DIRECTORY, .path = dir.path};
    p.manifest.dirs = &dir;
    p.manifest.dir_count = 1;
    p.manifest.files = files;
    p.manifest.file_count = 1;
    keep_program = makes_a_file;
    return p;
}

/* The whole archive: its size. */
static size_t hears_files(struct owner *o)
{
    size_t size = 0, content = 0;
    while (owner_next(o) == CHANNEL_FILES) {
        const struct bytes b = owner_hears(o, CHANNEL_FILES);
        struct cur c = cur_init(b);
        if (size == 0)
            assert_int_equal(cur_le32(&c), ARCHIVE_MAGIC);
        size += b.size;
        for (size_t i = 0; i < b.size; i++)
            content += b.data[i] == 'f';
    }
    assert_int_equal(content, FILE_SIZE);
    return size;
}

static void folders_come_before_the_end(void **state)
{
    (void)state;
    const struct parcel p = with_output_folder(0);
    owner_deploys(&me, &p);
    assert_true(hears_files(&me) > FILE_SIZE);
    owner_hears_exit(&me, CHANNEL_END_EXIT, 0);
    owner_hears_end(&me);
    leaves_and_keep_ends(&me);
}

/* Whoever had only a part of them gets all. */
static void folders_are_sent_until_they_have_arrived(void **state)
{
    (void)state;
    const struct parcel p = with_output_folder(CHANNEL_DETACHED);
    owner_deploys(&me, &p);
    owner_hears(&me, CHANNEL_FILES);
    owner_close(&me);
    owner_attaches(&again);
    hears_lost(&again);
    const size_t whole = hears_files(&again);
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    owner_close(&again); /* without a word: once more */
    owner_attaches(&again);
    hears_lost(&again);
    assert_int_equal(hears_files(&again), whole);
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    leaves_and_keep_ends(&again);
}

/* ---- who comes ---- */

static uint32_t echoes(struct wasi *w)
{
    for (;;) {
        const int64_t n = read_once(w, 0, 100);
        if (n <= 0)
            return n == 0 ? 0 : (uint32_t)-n;
        if (!write_all(w, 1, memory + BUFFER, (uint32_t)n))
            return WASI_EXITED;
    }
}

static void refused(enum who who, enum channel_what what, const char *why)
{
    owner_open(&again, who);
    owner_challenge(&again, what);
    owner_is_refused(&again, why);
    owner_close(&again);
}

/* And the owner's session does not notice. */
static void nobody_else_attaches(void **state)
{
    (void)state;
    deploys(echoes, CHANNEL_DETACHED);
    refused(STRANGER, CHANNEL_ATTACH, "not the key of the workload's owner");
    refused(NOBODY, CHANNEL_ATTACH, "not the key of the workload's owner");
    refused(STRANGER, CHANNEL_DEPLOY, "one workload, once");
    refused(ME, CHANNEL_DEPLOY, "one workload, once");
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("still here"));
    owner_hears_text(&me, CHANNEL_STDOUT, "still here");
    owner_close(&me);
}

static void nobody_attaches_to_what_is_nobodys(void **state)
{
    (void)state;
    struct parcel p = parcel_new(0);
    p.owner = NOBODY;
    keep_program = echoes;
    owner_deploys(&me, &p);
    refused(ME, CHANNEL_ATTACH, "not the key of the workload's owner");
    refused(NOBODY, CHANNEL_ATTACH, "not the key of the workload's owner");
    owner_close(&me);
}

static void the_newest_session_takes_the_place(void **state)
{
    (void)state;
    deploys(echoes, CHANNEL_DETACHED);
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("first"));
    owner_hears_text(&me, CHANNEL_STDOUT, "first");
    owner_credit(&me, CHANNEL_STDOUT, 5);
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("."));
    owner_hears_text(&me, CHANNEL_STDOUT, ".");
    owner_attaches(&again);
    owner_is_refused(&me, "has taken the place of this one");
    owner_hears_text(&again, CHANNEL_STDOUT, ".");
    hears_lost(&again);
    owner_say(&again, CHANNEL_STDIN, bytes_of_text("second"));
    owner_hears_text(&again, CHANNEL_STDOUT, "second");
    owner_say(&again, CHANNEL_STDIN, (struct bytes){0});
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    leaves_and_keep_ends(&again);
    owner_close(&me);
}

static uint32_t sleeps_then_reads(struct wasi *w)
{
    if (sleep_ns(w, SECONDS(100)) != 0)
        return 1;
    return echoes(w);
}

/* There is no credit that would say how much of it was read. */
static void input_of_a_session_that_is_gone_is_gone(void **state)
{
    (void)state;
    deploys(sleeps_then_reads, CHANNEL_DETACHED);
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("never read"));
    owner_leave(&me);
    owner_attaches(&again);
    hears_lost(&again);
    owner_say(&again, CHANNEL_STDIN, bytes_of_text("read"));
    owner_say(&again, CHANNEL_STDIN, (struct bytes){0});
    owner_hears_nothing(&again);
    time_passes(SECONDS(100));
    owner_hears_text(&again, CHANNEL_STDOUT, "read");
    owner_hears_exit(&again, CHANNEL_END_EXIT, 0);
    leaves_and_keep_ends(&again);
}

/* The workload of a session that is to see its end ends with the newest one. */
static void a_workload_in_the_foreground_can_change_hands(void **state)
{
    (void)state;
    deploys(echoes, 0);
    owner_attaches(&again);
    owner_is_refused(&me, "has taken the place of this one");
    owner_close(&me);
    owner_say(&again, CHANNEL_STDIN, bytes_of_text("here"));
    owner_hears_text(&again, CHANNEL_STDOUT, "here");
    owner_close(&again);
    keep_ends(PORT_END_FAILED);
}

/* Only a session that has its READY takes a place. */
static void attaching_in_vain_changes_nothing(void **state)
{
    (void)state;
    deploys(echoes, 0);
    host.evidence = -EIO;
    refused(ME, CHANNEL_ATTACH, "prove what it is");
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("still here"));
    owner_hears_text(&me, CHANNEL_STDOUT, "still here");
    owner_close(&me);
    keep_ends(PORT_END_FAILED);
}

static void whoever_is_attached_may_end_it(void **state)
{
    (void)state;
    deploys(echoes, CHANNEL_DETACHED);
    owner_leave(&me);
    owner_attaches(&again);
    hears_lost(&again);
    owner_signal(&again, 15);
    owner_hears_exit(&again, CHANNEL_END_EXIT, 143);
    leaves_and_keep_ends(&again);
}

/* Each has ten seconds, four have a place, and nobody waits for them. */
static void connections_that_say_nothing_hold_up_nobody(void **state)
{
    (void)state;
    int silent[6];
    deploys(echoes, CHANNEL_DETACHED);
    for (size_t i = 0; i < 6; i++)
        silent[i] = owner_dial();
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("still here"));
    owner_hears_text(&me, CHANNEL_STDOUT, "still here");
    owner_credit(&me, CHANNEL_STDOUT, 10);
    time_passes(SECONDS(11));
    owner_hears_nothing(&me); /* the first four are gone, and two more are in */
    owner_attaches(&again);
    owner_is_refused(&me, "has taken the place of this one");
    hears_lost(&again);
    owner_say(&again, CHANNEL_STDIN, bytes_of_text("here"));
    owner_hears_text(&again, CHANNEL_STDOUT, "here");
    assert_true(host.calls[PORT_ACCEPT] >= 7);
    for (size_t i = 0; i < 6; i++)
        close(silent[i]);
    owner_close(&me);
    owner_close(&again);
}

/* A session that is open has as long to say what it wants. */
static void so_do_sessions_that_want_nothing(void **state)
{
    (void)state;
    deploys(echoes, CHANNEL_DETACHED);
    owner_open(&again, ME);
    time_passes(SECONDS(11));
    owner_is_refused(&again, "stalled");
    owner_close(&again);
    owner_say(&me, CHANNEL_STDIN, bytes_of_text("still here"));
    owner_hears_text(&me, CHANNEL_STDOUT, "still here");
    owner_close(&me);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, keep_start, keep_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_waits_for_its_owner),
        TEST(what_was_taken_is_not_sent_again),
        TEST(the_oldest_is_lost_and_counted),
        TEST(the_end_waits_until_it_has_arrived),
        TEST(an_owner_that_says_nothing_is_let_go),
        TEST(folders_come_before_the_end),
        TEST(folders_are_sent_until_they_have_arrived),
        TEST(nobody_else_attaches),
        TEST(nobody_attaches_to_what_is_nobodys),
        TEST(the_newest_session_takes_the_place),
        TEST(input_of_a_session_that_is_gone_is_gone),
        TEST(a_workload_in_the_foreground_can_change_hands),
        TEST(attaching_in_vain_changes_nothing),
        TEST(whoever_is_attached_may_end_it),
        TEST(connections_that_say_nothing_hold_up_nobody),
        TEST(so_do_sessions_that_want_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
