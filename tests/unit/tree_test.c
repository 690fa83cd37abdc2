/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of the host as a program will find them. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: host/tree.c host/tree_copy.c host/guest_path.c host/beneath.c host/fault.c conf/manifest_check.c crypto/digest.c base/cur.c base/hex.c base/put.c base/utf8.c base/wipe.c tests/unit/scratch.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "host/tree.h"

#include "base/hex.h"
#include "conf/manifest_check.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PLENTY (1u << 30)

static struct fault fault;
static struct tree tree;

static int import(const struct tree_dir *dirs, size_t count)
{
    fault.text[0] = '\0';
    int error = tree_import(dirs, count, PLENTY, &tree, &fault);
    if (error < 0)
        assert_true(tree.dirs == NULL && tree.files == NULL && fault.text[0] != '\0');
    return error;
}

static int import_one(const char *host, const char *guest)
{
    const struct tree_dir dir = {.host = host, .guest = guest};
    return import(&dir, 1);
}

/* What was imported is a manifest's list of files. */
static void check_tree(void)
{
    const struct manifest m = {
        .files_size = PLENTY,
        .dirs = tree.dirs,
        .dir_count = tree.dir_count,
        .files = tree.files,
        .file_count = tree.file_count,
    };
    assert_int_equal(manifest_check(&m), 0);
    for (size_t i = 1; i < tree.file_count; i++)
        assert_true(strcmp((const char *)tree.files[i - 1].path.data,
                           (const char *)tree.files[i].path.data) < 0);
}

static const struct manifest_file *file_at(const char *path)
{
    for (size_t i = 0; i < tree.file_count; i++) {
        if (bytes_equal(tree.files[i].path, bytes_of_text(path)))
            return &tree.files[i];
    }
    return NULL;
}

static struct bytes content_at(const char *path)
{
    const struct manifest_file *file = file_at(path);
    assert_non_null(file);
    return tree.contents[file - tree.files];
}

static bool is_dir(const char *path)
{
    const struct manifest_file *file = file_at(path);
    return file != NULL && file->type == FILE_DIRECTORY;
}

static void expect_fault(const char *part)
{
    if (strstr(fault.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, part);
}

/* ---- what is taken ---- */

static void files_come_with_content_digest_and_time(void **state)
{
    (void)state;
    mkdir("data", 0755);
    mkdir("data/sub", 0755);
    scratch_write("data/sub/abc", "abc");
    scratch_write("data/empty", "");
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1234567890, .tv_nsec = 987654321}};
    assert_int_equal(utimensat(AT_FDCWD, "data/sub/abc", times, 0), 0);
    assert_int_equal(import_one("data", "/data"), 0);
    check_tree();
    assert_int_equal(tree.file_count, 4);
    const struct manifest_file *abc = file_at("/data/sub/abc");
    assert_int_equal(abc->type, FILE_REGULAR);
    assert_int_equal(abc->size, 3);
    assert_int_equal(abc->mtime, 1234567890987654321);
    char digest[2 * DIGEST_SIZE + 1];
    hex_put((struct bytes){.data = abc->digest, .size = DIGEST_SIZE}, digest);
    /* [FIPS 180-4] examples, one-block message */
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(bytes_equal(content_at("/data/sub/abc"), bytes_of_text("abc")));
    assert_int_equal(content_at("/data/empty").size, 0);
    assert_true(is_dir("/data") && is_dir("/data/sub"));
    assert_true(file_at("/data")->mtime > 0);
    tree_fini(&tree);
}

static void times_before_1970_become_1970(void **state)
{
    (void)state;
    mkdir("data", 0755);
    scratch_write("data/old", "");
    const struct timespec times[2] = {{.tv_sec = -5}, {.tv_sec = -5}};
    assert_int_equal(utimensat(AT_FDCWD, "data/old", times, 0), 0);
    assert_int_equal(import_one("data", "/"), 0);
    check_tree();
    assert_int_equal(file_at("/old")->mtime, 0);
    assert_true(is_dir("/"));
    tree_fini(&tree);
}

