/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of honest keeps, whole and in parts of every size, and those that end too early. */
/* links: host/output.c host/beneath.c host/newfile.c host/fault.c base/cur.c base/put.c */
/* links: tests/unit/output_archive.c tests/unit/scratch.c */
#define _GNU_SOURCE
#include "tests/unit/output_archive.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static mode_t mode_of(const char *path)
{
    struct stat s;
    assert_int_equal(lstat(path, &s), 0);
    return s.st_mode;
}

/* ---- honest keeps ---- */

static void an_archive_becomes_files(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    const size_t parts[] = {1, 2, 3, 7, 8, 31, 32, 33, 40, 100, 4096};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
        archive_begin();
        archive_add(ARCHIVE_DIRECTORY, "a", "");
        archive_add(ARCHIVE_DIRECTORY, "a/b", "");
        archive_add(ARCHIVE_FILE, "a/b/file", "content");
        archive_add(ARCHIVE_FILE, "a/empty", "");
        archive_add(ARCHIVE_SYMLINK, "a/link", "b/file");
        archive_end();
        assert_int_equal(archive_feed(parts[i]), 0);
        struct fault warning;
        assert_int_equal(output_skipped(output, &warning), 0);
        output_close(output);
        assert_true(holds("out/a/b/file", "content"));
        assert_true(holds("out/a/empty", ""));
        char target[64] = {0};
        assert_int_equal(readlink("out/a/link", target, sizeof(target)), 6);
        assert_string_equal(target, "b/file");
        assert_int_equal(scratch_count("out/a"), 3);
    }
}

static void files_get_their_time_and_harmless_permissions(void **state)
{
    (void)state;
    umask(022);
    mkdir("out", 0755);
    scratch_write("out/script", "old");
    chmod("out/script", 06755);
    archive_begin();
    archive_add(ARCHIVE_FILE, "new", "x");
    archive_add(ARCHIVE_FILE, "script", "new");
    archive_end();
    assert_int_equal(archive_write(), 0);
    struct stat s;
    assert_int_equal(stat("out/new", &s), 0);
    assert_int_equal(s.st_mtim.tv_sec, 1234567890);
    assert_int_equal(s.st_mtim.tv_nsec, 987654321);
    assert_int_equal(s.st_mode, S_IFREG | 0644);
    assert_true(holds("out/script", "new"));
    assert_int_equal(mode_of("out/script"), S_IFREG | 0755);
}

static void several_directories_are_told_apart(void **state)
{
    (void)state;
    archive_begin();
    archive_add_sized(ARCHIVE_FILE, 2, bytes_of_text("x"), 0);
    archive_end();
    assert_int_equal(archive_write(), 0);
    assert_true(holds("other/x", ""));
    assert_int_equal(scratch_count("out"), 0);
    archive_begin();
    archive_add_sized(ARCHIVE_FILE, 1, bytes_of_text("x"), 0); /* no output */
    assert_int_equal(archive_write(), -EBADMSG);
    archive_begin();
    archive_add_sized(ARCHIVE_FILE, 3, bytes_of_text("x"), 0);
    assert_int_equal(archive_write(), -EBADMSG);
    expect_fault("not asked for");
}

static void what_is_not_in_the_archive_stays(void **state)
{
    (void)state;
    mkdir("out", 0755);
    mkdir("out/dir", 0700);
    scratch_write("out/dir/mine", "mine");
    archive_begin();
    archive_add(ARCHIVE_DIRECTORY, "dir", "");
    archive_add(ARCHIVE_FILE, "dir/theirs", "theirs");
    archive_end();
    assert_int_equal(archive_write(), 0);
    assert_true(holds("out/dir/mine", "mine") && holds("out/dir/theirs", "theirs"));
    assert_int_equal(mode_of("out/dir"), S_IFDIR | 0700);
}

static void readers_of_an_old_file_keep_it(void **state)
{
    (void)state;
    mkdir("out", 0755);
    scratch_write("out/file", "old");
    int fd = open("out/file", O_RDONLY);
    archive_begin();
    archive_add(ARCHIVE_FILE, "file", "new");
    archive_end();
    assert_int_equal(archive_write(), 0);
    char text[4] = {0};
    assert_int_equal(read(fd, text, 3), 3);
    close(fd);
    assert_string_equal(text, "old");
    assert_true(holds("out/file", "new"));
}

/* ---- what is in the way ---- */

