/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of honest and of hostile keeps, whole and in parts of every size. */
/* links: host/output.c host/beneath.c host/newfile.c host/fault.c base/cur.c base/put.c tests/unit/scratch.c */
#define _GNU_SOURCE
#include "host/output.h"

#include "base/put.h"
#include "include/archive.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PLENTY (1u << 30)

static uint8_t buffer[1 << 20];
static struct put archive;
static struct fault fault;
static struct output *output;

/* ---- writing archives ---- */

static void begin(void)
{
    archive = put_init(buffer, sizeof(buffer));
    put_le32(&archive, ARCHIVE_MAGIC);
    put_le32(&archive, ARCHIVE_VERSION);
}

static void add_sized(uint32_t type, uint32_t directory, struct bytes path, uint64_t size)
{
    put_le32(&archive, type);
    put_le32(&archive, directory);
    put_le32(&archive, (uint32_t)path.size);
    put_le32(&archive, 0);
    put_le64(&archive, type == ARCHIVE_END ? 0 : 1234567890987654321u);
    put_le64(&archive, size);
    put_bytes(&archive, path);
}

static void add(uint32_t type, const char *path, const char *data)
{
    add_sized(type, 0, bytes_of_text(path), strlen(data));
    put_bytes(&archive, bytes_of_text(data));
}

static void end(void) { add(ARCHIVE_END, "", ""); }

static int feed(size_t part)
{
    struct bytes all = put_done(&archive);
    assert_true(all.size > 0);
    int error = 0;
    for (size_t at = 0; error == 0 && at < all.size; at += part) {
        size_t left = all.size - at;
        error = output_feed(
            output, (struct bytes){.data = all.data + at, .size = left < part ? left : part});
    }
    return error < 0 ? error : output_end(output);
}

static int write_limited(uint64_t size_max)
{
    static const char *const hosts[] = {"out", NULL, "other"};
    fault.text[0] = '\0';
    assert_int_equal(output_open(hosts, ARRAY_COUNT(hosts), size_max, &fault, &output), 0);
    int error = feed(sizeof(buffer));
    assert_int_equal(error < 0, fault.text[0] != '\0');
    output_close(output);
    return error;
}

static int write_all(void) { return write_limited(PLENTY); }

static void expect_fault(const char *part)
{
    if (strstr(fault.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, part);
}

static bool holds(const char *path, const char *text)
{
    return scratch_holds(path, bytes_of_text(text));
}

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
        begin();
        add(ARCHIVE_DIRECTORY, "a", "");
        add(ARCHIVE_DIRECTORY, "a/b", "");
        add(ARCHIVE_FILE, "a/b/file", "content");
        add(ARCHIVE_FILE, "a/empty", "");
        add(ARCHIVE_SYMLINK, "a/link", "b/file");
        end();
        assert_int_equal(feed(parts[i]), 0);
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
    begin();
    add(ARCHIVE_FILE, "new", "x");
    add(ARCHIVE_FILE, "script", "new");
    end();
    assert_int_equal(write_all(), 0);
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
    begin();
    add_sized(ARCHIVE_FILE, 2, bytes_of_text("x"), 0);
    end();
    assert_int_equal(write_all(), 0);
    assert_true(holds("other/x", ""));
    assert_int_equal(scratch_count("out"), 0);
    begin();
    add_sized(ARCHIVE_FILE, 1, bytes_of_text("x"), 0); /* no output */
    assert_int_equal(write_all(), -EBADMSG);
    begin();
    add_sized(ARCHIVE_FILE, 3, bytes_of_text("x"), 0);
    assert_int_equal(write_all(), -EBADMSG);
    expect_fault("not asked for");
}

static void what_is_not_in_the_archive_stays(void **state)
{
    (void)state;
    mkdir("out", 0755);
    mkdir("out/dir", 0700);
    scratch_write("out/dir/mine", "mine");
    begin();
    add(ARCHIVE_DIRECTORY, "dir", "");
    add(ARCHIVE_FILE, "dir/theirs", "theirs");
    end();
    assert_int_equal(write_all(), 0);
    assert_true(holds("out/dir/mine", "mine") && holds("out/dir/theirs", "theirs"));
    assert_int_equal(mode_of("out/dir"), S_IFDIR | 0700);
}

