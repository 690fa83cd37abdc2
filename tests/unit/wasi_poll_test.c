/* SPDX-License-Identifier: Apache-2.0 */
/* poll_oneoff: clocks and streams in one wait. */
/* links: tests/unit/wasi_guest.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "tests/unit/wasi_guest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    struct guest *g = malloc(sizeof(*g));
    guest_init(g);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    struct guest *g = *state;
    guest_fini(g);
    free(g);
    return 0;
}

#include <time.h>

#define MS 1000000u

enum { CLOCK, FD_READ, FD_WRITE };

/* [WASI preview1 subscription] */
static void subscribe(struct guest *g, uint32_t index, uint64_t userdata, uint8_t type,
                      uint32_t subject)
{
    uint32_t at = AT_DATA + 48 * index;
    memset(g->memory + at, 0, 48);
    guest_put64(g, at, userdata);
    g->memory[at + 8] = type;
    guest_put32(g, at + 16, subject);
}

static void subscribe_clock(struct guest *g, uint32_t index, uint32_t clock, uint64_t timeout,
                            uint32_t flags)
{
    subscribe(g, index, 1000 + index, CLOCK, clock);
    guest_put64(g, AT_DATA + 48 * index + 24, timeout);
    guest_put32(g, AT_DATA + 48 * index + 40, flags);
}

#define EVENTS 0x4000u

/* Returns the number of events, or 1000 + errno. */
static uint32_t poll(struct guest *g, uint32_t count)
{
    memset(g->memory + EVENTS, 0xff, 32 * 16);
    uint32_t e = CALL(g, poll_oneoff, AT_DATA, EVENTS, count, AT_OUT);
    return e != 0 ? 1000 + e : (uint32_t)guest_get(g, AT_OUT, 4);
}

static void check_event(struct guest *g, uint32_t index, uint64_t userdata, uint32_t error,
                        uint8_t type, uint64_t size, uint32_t flags)
{
    uint32_t at = EVENTS + 32 * index;
    assert_int_equal(guest_get(g, at, 8), userdata);
    assert_int_equal(guest_get(g, at + 8, 2), error);
    assert_int_equal(guest_get(g, at + 10, 1), type);
    assert_int_equal(guest_get(g, at + 16, 8), size);
    assert_int_equal(guest_get(g, at + 24, 2), flags);
}

static uint64_t now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void test_nothing(void **state)
{
    struct guest *g = *state;
    assert_int_equal(poll(g, 0), 1000 + WASI_EINVAL);
    assert_int_equal(waits.count, 0);
}

static void test_sleep(void **state)
{
    struct guest *g = *state;
    for (uint32_t clock = 0; clock < 2; clock++) {
        uint64_t start = now(CLOCK_MONOTONIC);
        subscribe_clock(g, 0, clock, 5 * MS, 0);
        assert_int_equal(poll(g, 1), 1);
        assert_true(now(CLOCK_MONOTONIC) - start >= 5 * MS);
        check_event(g, 0, 1000, 0, CLOCK, 0, 0);
        assert_int_equal(waits.rows, 0);
    }
}

static void test_absolute(void **state)
{
    struct guest *g = *state;
    static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (uint32_t clock = 0; clock < 2; clock++) {
        uint64_t deadline = now(ids[clock]) + 5 * MS;
        subscribe_clock(g, 0, clock, deadline, 1);
        assert_int_equal(poll(g, 1), 1);
        assert_true(now(ids[clock]) >= deadline);
        waits.count = 0;
        assert_int_equal(poll(g, 1), 1); /* long past */
        assert_int_equal(waits.count, 0);
    }
}

/* The earlier clock ends the wait; the other has no event. */
static void test_earlier_clock(void **state)
{
    struct guest *g = *state;
    subscribe_clock(g, 0, 1, UINT64_MAX, 0);
    subscribe_clock(g, 1, 1, 2 * MS, 0);
    assert_int_equal(poll(g, 2), 1);
    check_event(g, 0, 1001, 0, CLOCK, 0, 0);
}

static void test_clock_refused(void **state)
{
    struct guest *g = *state;
    subscribe_clock(g, 0, 2, 0, 0);
    assert_int_equal(poll(g, 1), 1000 + WASI_EINVAL);
    subscribe_clock(g, 0, 1, 0, 2);
    assert_int_equal(poll(g, 1), 1000 + WASI_EINVAL);
    subscribe(g, 0, 7, 3, 0);
    assert_int_equal(poll(g, 1), 1000 + WASI_EINVAL);
}

static void test_streams(void **state)
{
    struct guest *g = *state;
    subscribe(g, 0, 7, FD_READ, FD_IN);
    subscribe(g, 1, 8, FD_WRITE, FD_OUT);
    subscribe(g, 2, 9, FD_READ, FD_LISTENER);
    subscribe_clock(g, 3, 1, 1000000 * (uint64_t)MS, 0);
    assert_int_equal(poll(g, 4), 3);
    check_event(g, 0, 7, 0, FD_READ, 1, 0);
    check_event(g, 1, 8, 0, FD_WRITE, 1, 0);
    check_event(g, 2, 9, 0, FD_READ, 1, 0);
    assert_int_equal(waits.rows, 3);
    assert_true(waits.timeout > 0 && waits.timeout <= 1000000 * (uint64_t)MS);
}

