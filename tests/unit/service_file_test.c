/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's files: whose they may be, and that nothing of a key stays behind, however its
 * reading ends. */
/* links: host/service_file.c host/fault.c tests/unit/scratch.c base/wipe.c base/cur.c */
/* libs: -Wl,--wrap=read -Wl,--wrap=free */
#define _GNU_SOURCE
#include "host/service_file.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY  "-----BEGIN PRIVATE KEY-----"
#define HALF 10u

/* ---- reads that go wrong, and what memory holds when it is given back ---- */

static int reads_left = -1; /* before one fails; -1: none does */
static unsigned leaks;

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size)
{
    if (reads_left < 0)
        return __real_read(fd, to, size);
    if (reads_left-- == 0) {
        errno = EIO;
        return -1;
    }
    return __real_read(fd, to, size < HALF ? size : HALF);
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    if (memory != NULL && memmem(memory, malloc_usable_size(memory), KEY, HALF) != NULL)
        leaks++;
    __real_free(memory);
}

static int set_up(void **state)
{
    reads_left = -1;
    leaks = 0;
    if (scratch_open(state) < 0)
        return -1;
    scratch_write("key.pem", KEY);
    return chmod("key.pem", 0600);
}

static int read_key(size_t size_max, struct bytes *out, struct fault *fault)
{
    *out = (struct bytes){0};
    return service_file_read(AT_FDCWD, "key.pem", true, size_max, out, fault);
}

static void a_key_is_read_and_forgotten(void **state)
{
    (void)state;
    struct bytes key;
    struct fault fault;
    assert_int_equal(read_key(100, &key, &fault), 0);
    assert_true(bytes_equal(key, bytes_of_text(KEY)));
    service_file_forget(&key);
    assert_null(key.data);
    assert_int_equal(leaks, 0);
}

/* This is how the others would notice. */
static void what_is_not_forgotten_is_seen(void **state)
{
    (void)state;
    struct bytes key;
    struct fault fault;
    assert_int_equal(read_key(100, &key, &fault), 0);
    free((void *)key.data);
    assert_int_equal(leaks, 1);
}

static void a_read_that_ends_half_way_leaves_nothing(void **state)
{
    (void)state;
    struct bytes key;
    struct fault fault;
    for (int i = 0; i < 3; i++) {
        reads_left = i;
        assert_int_equal(read_key(100, &key, &fault), -EIO);
        assert_null(key.data);
        assert_non_null(strstr(fault.text, "key.pem"));
    }
    assert_int_equal(leaks, 0);
}

static void a_key_in_parts_is_whole(void **state)
{
    (void)state;
    struct bytes key;
    struct fault fault;
    reads_left = 100;
    assert_int_equal(read_key(100, &key, &fault), 0);
    assert_true(bytes_equal(key, bytes_of_text(KEY)));
    service_file_forget(&key);
    assert_int_equal(leaks, 0);
}

static void keys_of_others_are_none(void **state)
{
    (void)state;
    static const mode_t wrong[] = {0604, 0602, 0601, 0620, 0610, 0644};
    struct bytes key;
    struct fault fault;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        assert_int_equal(chmod("key.pem", wrong[i]), 0);
        assert_int_equal(read_key(100, &key, &fault), -EPERM);
        assert_null(key.data);
    }
    assert_int_equal(chmod("key.pem", 0640), 0);
    assert_int_equal(read_key(strlen(KEY), &key, &fault), 0);
    service_file_forget(&key);
}

static void what_is_no_file_or_too_large_is_refused(void **state)
{
    (void)state;
    struct bytes key;
    struct fault fault;
    assert_int_equal(read_key(strlen(KEY) - 1, &key, &fault), -EINVAL);
    assert_int_equal(unlink("key.pem"), 0);
    assert_int_equal(read_key(100, &key, &fault), -ENOENT);
    assert_int_equal(mkfifo("key.pem", 0600), 0);
    assert_int_equal(read_key(100, &key, &fault), -EINVAL);
    assert_null(key.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_read_and_forgotten),
        TEST(what_is_not_forgotten_is_seen),
        TEST(a_read_that_ends_half_way_leaves_nothing),
        TEST(a_key_in_parts_is_whole),
        TEST(keys_of_others_are_none),
        TEST(what_is_no_file_or_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
