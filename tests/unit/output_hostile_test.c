/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of hostile keeps: nothing of them gets anywhere else, or without a bound. */
/* links: host/output.c host/beneath.c host/newfile.c host/fault.c base/cur.c base/put.c */
/* links: tests/unit/output_archive.c tests/unit/scratch.c */
#define _GNU_SOURCE
#include "tests/unit/output_archive.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void paths_cannot_leave(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "..", "../x",  "/x",   "/tmp/x", ".", "./x",   "a//x",
        "a/", "a/../", "a/..", "//",     "/", "a/./x", "a/../../x",
    };
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        for (uint32_t type = ARCHIVE_FILE; type <= ARCHIVE_SYMLINK; type++) {
            archive_begin();
            archive_add(ARCHIVE_DIRECTORY, "a", "");
            archive_add(type, paths[i], type == ARCHIVE_DIRECTORY ? "" : "x");
            assert_int_equal(archive_write(), -EBADMSG);
            expect_fault("a path that may lead anywhere");
        }
    }
    archive_begin();
    archive_add_sized(ARCHIVE_FILE, 0, (struct bytes){.data = (const uint8_t *)"a\0b", .size = 3},
                      0);
    assert_int_equal(archive_write(), -EBADMSG);
    assert_int_equal(scratch_count("."), 2); /* out, other */
    assert_int_equal(scratch_count("out"), 1);
}

static void symlinks_are_never_followed(void **state)
{
    (void)state;
    mkdir("elsewhere", 0755);
    mkdir("out", 0755);
    assert_int_equal(symlink("../elsewhere", "out/old"), 0);
    archive_begin();
    archive_add(ARCHIVE_FILE, "old/x", "x");
    assert_int_equal(archive_write(), -ENOTDIR);
    archive_begin();
    archive_add(ARCHIVE_DIRECTORY, "dir", "");
    archive_add(ARCHIVE_SYMLINK, "new", "dir");
    archive_add(ARCHIVE_FILE, "new/x", "x");
    assert_int_equal(archive_write(), -ENOTDIR);
    expect_fault("cannot open the directory of out/new/x");
    assert_int_equal(scratch_count("elsewhere") + scratch_count("out/dir"), 0);
}

static void symlinks_that_may_lead_out_are_left_out(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    archive_begin();
    archive_add(ARCHIVE_SYMLINK, "a", "/etc/passwd");
    archive_add(ARCHIVE_SYMLINK, "b", "..");
    archive_add(ARCHIVE_SYMLINK, "c", "x/../..");
    archive_add(ARCHIVE_SYMLINK, "d", "a");
    archive_end();
    assert_int_equal(archive_feed(sizeof(archive_bytes)), 0);
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
        archive_begin();
        archive_add_sized(rows[i].type, 0, bytes_of_text(rows[i].path), rows[i].size);
        assert_int_equal(archive_write(), -EBADMSG);
        expect_fault("what is no archive: wrong record");
    }
    archive_begin();
    archive_add(ARCHIVE_FILE, "x", "");
    archive_bytes[ARCHIVE_HEADER_SIZE + 12] = 1; /* must be zero */
    assert_int_equal(archive_write(), -EBADMSG);
    archive_begin();
    put_le32(&archive, ARCHIVE_FILE);
    put_le32(&archive, 0);
    put_le32(&archive, ARCHIVE_PATH_MAX + 1);
    put_le32(&archive, 0);
    put_le64(&archive, 0);
    put_le64(&archive, 0);
    assert_int_equal(archive_write(), -EBADMSG);
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARCHIVE_HEADER_SIZE; i++) {
        archive_begin();
        archive_end();
        archive_bytes[i] ^= 1;
        assert_int_equal(archive_write(), -EBADMSG);
        expect_fault("wrong header");
    }
}

static void nothing_may_follow_the_end(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    archive_begin();
    archive_end();
    put_u8(&archive, 0);
    assert_int_equal(archive_write(), -EBADMSG);
    expect_fault("more after its end");
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    assert_int_equal(archive_feed(1), -EBADMSG);
    output_close(output);
}

static void a_failure_is_final(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    archive_begin();
    archive_add(ARCHIVE_FILE, "..", "");
    assert_int_equal(archive_feed(5), -EBADMSG);
    archive_begin();
    archive_add(ARCHIVE_FILE, "fine", "");
    archive_end();
    assert_int_equal(archive_feed(5), -EBADMSG);
    assert_int_equal(output_end(output), -EBADMSG);
    output_close(output);
    assert_int_equal(scratch_count("out"), 0);
}

static void the_whole_is_bounded(void **state)
{
    (void)state;
    archive_begin();
    archive_add(ARCHIVE_FILE, "a", "12345");
    archive_add(ARCHIVE_FILE, "b", "12345");
    archive_end();
    assert_int_equal(archive_write_limited(10), 0);
    assert_int_equal(archive_write_limited(9), -EFBIG);
    expect_fault("more than it may hold");
    archive_begin();
    archive_add_sized(ARCHIVE_FILE, 0, bytes_of_text("c"), UINT64_MAX);
    assert_int_equal(archive_write(), -EFBIG);
    assert_int_equal(scratch_count("out"), 2);
}

/* Those that are left out count as well. */
static void the_number_of_files_is_bounded(void **state)
{
    (void)state;
    static const char *const hosts[] = {"out"};
    archive_begin();
    assert_int_equal(output_open(hosts, 1, PLENTY, &fault, &output), 0);
    assert_int_equal(archive_feed(sizeof(archive_bytes)), -EPIPE);
    archive = put_init(archive_bytes, sizeof(archive_bytes));
    for (unsigned i = 0; i < 100; i++)
        archive_add(ARCHIVE_SYMLINK, "a", "/");
    for (unsigned i = 0; i < ARCHIVE_COUNT_MAX / 100; i++)
        assert_int_equal(output_feed(output, put_done(&archive)), 0);
    assert_int_equal(output_feed(output, put_done(&archive)), -EBADMSG);
    expect_fault("too many files");
    output_close(output);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths_cannot_leave),
        TEST(symlinks_are_never_followed),
        TEST(symlinks_that_may_lead_out_are_left_out),
        TEST(wrong_records_are_refused),
        TEST(wrong_headers_are_refused),
        TEST(nothing_may_follow_the_end),
        TEST(a_failure_is_final),
        TEST(the_whole_is_bounded),
        TEST(the_number_of_files_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