/* One is ready, one is not: only the first has an event. */
static void test_one_of_two(void **state)
{
    struct guest *g = *state;
    waits.ready = OBJECT_WRITABLE;
    subscribe(g, 0, 7, FD_READ, FD_CONNECTION);
    subscribe(g, 1, 8, FD_WRITE, FD_CONNECTION);
    assert_int_equal(poll(g, 2), 1);
    check_event(g, 0, 8, 0, FD_WRITE, 1, 0);
    assert_true(waits.timeout == UINT64_MAX);
}

static void test_timeout(void **state)
{
    struct guest *g = *state;
    waits.ready = 0;
    subscribe(g, 0, 7, FD_READ, FD_IN);
    subscribe_clock(g, 1, 1, 2 * MS, 0);
    assert_int_equal(poll(g, 2), 1);
    check_event(g, 0, 1001, 0, CLOCK, 0, 0);
}

static void test_hangup(void **state)
{
    struct guest *g = *state;
    waits.ready = OBJECT_READABLE | OBJECT_HANGUP;
    subscribe(g, 0, 7, FD_READ, FD_CONNECTION);
    subscribe(g, 1, 8, FD_WRITE, FD_CONNECTION);
    assert_int_equal(poll(g, 2), 2);
    check_event(g, 0, 7, 0, FD_READ, 1, 1);
    check_event(g, 1, 8, 0, FD_WRITE, 0, 1);
}

/* Plaintext that is there already counts, and nobody waits for more. */
static void test_buffered(void **state)
{
    struct guest *g = *state;
    waits.ready = 0;
    g->connection->ready = OBJECT_READABLE;
    g->connection->buffered = 321;
    subscribe(g, 0, 7, FD_READ, FD_CONNECTION);
    assert_int_equal(poll(g, 1), 1);
    check_event(g, 0, 7, 0, FD_READ, 321, 0);
    assert_int_equal(waits.count, 0);
    subscribe(g, 1, 8, FD_WRITE, FD_OUT); /* is asked about, at once */
    assert_int_equal(poll(g, 2), 1);
    assert_int_equal(waits.count, 1);
    assert_int_equal(waits.timeout, 0);
}

static void test_files_and_null(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 4, 0, AT_OUT), 0);
    subscribe(g, 0, 7, FD_READ, FD_FILE);
    subscribe(g, 1, 8, FD_WRITE, FD_FILE);
    subscribe(g, 2, 9, FD_READ, FD_NULL);
    assert_int_equal(poll(g, 3), 3);
    check_event(g, 0, 7, 0, FD_READ, 7, 0);
    check_event(g, 1, 8, 0, FD_WRITE, 1, 0);
    check_event(g, 2, 9, 0, FD_READ, 1, 0);
    assert_int_equal(CALL(g, fd_seek, FD_FILE, 40, 0, AT_OUT), 0);
    assert_int_equal(poll(g, 3), 3);
    check_event(g, 0, 7, 0, FD_READ, 0, 0);
}

/* A descriptor that will not do has an event that says so; the others theirs. */
static void test_bad_descriptors(void **state)
{
    struct guest *g = *state;
    subscribe(g, 0, 7, FD_READ, 99);
    subscribe(g, 1, 8, FD_WRITE, FD_IN);
    subscribe(g, 2, 9, FD_READ, FD_OUT);
    subscribe(g, 3, 10, FD_READ, FD_DIR);
    subscribe(g, 4, 11, FD_READ, FD_IN);
    assert_int_equal(poll(g, 5), 5);
    check_event(g, 0, 7, WASI_EBADF, FD_READ, 0, 0);
    check_event(g, 1, 8, WASI_EBADF, FD_WRITE, 0, 0);
    check_event(g, 2, 9, WASI_EBADF, FD_READ, 0, 0);
    check_event(g, 3, 10, WASI_EBADF, FD_READ, 0, 0);
    check_event(g, 4, 11, 0, FD_READ, 1, 0);
    assert_int_equal(waits.timeout, 0);
}

static void test_host_fails(void **state)
{
    struct guest *g = *state;
    waits.result = -EINVAL;
    subscribe(g, 0, 7, FD_READ, FD_IN);
    assert_int_equal(poll(g, 1), 1000 + WASI_EINVAL);
    assert_int_equal(guest_get(g, EVENTS, 1), 0xff);
}

/* Events may be written over the subscriptions. */
static void test_overlap(void **state)
{
    struct guest *g = *state;
    for (uint32_t i = 0; i < 8; i++)
        subscribe(g, i, 70 + i, FD_WRITE, FD_OUT);
    assert_int_equal(CALL(g, poll_oneoff, AT_DATA, AT_DATA, 8, AT_OUT), 0);
    assert_int_equal(guest_get(g, AT_OUT, 4), 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(guest_get(g, AT_DATA + 32 * i, 8), 70 + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sleep, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absolute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_earlier_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_streams, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_of_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hangup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_buffered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files_and_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_host_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlap, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