static void symlinks_in_the_way_are_replaced(void **state)
{
    (void)state;
    mkdir("out", 0755);
    mkdir("elsewhere", 0755);
    scratch_write("elsewhere/file", "mine");
    assert_int_equal(symlink("../elsewhere/file", "out/file"), 0);
    assert_int_equal(symlink("../elsewhere", "out/dir"), 0);
    assert_int_equal(symlink("../elsewhere", "out/link"), 0);
    archive_begin();
    archive_add(ARCHIVE_FILE, "file", "theirs");
    archive_add(ARCHIVE_DIRECTORY, "dir", "");
    archive_add(ARCHIVE_FILE, "dir/file", "theirs");
    archive_add(ARCHIVE_SYMLINK, "link", "file");
    archive_end();
    assert_int_equal(archive_write(), 0);
    assert_true(holds("elsewhere/file", "mine"));
    assert_int_equal(scratch_count("elsewhere"), 1);
    assert_true(holds("out/file", "theirs") && holds("out/dir/file", "theirs"));
    assert_true(S_ISLNK(mode_of("out/link")) && holds("out/link", "") == false);
}

static void special_files_in_the_way_are_replaced(void **state)
{
    (void)state;
    mkdir("out", 0755);
    assert_int_equal(mkfifo("out/a", 0600), 0);
    assert_int_equal(mkfifo("out/b", 0600), 0);
    archive_begin();
    archive_add(ARCHIVE_FILE, "a", "x"); /* opening the FIFO would wait for ever */
    archive_add(ARCHIVE_DIRECTORY, "b", "");
    archive_end();
    assert_int_equal(archive_write(), 0);
    assert_true(holds("out/a", "x") && S_ISDIR(mode_of("out/b")));
}

static void directories_in_the_way_are_an_error(void **state)
{
    (void)state;
    mkdir("out", 0755);
    mkdir("out/a", 0755);
    scratch_write("out/a/mine", "mine");
    static const uint32_t types[] = {ARCHIVE_FILE, ARCHIVE_SYMLINK};
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        archive_begin();
        archive_add(types[i], "a", "x");
        archive_end();
        assert_int_equal(archive_write(), -EISDIR);
        expect_fault("out/a is a directory, in the keep it is a");
        assert_true(holds("out/a/mine", "mine"));
        assert_int_equal(scratch_count("out"), 1);
    }
}

/* ---- an early end ---- */

static void a_keep_that_dies_leaves_whole_files_only(void **state)
{
    (void)state;
    archive_begin();
    archive_add(ARCHIVE_FILE, "whole", "whole");
    size_t whole = archive.size;
    archive_add(ARCHIVE_FILE, "half", "half");
    archive_end();
    for (size_t size = archive.size - 1; size > 0; size--) {
        struct put all = archive;
        archive.size = size;
        assert_int_equal(archive_write(), -EPIPE);
        archive = all;
        expect_fault("incomplete");
        assert_true(size < whole || holds("out/whole", "whole"));
        size_t files = scratch_count("out");
        assert_true(files == 0 || holds("out/whole", "whole"));
        assert_true(files <= 1 || holds("out/half", "half"));
        unlink("out/whole");
        unlink("out/half");
        assert_int_equal(scratch_count("out"), 0);
    }
}

/* A limit on sizes stands for a full disk. */
static void a_full_disk_leaves_no_part_of_a_file(void **state)
{
    (void)state;
    const struct rlimit small = {.rlim_cur = 100, .rlim_max = RLIM_INFINITY};
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    archive_begin();
    static const uint8_t data[200] = {0};
    archive_add_sized(ARCHIVE_FILE, 0, bytes_of_text("big"), sizeof(data));
    put_bytes(&archive, (struct bytes){.data = data, .size = sizeof(data)});
    archive_end();
    int error = archive_write();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(error, -EFBIG);
    expect_fault("cannot write out/big: File too large");
    assert_int_equal(scratch_count("out"), 0);
}

/* ---- the directories ---- */

static int open_only(const char *host)
{
    int error = output_open(&host, 1, PLENTY, &fault, &output);
    if (error == 0)
        output_close(output);
    return error;
}

static void hosts_must_be_directories_to_write_to(void **state)
{
    (void)state;
    scratch_write("file", "");
    assert_int_equal(open_only("file"), -ENOTDIR);
    expect_fault("file is a file; give a directory");
    assert_int_equal(open_only("no/such"), -ENOENT);
    expect_fault("cannot make directory no/such");
    assert_int_equal(open_only("new"), 0);
    assert_int_equal(open_only("new"), 0);
    output_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_archive_becomes_files),
        TEST(files_get_their_time_and_harmless_permissions),
        TEST(several_directories_are_told_apart),
        TEST(what_is_not_in_the_archive_stays),
        TEST(readers_of_an_old_file_keep_it),
        TEST(symlinks_in_the_way_are_replaced),
        TEST(special_files_in_the_way_are_replaced),
        TEST(directories_in_the_way_are_an_error),
        TEST(a_keep_that_dies_leaves_whole_files_only),
        TEST(a_full_disk_leaves_no_part_of_a_file),
        TEST(hosts_must_be_directories_to_write_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
