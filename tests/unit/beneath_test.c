/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that must stay below a directory. */
/* links: host/beneath.c base/cur.c */
#define _GNU_SOURCE
#include "host/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void names_alone_make_a_path(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a/b", "...", ".a", "a../..b/c"};
    static const char *const bad[] = {"",    "/",   "/a",   "a/",   "a//b",   ".",    "..",
                                      "./a", "a/.", "../a", "a/..", "a/../b", "a/./b"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(beneath_path_ok(bytes_of_text(good[i])));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(beneath_path_ok(bytes_of_text(bad[i])));
    assert_false(beneath_path_ok((struct bytes){.data = (const uint8_t *)"a\0b", .size = 3}));
}

static void names_are_bounded(void **state)
{
    (void)state;
    char name[BENEATH_NAME_MAX + 2];
    memset(name, 'x', sizeof(name) - 1);
    name[BENEATH_NAME_MAX] = '\0';
    assert_true(beneath_path_ok(bytes_of_text(name)));
    name[BENEATH_NAME_MAX] = 'x';
    name[BENEATH_NAME_MAX + 1] = '\0';
    assert_false(beneath_path_ok(bytes_of_text(name)));
}

static bool target_ok(const char *path, const char *target)
{
    return beneath_target_ok(bytes_of_text(path), bytes_of_text(target));
}

static void targets_rise_only_as_far_as_the_root(void **state)
{
    (void)state;
    assert_true(target_ok("link", "file"));
    assert_true(target_ok("link", "./a//b/"));
    assert_true(target_ok("a/link", ".."));
    assert_true(target_ok("a/b/link", "../../c"));
    assert_true(target_ok("a/b/link", ".././../c"));
    assert_false(target_ok("link", ""));
    assert_false(target_ok("link", "/"));
    assert_false(target_ok("link", "/etc/passwd"));
    assert_false(target_ok("link", ".."));
    assert_false(target_ok("a/link", "../.."));
    assert_false(target_ok("a/b/link", "../../../c"));
    assert_false(beneath_target_ok(bytes_of_text("link"),
                                   (struct bytes){.data = (const uint8_t *)"a\0b", .size = 3}));
}

/* "up" is a symlink to the root three levels above: what looks like a way down
 * and up again in text would leave the root. */
static void targets_do_not_rise_after_a_name(void **state)
{
    (void)state;
    assert_true(target_ok("a/b/c/up", "../../.."));
    assert_false(target_ok("link", "a/b/c/up/../../etc"));
    assert_false(target_ok("a/link", "b/.."));
}

static void symlinks_are_not_followed(void **state)
{
    (void)state;
    char path[] = "/tmp/beneath_test.XXXXXX";
    assert_non_null(mkdtemp(path));
    int root = open(path, O_RDONLY | O_DIRECTORY);
    mkdirat(root, "a", 0700);
    mkdirat(root, "a/b", 0700);
    assert_int_equal(symlinkat("a", root, "link"), 0);
    assert_int_equal(symlinkat("/", root, "a/out"), 0);
    int fd = beneath_open_dir(root, bytes_of_text("a/b"), O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    fd = beneath_open_dir(root, (struct bytes){0}, O_PATH);
    assert_true(fd >= 0);
    close(fd);
    static const int flags[] = {O_RDONLY, O_PATH};
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        assert_int_equal(beneath_open_dir(root, bytes_of_text("link"), flags[i]), -ENOTDIR);
        assert_int_equal(beneath_open_dir(root, bytes_of_text("link/b"), flags[i]), -ENOTDIR);
        assert_int_equal(beneath_open_dir(root, bytes_of_text("a/out/etc"), flags[i]), -ENOTDIR);
        assert_int_equal(beneath_open_dir(root, bytes_of_text("a/.."), flags[i]), -EINVAL);
        assert_int_equal(beneath_open_dir(root, bytes_of_text("none"), flags[i]), -ENOENT);
        assert_int_equal(beneath_open_dir(-1, bytes_of_text("a"), flags[i]), -EBADF);
    }
    unlinkat(root, "a/out", 0);
    unlinkat(root, "link", 0);
    unlinkat(root, "a/b", AT_REMOVEDIR);
    unlinkat(root, "a", AT_REMOVEDIR);
    close(root);
    rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_alone_make_a_path),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(targets_rise_only_as_far_as_the_root),
        cmocka_unit_test(targets_do_not_rise_after_a_name),
        cmocka_unit_test(symlinks_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