static void symlinks_inside_are_copied(void **state)
{
    (void)state;
    mkdir("data", 0755);
    mkdir("data/sub", 0755);
    assert_int_equal(symlink("../nowhere/x", "data/sub/link"), 0);
    assert_int_equal(import_one("data", "/data"), 0);
    check_tree();
    const struct manifest_file *link = file_at("/data/sub/link");
    assert_int_equal(link->type, FILE_SYMLINK);
    assert_true(bytes_equal(link->target, bytes_of_text("../nowhere/x")));
    assert_int_equal(link->size, 0);
    tree_fini(&tree);
}

static void guest_paths_are_normalised(void **state)
{
    (void)state;
    mkdir("data", 0755);
    static const char *const pairs[][2] = {
        {".", "/"},          {"/", "/"},          {"//", "/"},
        {"/data/", "/data"}, {"//a//b/", "/a/b"}, {"/./a/./b", "/a/b"},
        {"/a/.", "/a"},      {"/...", "/..."},    {"/.a", "/.a"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        assert_int_equal(import_one("data", pairs[i][0]), 0);
        check_tree();
        assert_true(bytes_equal(tree.dirs[0].path, bytes_of_text(pairs[i][1])));
        assert_true(is_dir(pairs[i][1]));
        tree_fini(&tree);
    }
}

static void nothing_is_a_tree_too(void **state)
{
    (void)state;
    assert_int_equal(import(NULL, 0), 0);
    assert_int_equal(tree.dir_count + tree.file_count, 0);
    tree_fini(&tree);
}

static void a_deep_tree_needs_no_more_descriptors(void **state)
{
    (void)state;
    mkdir("deep", 0755);
    int dir = open("deep", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 1500; i++) {
        assert_int_equal(mkdirat(dir, "d", 0755), 0);
        int next = openat(dir, "d", O_RDONLY | O_DIRECTORY);
        close(dir);
        dir = next;
    }
    close(dir);
    assert_int_equal(import_one("deep", "/"), 0);
    assert_int_equal(tree.file_count, 1501);
    check_tree();
    tree_fini(&tree);
}

/* ---- several directories ---- */

static void directories_keep_their_order_and_rights(void **state)
{
    (void)state;
    mkdir("z", 0755);
    mkdir("a", 0755);
    const struct tree_dir dirs[] = {
        {.host = "z", .guest = "/z", .read_only = true},
        {.host = "a", .guest = "/a"},
        {.out = "results", .guest = "/deep/out"},
        {.out = "back", .guest = "/a/"},
    };
    assert_int_equal(import(dirs, ARRAY_COUNT(dirs)), 0);
    check_tree();
    assert_int_equal(tree.dir_count, 3);
    assert_true(bytes_equal(tree.dirs[0].path, bytes_of_text("/z")));
    assert_true(tree.dirs[0].read_only && !tree.dirs[0].output && tree.outs[0] == NULL);
    assert_true(!tree.dirs[1].read_only && tree.dirs[1].output);
    assert_string_equal(tree.outs[1], "back");
    assert_string_equal(tree.outs[2], "results");
    assert_true(is_dir("/deep") && is_dir("/deep/out"));
    tree_fini(&tree);
}

static void an_inner_directory_hides_what_was_there(void **state)
{
    (void)state;
    mkdir("outer", 0755);
    mkdir("outer/in", 0755);
    scratch_write("outer/in/hidden", "outer");
    scratch_write("outer/in.txt", "beside");
    mkdir("inner", 0755);
    scratch_write("inner/seen", "inner");
    const struct tree_dir dirs[] = {
        {.host = "outer", .guest = "/x"},
        {.host = "inner", .guest = "/x/in"},
        {.host = "inner", .guest = "/x/new/er"},
    };
    assert_int_equal(import(dirs, ARRAY_COUNT(dirs)), 0);
    check_tree();
    assert_null(file_at("/x/in/hidden"));
    assert_true(bytes_equal(content_at("/x/in/seen"), bytes_of_text("inner")));
    assert_true(bytes_equal(content_at("/x/in.txt"), bytes_of_text("beside")));
    assert_true(is_dir("/x/new") && is_dir("/x/new/er"));
    tree_fini(&tree);
}

static void an_output_inside_hides_nothing(void **state)
{
    (void)state;
    mkdir("data", 0755);
    mkdir("data/out", 0755);
    scratch_write("data/out/old", "old");
    const struct tree_dir dirs[] = {
        {.host = "data", .guest = "/data"},
        {.out = "out", .guest = "/data/out"},
    };
    assert_int_equal(import(dirs, ARRAY_COUNT(dirs)), 0);
    check_tree();
    assert_true(bytes_equal(content_at("/data/out/old"), bytes_of_text("old")));
    assert_true(file_at("/data/out")->mtime > 0);
    tree_fini(&tree);
}

static void a_file_where_a_directory_must_be_is_refused(void **state)
{
    (void)state;
    mkdir("data", 0755);
    scratch_write("data/out", "file");
    const struct tree_dir dirs[] = {
        {.host = "data", .guest = "/data"},
        {.out = "out", .guest = "/data/out/er"},
    };
    assert_int_equal(import(dirs, ARRAY_COUNT(dirs)), -ENOTDIR);
    expect_fault("/data/out must be a directory");
}

static void the_same_place_twice_is_refused(void **state)
{
    (void)state;
    mkdir("a", 0755);
    const struct tree_dir twice[] = {{.host = "a", .guest = "/x"}, {.host = "a", .guest = "/x/"}};
    assert_int_equal(import(twice, 2), -EEXIST);
    expect_fault("--dir: /x is given twice");
    const struct tree_dir out[] = {{.out = "a", .guest = "/x"}, {.out = "b", .guest = "/x"}};
    assert_int_equal(import(out, 2), -EEXIST);
    expect_fault("--dir-out: /x is given twice");
    const struct tree_dir sealed[] = {{.host = "a", .guest = "/x", .read_only = true},
                                      {.out = "b", .guest = "/x"}};
    assert_int_equal(import(sealed, 2), -EROFS);
    expect_fault("read-only");
}

/* ---- what is refused ---- */

static void guest_paths_must_be_absolute(void **state)
{
    (void)state;
    mkdir("data", 0755);
    static const char *const bad[] = {"", "data", "./data", "..", "/..", "/a/../b", "/\xff"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(import_one("data", bad[i]), -EINVAL);
        expect_fault("must be absolute");
    }
    char name[258];
    memset(name, 'x', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(import_one("data", name), -EINVAL);
}

static void hosts_must_be_directories(void **state)
{
    (void)state;
    assert_int_equal(import_one("none", "/"), -ENOENT);
    expect_fault("--dir none: there is no such directory");
    scratch_write("file", "");
    assert_int_equal(import_one("file", "/"), -ENOTDIR);
    expect_fault("--dir file: this is a file");
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(import_one("loop", "/"), -ELOOP);
    expect_fault("--dir loop: cannot open the directory");
}

static void symlinks_that_lead_out_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {"/etc/passwd", "..", "../other", "a/../../.."};
    for (size_t i = 0; i < ARRAY_COUNT(targets); i++) {
        mkdir("data", 0755);
        assert_int_equal(symlink(targets[i], "data/link"), 0);
        assert_int_equal(import_one("data", "/data"), -EXDEV);
        expect_fault("data/link is a symlink that leads out");
        unlink("data/link");
    }
}

static void special_files_are_refused(void **state)
{
    (void)state;
    mkdir("data", 0755);
    assert_int_equal(mkfifo("data/fifo", 0600), 0);
    assert_int_equal(import_one("data", "/data"), -EINVAL);
    expect_fault("data/fifo is a FIFO");
    unlink("data/fifo");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "data/socket"};
    assert_int_equal(bind(fd, (const void *)&address, sizeof(address)), 0);
    assert_int_equal(import_one("data", "/data"), -EINVAL);
    expect_fault("data/socket is a socket");
    close(fd);
    unlink("data/socket");
}

