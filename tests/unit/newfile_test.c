/* SPDX-License-Identifier: Apache-2.0 */
/* Files named when complete, on file systems with and without nameless files. */
/* links: host/newfile.c */
/* libs: -Wl,--wrap=openat */
#define _GNU_SOURCE
#include "host/newfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool old_file_system;
static char path[] = "/tmp/newfile_test.XXXXXX";
static int dir;

int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (old_file_system && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat(at, name, flags, mode);
}

static int count_files(void)
{
    DIR *d = opendir(path);
    assert_non_null(d);
    int count = -2; /* "." and ".." */
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

static void write_text(struct newfile *file, const char *text)
{
    assert_int_equal(write(file->fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect_text(const char *name, const char *text)
{
    char found[64] = {0};
    int fd = openat(dir, name, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(read(fd, found, sizeof(found) - 1) >= 0);
    close(fd);
    assert_string_equal(found, text);
}

static void it_has_no_name_until_committed(void **state)
{
    old_file_system = *state != NULL;
    struct newfile file;
    assert_int_equal(newfile_open(dir, 0600, &file), 0);
    assert_int_equal(faccessat(dir, "name", F_OK, 0), -1);
    assert_int_equal(count_files(), old_file_system ? 1 : 0);
    write_text(&file, "whole");
    assert_int_equal(newfile_commit(&file, "name", true), 0);
    newfile_close(&file);
    assert_int_equal(file.fd, -1);
    assert_int_equal(count_files(), 1);
    expect_text("name", "whole");
    unlinkat(dir, "name", 0);
}

static void without_a_commit_it_is_gone(void **state)
{
    old_file_system = *state != NULL;
    struct newfile file;
    assert_int_equal(newfile_open(dir, 0600, &file), 0);
    write_text(&file, "half");
    newfile_close(&file);
    newfile_close(&file);
    assert_int_equal(count_files(), 0);
}

/* What a file may hold, as on a disk that is full. */
static void what_does_not_fit_is_told(void **state)
{
    old_file_system = *state != NULL;
    static const uint8_t data[8192] = {1};
    struct rlimit before, less;
    struct newfile file;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    less = (struct rlimit){5000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    assert_int_equal(newfile_open(dir, 0600, &file), 0);
    assert_int_equal(newfile_write(&file, (struct bytes){data, 5000}), 0);
    assert_int_equal(newfile_write(&file, (struct bytes){data, 0}), 0);
    assert_int_equal(newfile_write(&file, (struct bytes){data, 1}), -EFBIG);
    newfile_close(&file);
    assert_int_equal(newfile_open(dir, 0600, &file), 0);
    assert_int_equal(newfile_write(&file, (struct bytes){data, sizeof(data)}), -EFBIG);
    newfile_close(&file);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(count_files(), 0);
}

static void it_is_put_whole_for_the_user_alone(void **state)
{
    old_file_system = *state != NULL;
    struct stat found;
    assert_int_equal(newfile_put(dir, "name", (struct bytes){(const uint8_t *)"a", 1}, false), 0);
    assert_int_equal(newfile_put(dir, "name", (struct bytes){(const uint8_t *)"b", 1}, false),
                     -EEXIST);
    expect_text("name", "a");
    assert_int_equal(newfile_put(dir, "name", (struct bytes){(const uint8_t *)"c", 1}, true), 0);
    expect_text("name", "c");
    assert_int_equal(fstatat(dir, "name", &found, 0), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(count_files(), 1);
    unlinkat(dir, "name", 0);
}

static void it_replaces_only_if_told(void **state)
{
    old_file_system = *state != NULL;
    for (int replace = 0; replace < 3; replace++) {
        struct newfile file;
        assert_int_equal(newfile_open(dir, 0600, &file), 0);
        char text[2] = {(char)('a' + replace), '\0'};
        write_text(&file, text);
        int expected = replace == 1 ? -EEXIST : 0; /* no, no, yes */
        assert_int_equal(newfile_commit(&file, "name", replace == 2), expected);
        newfile_close(&file);
        assert_int_equal(count_files(), 1);
        expect_text("name", replace == 2 ? "c" : "a");
    }
    unlinkat(dir, "name", 0);
}

static void a_directory_in_the_way_stays(void **state)
{
    old_file_system = *state != NULL;
    assert_int_equal(mkdirat(dir, "name", 0700), 0);
    struct newfile file;
    assert_int_equal(newfile_open(dir, 0600, &file), 0);
    assert_int_equal(newfile_commit(&file, "name", true), -EISDIR);
    newfile_close(&file);
    assert_int_equal(count_files(), 1);
    assert_int_equal(unlinkat(dir, "name", AT_REMOVEDIR), 0);
}

static void a_missing_directory_is_an_error(void **state)
{
    old_file_system = *state != NULL;
    struct newfile file;
    assert_int_equal(newfile_open(-1, 0600, &file), -EBADF);
    newfile_close(&file);
}

#define ON_BOTH(test) cmocka_unit_test(test), cmocka_unit_test_prestate(test, path)

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    if (mkdtemp(path) == NULL)
        return 1;
    dir = open(path, O_RDONLY | O_DIRECTORY);
    const struct CMUnitTest tests[] = {
        ON_BOTH(it_has_no_name_until_committed),     ON_BOTH(without_a_commit_it_is_gone),
        ON_BOTH(it_replaces_only_if_told),           ON_BOTH(a_directory_in_the_way_stays),
        ON_BOTH(a_missing_directory_is_an_error),    ON_BOTH(what_does_not_fit_is_told),
        ON_BOTH(it_is_put_whole_for_the_user_alone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close(dir);
    rmdir(path);
    return failed;
}
