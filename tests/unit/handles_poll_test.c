/* SPDX-License-Identifier: Apache-2.0 */
/* Polls of many rows, for which the kernel watches a set: they answer as those of few do,
 * whatever a keep names, and leave nothing behind. */
/* links: host/handles.c */
#define _GNU_SOURCE
#include "host/handles.h"

#include "include/port.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY      40u /* rows: more than are polled as they are */
#define MOMENT_NS 1000000u

struct row {
    int32_t handle;
    uint16_t want, ready;
};

/* Handles, and the other end of each. */
struct crowd {
    struct handles handles;
    struct row rows[MANY];
    int peers[MANY];
};

static int64_t add_pair(struct handles *h, int *peer)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *peer = fds[1];
    return handle_add(h, fds[0]);
}

static struct crowd *crowd_new(void)
{
    struct crowd *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    assert_int_equal(handles_init(&c->handles, false), 0);
    for (size_t i = 0; i < MANY; i++)
        c->rows[i] = (struct row){(int32_t)add_pair(&c->handles, &c->peers[i]), PORT_POLL_READ, 0};
    return c;
}

static void crowd_free(struct crowd *c)
{
    for (size_t i = 0; i < MANY; i++) {
        (void)handle_close(&c->handles, (uint64_t)c->rows[i].handle);
        close(c->peers[i]);
    }
    handles_fini(&c->handles);
    free(c);
}

static int64_t poll_all(struct crowd *c, uint64_t timeout_ns)
{
    return handle_poll(&c->handles, c->rows, c->rows, MANY, timeout_ns);
}

/* How many descriptors the kernel watches. [proc(5)] A line "tfd" for each. */
static size_t watched(const struct handles *h)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", h->set);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t count = 0;
    while (fgets(line, sizeof(line), f) != NULL)
        count += strncmp(line, "tfd:", 4) == 0;
    fclose(f);
    return count;
}

static void send_byte(int fd) { assert_int_equal(send(fd, "x", 1, 0), 1); }