static void devices_are_refused(void **state)
{
    (void)state;
    mkdir("data", 0755);
    if (mknod("data/null", S_IFCHR | 0600, makedev(1, 3)) < 0)
        skip(); /* only root can make one */
    assert_int_equal(import_one("data", "/data"), -EINVAL);
    expect_fault("data/null is a device");
}

static void names_must_be_utf8(void **state)
{
    (void)state;
    mkdir("data", 0755);
    scratch_write("data/\xff", "");
    assert_int_equal(import_one("data", "/data"), -EILSEQ);
    expect_fault("not UTF-8");
    unlink("data/\xff");
    assert_int_equal(symlink("\xff", "data/link"), 0);
    assert_int_equal(import_one("data", "/data"), -EILSEQ);
    expect_fault("data/link is a symlink to a name that is not UTF-8");
}

static void paths_must_fit(void **state)
{
    (void)state;
    char guest[4001];
    for (size_t i = 0; i < sizeof(guest); i++)
        guest[i] = i % 200 == 0 ? '/' : 'x';
    guest[sizeof(guest) - 1] = '\0';
    char name[201] = "data/";
    memset(name + 5, 'n', sizeof(name) - 6);
    mkdir("data", 0755);
    assert_int_equal(import_one("data", guest), 0);
    tree_fini(&tree);
    scratch_write(name, "");
    assert_int_equal(import_one("data", guest), -ENAMETOOLONG);
    expect_fault("too long for a keep");
}