static void readers_of_an_old_file_keep_it(void **state)
{
    (void)state;
    mkdir("out", 0755);
    scratch_write("out/file", "old");
    int fd = open("out/file", O_RDONLY);
    begin();
    add(ARCHIVE_FILE, "file", "new");
    end();
    assert_int_equal(write_all(), 0);
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
    begin();
    add(ARCHIVE_FILE, "file", "theirs");
    add(ARCHIVE_DIRECTORY, "dir", "");
    add(ARCHIVE_FILE, "dir/file", "theirs");
    add(ARCHIVE_SYMLINK, "link", "file");
    end();
    assert_int_equal(write_all(), 0);
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
    begin();
    add(ARCHIVE_FILE, "a", "x"); /* opening the FIFO would wait for ever */
    add(ARCHIVE_DIRECTORY, "b", "");
    end();
    assert_int_equal(write_all(), 0);
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
        begin();
        add(types[i], "a", "x");
        end();
        assert_int_equal(write_all(), -EISDIR);
        expect_fault("out/a is a directory, in the keep it is a");
        assert_true(holds("out/a/mine", "mine"));
        assert_int_equal(scratch_count("out"), 1);
    }
}

/* ---- hostile keeps ---- */

static void paths_cannot_leave(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "..", "../x",  "/x",   "/tmp/x", ".", "./x",   "a//x",
        "a/", "a/../", "a/..", "//",     "/", "a/./x", "a/../../x",
    };
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        for (uint32_t type = ARCHIVE_FILE; type <= ARCHIVE_SYMLINK; type++) {
            begin();
            add(ARCHIVE_DIRECTORY, "a", "");
            add(type, paths[i], type == ARCHIVE_DIRECTORY ? "" : "x");
            assert_int_equal(write_all(), -EBADMSG);
            expect_fault("a path that may lead anywhere");
        }
    }
    begin();
    add_sized(ARCHIVE_FILE, 0, (struct bytes){.data = (const uint8_t *)"a\0b", .size = 3}, 0);
    assert_int_equal(write_all(), -EBADMSG);
    assert_int_equal(scratch_count("."), 2); /* out, other */
    assert_int_equal(scratch_count("out"), 1);
}

static void symlinks_are_never_followed(void **state)
{
    (void)state;
    mkdir("elsewhere", 0755);
    mkdir("out", 0755);
    assert_int_equal(symlink("../elsewhere", "out/old"), 0);
    begin();
    add(ARCHIVE_FILE, "old/x", "x");
    assert_int_equal(write_all(), -ENOTDIR);
    begin();
    add(ARCHIVE_DIRECTORY, "dir", "");
    add(ARCHIVE_SYMLINK, "new", "dir");
    add(ARCHIVE_FILE, "new/x", "x");
    assert_int_equal(write_all(), -ENOTDIR);
    expect_fault("cannot open the directory of out/new/x");
    assert_int_equal(scratch_count("elsewhere") + scratch_count("out/dir"), 0);
}

static void symlinks_that_may_lead_out_are_left_out(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    begin();
    add(ARCHIVE_SYMLINK, "a", "/etc/passwd");
    add(ARCHIVE_SYMLINK, "b", "..");
    add(ARCHIVE_SYMLINK, "c", "x/../..");
    add(ARCHIVE_SYMLINK, "d", "a");
    end();
    assert_int_equal(feed(sizeof(buffer)), 0);
    struct fault warning;
    assert_int_equal(output_skipped(output, &warning), 3);
    assert_non_null(strstr(warning.text, "left out, 3 in all"));
    assert_non_null(strstr(warning.text, "the first out/a"));
    output_close(output);
    assert_int_equal(scratch_count("out"), 1);
}