static void one_of_many_is_ready(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    assert_int_equal(poll_all(c, MOMENT_NS), 0);
    send_byte(c->peers[17]);
    for (int again = 0; again < 2; again++) { /* it is so until it is read */
        assert_int_equal(poll_all(c, PORT_FOREVER), 1);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(c->rows[i].ready, i == 17 ? PORT_POLL_READ : 0);
    }
    char byte;
    assert_int_equal(handle_read(&c->handles, (uint64_t)c->rows[17].handle, &byte, 1, false), 1);
    assert_int_equal(poll_all(c, 0), 0);
    crowd_free(c);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void it_waits_as_long_as_it_may(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    const double start = seconds();
    assert_int_equal(poll_all(c, 20 * MOMENT_NS), 0);
    assert_true(seconds() - start >= 0.02);
    crowd_free(c);
}

static void what_is_wanted_may_change(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    assert_int_equal(poll_all(c, 0), 0);
    for (size_t i = 0; i < MANY; i++)
        c->rows[i].want = i % 2 == 0 ? PORT_POLL_WRITE : 0;
    assert_int_equal(poll_all(c, PORT_FOREVER), MANY / 2);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(c->rows[i].ready, i % 2 == 0 ? PORT_POLL_WRITE : 0);
    for (size_t i = 0; i < MANY; i++)
        c->rows[i].want = PORT_POLL_READ;
    assert_int_equal(poll_all(c, 0), 0);
    assert_int_equal(watched(&c->handles), MANY);
    crowd_free(c);
}

/* Each row of a handle has its own answer. */
static void a_handle_may_be_named_twice(void **state)
{
    (void)state;
    static const uint16_t wants[] = {PORT_POLL_READ, PORT_POLL_WRITE,
                                     PORT_POLL_READ | PORT_POLL_WRITE, 0};
    struct crowd *c = crowd_new();
    const int32_t handle = c->rows[0].handle;
    struct row rows[MANY];
    for (size_t i = 0; i < MANY; i++)
        rows[i] = (struct row){handle, wants[i % 4], 0};
    assert_int_equal(handle_poll(&c->handles, rows, rows, MANY, PORT_FOREVER), MANY / 2);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(rows[i].ready, wants[i % 4] & PORT_POLL_WRITE);
    assert_int_equal(watched(&c->handles), 1);
    send_byte(c->peers[0]);
    assert_int_equal(handle_poll(&c->handles, rows, rows, MANY, PORT_FOREVER), 3 * MANY / 4);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(rows[i].ready, wants[i % 4]);
    crowd_free(c);
}

static void who_hangs_up_is_told_in_any_case(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    c->rows[5].want = 0;
    assert_int_equal(poll_all(c, 0), 0);
    assert_int_equal(shutdown(c->peers[5], SHUT_RDWR), 0);
    assert_int_equal(shutdown(c->peers[6], SHUT_RDWR), 0);
    assert_int_equal(poll_all(c, PORT_FOREVER), 2);
    assert_int_equal(c->rows[5].ready, PORT_POLL_HANGUP);
    assert_int_equal(c->rows[6].ready, PORT_POLL_READ | PORT_POLL_HANGUP);
    crowd_free(c);
}

/* The next call on it says what is wrong. */
static void what_is_no_handle_does_not_wait(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    assert_int_equal(poll_all(c, 0), 0);
    assert_int_equal(handle_close(&c->handles, (uint64_t)c->rows[1].handle), 0);
    c->rows[2].handle = -1;
    c->rows[3].handle = INT32_MAX;
    assert_int_equal(poll_all(c, PORT_FOREVER), 3);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(c->rows[i].ready, i >= 1 && i <= 3 ? PORT_POLL_READ : 0);
    c->rows[2].handle = c->rows[3].handle = c->rows[1].handle;
    crowd_free(c);
}

/* Whoever has the same socket open as well could else wake every poll to come. */
static void a_closed_handle_is_watched_no_more(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    const int32_t handle = c->rows[0].handle;
    const int other = dup(c->handles.rows[handle].fd);
    assert_int_equal(poll_all(c, 0), 0);
    assert_int_equal(handle_close(&c->handles, (uint64_t)handle), 0);
    assert_int_equal(watched(&c->handles), MANY - 1);
    send_byte(c->peers[0]);
    close(c->peers[0]);
    assert_int_equal(add_pair(&c->handles, &c->peers[0]), handle); /* the same number again */
    assert_int_equal(poll_all(c, MOMENT_NS), 0);
    send_byte(c->peers[0]);
    assert_int_equal(poll_all(c, PORT_FOREVER), 1);
    assert_int_equal(c->rows[0].ready, PORT_POLL_READ);
    close(other);
    crowd_free(c);
}

/* What was named before and is not now neither answers nor wakes, but once. */
static void each_poll_is_about_its_own_rows(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    struct row others[MANY];
    for (size_t i = 0; i < MANY; i++)
        others[i] = c->rows[MANY - 1];
    assert_int_equal(poll_all(c, 0), 0);
    for (size_t i = 0; i < MANY / 2; i++)
        send_byte(c->peers[i]);
    assert_int_equal(handle_poll(&c->handles, others, others, MANY, PORT_FOREVER), 0);
    assert_int_equal(watched(&c->handles), MANY / 2);
    const double start = seconds();
    assert_int_equal(handle_poll(&c->handles, others, others, MANY, 20 * MOMENT_NS), 0);
    assert_true(seconds() - start >= 0.02);
    assert_int_equal(poll_all(c, PORT_FOREVER), MANY / 2);
    assert_int_equal(watched(&c->handles), MANY);
    crowd_free(c);
}

/* The process's standard input is `fd` while the table is made. */
static struct handles with_input(int fd)
{
    struct handles h;
    const int saved = dup(STDIN_FILENO);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(handles_init(&h, true), 0);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
    return h;
}

/* Among many that are not. */
static void assert_is_always_ready(int fd)
{
    struct handles h = with_input(fd);
    struct row rows[MANY];
    int peer;
    const int32_t handle = (int32_t)add_pair(&h, &peer);
    const bool is_own = h.rows[0].kind != HANDLE_FILE;
    h.rows[0].fd = is_own ? h.rows[0].fd : fd;
    for (size_t i = 0; i < MANY; i++)
        rows[i] = (struct row){i == 20 ? 0 : handle, PORT_POLL_READ, 0};
    for (int again = 0; again < 2; again++) {
        assert_int_equal(handle_poll(&h, rows, rows, MANY, PORT_FOREVER), 1);
        assert_int_equal(rows[20].ready, PORT_POLL_READ);
    }
    rows[20].want = PORT_POLL_READ | PORT_POLL_WRITE;
    send_byte(peer);
    assert_int_equal(handle_poll(&h, rows, rows, MANY, PORT_FOREVER), MANY);
    assert_int_equal(rows[20].ready, PORT_POLL_READ | PORT_POLL_WRITE);
    assert_int_equal(handle_close(&h, 0), 0);
    assert_int_equal(handle_close(&h, (uint64_t)handle), 0);
    if (is_own)
        close(h.rows[0].fd);
    close(peer);
    handles_fini(&h);
    close(fd);
}

static void files_and_some_devices_never_wait(void **state)
{
    (void)state;
    assert_is_always_ready(open("/dev/null", O_RDWR | O_CLOEXEC));
    assert_is_always_ready(open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
}

/* A pipe is its user's as well: it is no longer watched when its handle is closed. */
static void a_standard_stream_can_be_one_of_many(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct handles h = with_input(fds[0]);
    struct row rows[MANY] = {{0, PORT_POLL_READ, 0}};
    for (size_t i = 1; i < MANY; i++)
        rows[i] = rows[0];
    assert_int_equal(handle_poll(&h, rows, rows, MANY, MOMENT_NS), 0);
    assert_int_equal(watched(&h), 1);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(handle_poll(&h, rows, rows, MANY, PORT_FOREVER), MANY);
    assert_int_equal(handle_close(&h, 0), 0);
    assert_int_equal(watched(&h), 0);
    close(h.rows[0].fd);
    close(fds[0]);
    close(fds[1]);
    handles_fini(&h);
}

/* As many rows as a keep may send, in the worst order. */
static void the_most_rows_are_polled(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    struct row *rows = calloc(PORT_POLL_MAX, sizeof(*rows));
    assert_non_null(rows);
    for (int turn = 0; turn < 4; turn++) {
        for (size_t i = 0; i < PORT_POLL_MAX; i++) {
            rows[i] = c->rows[i % MANY];
            rows[i].want = (turn + i / MANY) % 2 == 0 ? PORT_POLL_WRITE : PORT_POLL_READ;
        }
        int64_t ready = 0;
        for (size_t i = 0; i < PORT_POLL_MAX; i++)
            ready += rows[i].want == PORT_POLL_WRITE;
        assert_int_equal(handle_poll(&c->handles, rows, rows, PORT_POLL_MAX, PORT_FOREVER), ready);
        assert_int_equal(watched(&c->handles), MANY);
    }
    free(rows);
    crowd_free(c);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* Something that a peer, or the keep, may do to a connection. */
static void stir(struct crowd *c, size_t i, uint32_t what)
{
    static char much[1 << 18];
    const uint64_t handle = (uint64_t)c->rows[i].handle;
    switch (what) {
    case 0:
        (void)!send(c->peers[i], "x", 1, MSG_NOSIGNAL);
        break;
    case 1:
        (void)handle_read(&c->handles, handle, much, sizeof(much), false);
        break;
    case 2:
        (void)handle_write(&c->handles, handle, much, sizeof(much));
        break;
    case 3:
        (void)!recv(c->peers[i], much, sizeof(much), 0);
        break;
    case 4:
        (void)shutdown(c->peers[i], SHUT_WR);
        break;
    case 5:
        (void)handle_shutdown(&c->handles, handle, SHUT_RD);
        break;
    case 6:
        (void)handle_close(&c->handles, handle);
        break;
    default:
        if (handle_close(&c->handles, handle) == 0 || what == 7) {
            close(c->peers[i]);
            c->rows[i].handle = (int32_t)add_pair(&c->handles, &c->peers[i]);
        }
    }
}

/* Each row's answer is what it gets alone, when poll(2) is asked. */
static void many_are_answered_as_few_are(void **state)
{
    (void)state;
    struct crowd *c = crowd_new();
    uint32_t seed = 1;
    for (int round = 0; round < 500; round++) {
        struct row rows[3 * MANY];
        for (int i = 0; i < 10; i++)
            stir(c, next_random(&seed) % MANY, next_random(&seed) % 10);
        const size_t count = MANY + next_random(&seed) % (2 * MANY);
        for (size_t i = 0; i < count; i++) {
            rows[i] = c->rows[next_random(&seed) % MANY];
            rows[i].want = (uint16_t)(next_random(&seed) % 4);
        }
        struct row answers[3 * MANY];
        int64_t ready = 0;
        for (size_t i = 0; i < count; i++)
            ready += handle_poll(&c->handles, &rows[i], &answers[i], 1, 0);
        assert_int_equal(handle_poll(&c->handles, rows, rows, count, 0), ready);
        assert_memory_equal(rows, answers, count * sizeof(rows[0]));
    }
    crowd_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_many_is_ready),
        cmocka_unit_test(it_waits_as_long_as_it_may),
        cmocka_unit_test(what_is_wanted_may_change),
        cmocka_unit_test(a_handle_may_be_named_twice),
        cmocka_unit_test(who_hangs_up_is_told_in_any_case),
        cmocka_unit_test(what_is_no_handle_does_not_wait),
        cmocka_unit_test(a_closed_handle_is_watched_no_more),
        cmocka_unit_test(each_poll_is_about_its_own_rows),
        cmocka_unit_test(files_and_some_devices_never_wait),
        cmocka_unit_test(a_standard_stream_can_be_one_of_many),
        cmocka_unit_test(the_most_rows_are_polled),
        cmocka_unit_test(many_are_answered_as_few_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