static void the_whole_is_bounded(void **state)
{
    (void)state;
    mkdir("data", 0755);
    scratch_write("data/abc", "12345");
    assert_int_equal(symlink("abc", "data/link"), 0);
    const struct tree_dir dir = {.host = "data", .guest = "/data"};
    const uint64_t size = 3 + 5 + 4 + 3; /* names, content and target */
    assert_int_equal(tree_import(&dir, 1, size, &tree, &fault), 0);
    tree_fini(&tree);
    for (uint64_t less = 0; less < size; less++) {
        assert_int_equal(tree_import(&dir, 1, less, &tree, &fault), -EFBIG);
        expect_fault("--dir data: all files");
    }
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    mkdir("data", 0755);
    scratch_write("data/secret", "");
    chmod("data/secret", 0);
    chmod(".", 0755);
    if (geteuid() == 0 && seteuid(65534) < 0)
        skip();
    int error = import_one("data", "/data");
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(error, -EACCES);
    expect_fault("cannot read data/secret: Permission denied");
}

/* A file of /proc says that it is empty and is not: so does one that grows. */
static void files_that_change_are_refused(void **state)
{
    (void)state;
    assert_int_equal(import_one("/proc/sys/kernel/random", "/random"), -EAGAIN);
    expect_fault("changed while it was read");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_come_with_content_digest_and_time),
        TEST(times_before_1970_become_1970),
        TEST(symlinks_inside_are_copied),
        TEST(guest_paths_are_normalised),
        TEST(nothing_is_a_tree_too),
        TEST(a_deep_tree_needs_no_more_descriptors),
        TEST(directories_keep_their_order_and_rights),
        TEST(an_inner_directory_hides_what_was_there),
        TEST(an_output_inside_hides_nothing),
        TEST(a_file_where_a_directory_must_be_is_refused),
        TEST(the_same_place_twice_is_refused),
        TEST(guest_paths_must_be_absolute),
        TEST(hosts_must_be_directories),
        TEST(symlinks_that_lead_out_are_refused),
        TEST(special_files_are_refused),
        TEST(devices_are_refused),
        TEST(names_must_be_utf8),
        TEST(paths_must_fit),
        TEST(the_whole_is_bounded),
        TEST(what_cannot_be_read_is_named),
        TEST(files_that_change_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