static void wrong_records_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        const char *path;
        uint64_t size;
    } rows[] = {
        {ARCHIVE_END, "", 1},        {ARCHIVE_END, "x", 0},    {4, "x", 0},
        {0xffffffff, "x", 0},        {ARCHIVE_FILE, "", 0},    {ARCHIVE_DIRECTORY, "x", 1},
        {ARCHIVE_SYMLINK, "x", 0},   {ARCHIVE_SYMLINK, "", 1}, {ARCHIVE_SYMLINK, "x", 4096},
        {ARCHIVE_SYMLINK, "x", ~0u},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        begin();
        add_sized(rows[i].type, 0, bytes_of_text(rows[i].path), rows[i].size);
        assert_int_equal(write_all(), -EBADMSG);
        expect_fault("what is no archive: wrong record");
    }
    begin();
    add(ARCHIVE_FILE, "x", "");
    buffer[ARCHIVE_HEADER_SIZE + 12] = 1; /* must be zero */
    assert_int_equal(write_all(), -EBADMSG);
    begin();
    put_le32(&archive, ARCHIVE_FILE);
    put_le32(&archive, 0);
    put_le32(&archive, ARCHIVE_PATH_MAX + 1);
    put_le32(&archive, 0);
    put_le64(&archive, 0);
    put_le64(&archive, 0);
    assert_int_equal(write_all(), -EBADMSG);
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARCHIVE_HEADER_SIZE; i++) {
        begin();
        end();
        buffer[i] ^= 1;
        assert_int_equal(write_all(), -EBADMSG);
        expect_fault("wrong header");
    }
}

static void nothing_may_follow_the_end(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    begin();
    end();
    put_u8(&archive, 0);
    assert_int_equal(write_all(), -EBADMSG);
    expect_fault("more after its end");
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    assert_int_equal(feed(1), -EBADMSG);
    output_close(output);
}

static void a_failure_is_final(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    begin();
    add(ARCHIVE_FILE, "..", "");
    assert_int_equal(feed(5), -EBADMSG);
    begin();
    add(ARCHIVE_FILE, "fine", "");
    end();
    assert_int_equal(feed(5), -EBADMSG);
    assert_int_equal(output_end(output), -EBADMSG);
    output_close(output);
    assert_int_equal(scratch_count("out"), 0);
}

static void the_whole_is_bounded(void **state)
{
    (void)state;
    begin();
    add(ARCHIVE_FILE, "a", "12345");
    add(ARCHIVE_FILE, "b", "12345");
    end();
    assert_int_equal(write_limited(10), 0);
    assert_int_equal(write_limited(9), -EFBIG);
    expect_fault("more than it may hold");
    begin();
    add_sized(ARCHIVE_FILE, 0, bytes_of_text("c"), UINT64_MAX);
    assert_int_equal(write_all(), -EFBIG);
    assert_int_equal(scratch_count("out"), 2);
}

/* Those that are left out count as well. */
static void the_number_of_files_is_bounded(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    begin();
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    assert_int_equal(feed(sizeof(buffer)), -EPIPE);
    archive = put_init(buffer, sizeof(buffer));
    for (unsigned i = 0; i < 100; i++)
        add(ARCHIVE_SYMLINK, "a", "/");
    for (unsigned i = 0; i < ARCHIVE_COUNT_MAX / 100; i++)
        assert_int_equal(output_feed(output, put_done(&archive)), 0);
    assert_int_equal(output_feed(output, put_done(&archive)), -EBADMSG);
    expect_fault("too many files");
    output_close(output);
}

/* ---- an early end ---- */

static void a_keep_that_dies_leaves_whole_files_only(void **state)
{
    (void)state;
    begin();
    add(ARCHIVE_FILE, "whole", "whole");
    size_t whole = archive.size;
    add(ARCHIVE_FILE, "half", "half");
    end();
    for (size_t size = archive.size - 1; size > 0; size--) {
        struct put all = archive;
        archive.size = size;
        assert_int_equal(write_all(), -EPIPE);
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
    begin();
    static const uint8_t data[200] = {0};
    add_sized(ARCHIVE_FILE, 0, bytes_of_text("big"), sizeof(data));
    put_bytes(&archive, (struct bytes){.data = data, .size = sizeof(data)});
    end();
    int error = write_all();
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
        TEST(paths_cannot_leave),
        TEST(symlinks_are_never_followed),
        TEST(symlinks_that_may_lead_out_are_left_out),
        TEST(wrong_records_are_refused),
        TEST(wrong_headers_are_refused),
        TEST(nothing_may_follow_the_end),
        TEST(a_failure_is_final),
        TEST(the_whole_is_bounded),
        TEST(the_number_of_files_is_bounded),
        TEST(a_keep_that_dies_leaves_whole_files_only),
        TEST(a_full_disk_leaves_no_part_of_a_file),
        TEST(hosts_must_be_directories_to_write_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
