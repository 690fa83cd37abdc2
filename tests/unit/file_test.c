/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole files of every kind. */
/* links: host/cli/file.c */
#define _GNU_SOURCE
#include "host/cli/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A descriptor's name, so that no test needs a folder. */
static const char *path_of(int fd)
{
    static char path[32];
    assert_true(fd >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

static int file_of(size_t size)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(pwrite(fd, &(uint8_t){(uint8_t)i}, 1, (off_t)i), 1);
    return fd;
}

static void assert_counts_up(struct bytes data, size_t size)
{
    assert_int_equal(data.size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(data.data[i], (uint8_t)i);
    free((void *)data.data);
}

static void reads_files(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 1000};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct bytes data;
        int fd = file_of(sizes[i]);
        assert_int_equal(file_read(path_of(fd), 1000, &data), 0);
        assert_counts_up(data, sizes[i]);
        close(fd);
    }
}

/* More than the first allocation, which no size foretells. */
static void reads_what_has_no_size(void **state)
{
    (void)state;
    struct bytes data;
    FILE *pipe = popen("head -c 200000 /dev/zero", "r");
    assert_non_null(pipe);
    assert_int_equal(file_read(path_of(fileno(pipe)), 200000, &data), 0);
    assert_int_equal(data.size, 200000);
    free((void *)data.data);
    assert_int_equal(pclose(pipe), 0);
}

static void stops_at_the_limit(void **state)
{
    (void)state;
    struct bytes data;
    int fd = file_of(1000);
    assert_int_equal(file_read(path_of(fd), 999, &data), -EFBIG);
    close(fd);
    assert_int_equal(file_read("/dev/zero", 100000, &data), -EFBIG);
}

static void refuses_what_is_no_file(void **state)
{
    (void)state;
    struct bytes data;
    assert_int_equal(file_read("/", 1000, &data), -EISDIR);
    assert_int_equal(file_read("/no/such/file", 1000, &data), -ENOENT);
    assert_int_equal(file_read("", 1000, &data), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_what_has_no_size),
        cmocka_unit_test(stops_at_the_limit),
        cmocka_unit_test(refuses_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
