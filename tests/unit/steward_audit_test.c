/* SPDX-License-Identifier: Apache-2.0 */
/* The steward's log before readers that are slow, absent or gone: nobody waits for them, and
 * no line is lost or cut. */
/* links: svc/steward/audit.c svc/steward/check.c svc/steward/order.c attest/check.c attest/policy.c crypto/digest.c base/hex.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "svc/steward/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 4096 /* of the pipe: one piece */

static struct audit audit;
static int reader;

static int set_up(void **state)
{
    int ends[2];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) < 0 || fcntl(ends[1], F_SETPIPE_SZ, ROOM) != ROOM)
        return -1;
    reader = ends[0];
    audit = (struct audit){.fd = ends[1]};
    alarm(20); /* who waits is noticed */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alarm(0);
    audit_close(&audit);
    close(audit.fd);
    close(reader);
    return 0;
}

/* A decision at that time, whose line has some 700 bytes, and 250 more for each name. */
static int put(int64_t time, uint32_t names)
{
    static char name[32][251];
    static struct bytes hosts[32];
    for (size_t i = 0; i < 32; i++) {
        memset(name[i], 'a', 250);
        hosts[i] = (struct bytes){(const uint8_t *)name[i], 250};
    }
    const struct policy_names entry = {.hosts = {.items = hosts, .count = names}};
    const struct policy_file policy = {.names = &entry, .names_count = 1};
    struct decision decision = {.order = {.hosts = UINT32_MAX}};
    const struct audit_entry e = {.time = time,
                                  .from = "127.0.0.1:1",
                                  .decision = &decision,
                                  .policy = &policy,
                                  .cert = bytes_of_text("certificate")};
    return audit_put(&audit, &e);
}

static size_t read_some(char *to, size_t size)
{
    const ssize_t n = read(reader, to, size);
    assert_true(n > 0);
    return (size_t)n;
}

static void assert_line(const char *text, size_t size, const char *time, size_t names)
{
    json_t *line = json_loadb(text, size, 0, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "time")), time);
    assert_int_equal(json_array_size(json_object_get(line, "names")), names);
    json_decref(line);
}

static void lines_are_read(void **state)
{
    (void)state;
    char text[ROOM];
    for (int i = 0; i < 100; i++) {
        assert_int_equal(audit_flush(&audit), 0);
        assert_int_equal(put(i % 60, 1), 0);
        const size_t n = read_some(text, sizeof(text));
        assert_int_equal(text[n - 1], '\n');
        assert_null(memchr(text, '\n', n - 1));
    }
}

static void a_full_pipe_is_not_waited_for(void **state)
{
    (void)state;
    char text[ROOM];
    assert_true(audit_takes(audit.fd));
    assert_int_equal(put(0, 0), 0);
    for (int i = 0; i < 3; i++) {
        assert_false(audit_takes(audit.fd));
        assert_int_equal(audit_flush(&audit), -EAGAIN);
    }
    assert_line(text, read_some(text, sizeof(text)), "1970-01-01T00:00:00Z", 0);
    assert_true(audit_takes(audit.fd));
    assert_int_equal(audit_flush(&audit), 0);
}

/* Longer than there is room for: the rest comes before anything else. */
static void a_line_in_parts_is_whole(void **state)
{
    (void)state;
    static char text[16384];
    size_t have = 0;
    assert_int_equal(put(1, 32), -EAGAIN);
    assert_int_equal(audit_flush(&audit), -EAGAIN);
    for (int i = 0; i < 10 && (have == 0 || text[have - 1] != '\n'); i++) {
        have += read_some(text + have, sizeof(text) - have);
        (void)!audit_flush(&audit);
    }
    assert_true(have > 2 * ROOM);
    assert_null(memchr(text, '\n', have - 1));
    assert_line(text, have, "1970-01-01T00:00:01Z", 32);
    assert_int_equal(audit_flush(&audit), 0);
    assert_int_equal(put(2, 0), 0);
    assert_line(text, read_some(text, sizeof(text)), "1970-01-01T00:00:02Z", 0);
}

/* What came just before it has no room: it is not forgotten. */
static void a_line_without_room_comes_later(void **state)
{
    (void)state;
    char text[ROOM];
    assert_int_equal(put(1, 0), 0);
    assert_int_equal(put(2, 0), -EAGAIN);
    assert_line(text, read_some(text, sizeof(text)), "1970-01-01T00:00:01Z", 0);
    assert_int_equal(audit_flush(&audit), -EAGAIN); /* it is there, and fills the pipe */
    assert_line(text, read_some(text, sizeof(text)), "1970-01-01T00:00:02Z", 0);
    assert_int_equal(audit_flush(&audit), 0);
}

static void a_reader_that_has_gone_is_an_error(void **state)
{
    (void)state;
    close(reader);
    assert_true(audit_takes(audit.fd));
    assert_int_equal(audit_flush(&audit), 0);
    assert_int_equal(put(1, 0), -EPIPE);
    reader = -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_read),
        TEST(a_full_pipe_is_not_waited_for),
        TEST(a_line_in_parts_is_whole),
        TEST(a_line_without_room_comes_later),
        TEST(a_reader_that_has_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
