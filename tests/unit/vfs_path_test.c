/* SPDX-License-Identifier: Apache-2.0 */
/* Where paths lead: everything below the start, nothing above it. */
/* links: exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *t) { return bytes_of_text(t); }

/* /start/dir/sub/file, /start/file, and symlinks; /secret is outside. */
static int set_up(void **state)
{
    struct vfs *v;
    static const char *const links[][2] = {
        {"/start/to_dir", "dir"},
        {"/start/to_file", "file"},
        {"/start/dangling", "nowhere"},
        {"/start/self", "self"},
        {"/start/absolute", "/start/dir"},
        {"/start/out", "../secret"},
        {"/start/dir/up", "../dir/sub"},
        {"/start/dir/out", "../../secret"},
        {"/start/to_slash", "dir/"},
        {"/start/file_slash", "file/"},
        {"/start/here", "."},
    };
    assert_int_equal(vfs_new(1 << 20, NULL, NULL, &v), 0);
    assert_int_equal(vfs_add_dir(v, text("/start/dir/sub"), 1), 0);
    assert_int_equal(vfs_add_file(v, text("/start/dir/sub/file"), 0, 1, 0), 0);
    assert_int_equal(vfs_add_file(v, text("/start/file"), 0, 1, 0), 0);
    assert_int_equal(vfs_add_file(v, text("/secret"), 0, 1, 0), 0);
    for (size_t i = 0; i < ARRAY_COUNT(links); i++)
        assert_int_equal(vfs_add_symlink(v, text(links[i][0]), text(links[i][1]), 1), 0);
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    vfs_free(*state);
    return 0;
}

/* Without symlinks and dots, by a way of its own. */
static struct node *at(struct vfs *v, const char *path)
{
    struct node *n = v->root;
    struct bytes rest = text(path);
    for (struct bytes name = path_next(&rest); name.size > 0; name = path_next(&rest))
        n = dir_find(n, name);
    return n;
}

static int resolve(struct vfs *v, const char *path, enum path_last last, struct place *out)
{
    memset(out, 0, sizeof(*out));
    return path_resolve(at(v, "/start"), text(path), last, out);
}

static void leads_to(void **state, const char *path, enum path_last last, const char *expected)
{
    struct place p;
    assert_int_equal(resolve(*state, path, last, &p), 0);
    assert_non_null(p.node);
    assert_ptr_equal(p.node, at(*state, expected));
}

static void fails(void **state, const char *path, enum path_last last, int error)
{
    struct place p;
    assert_int_equal(resolve(*state, path, last, &p), error);
}

static void names_lead_down(void **state)
{
    leads_to(state, "file", PATH_FOLLOW, "/start/file");
    leads_to(state, "dir/sub/file", PATH_FOLLOW, "/start/dir/sub/file");
    leads_to(state, "dir//sub///file", PATH_FOLLOW, "/start/dir/sub/file");
    leads_to(state, "./dir/./sub/./file", PATH_FOLLOW, "/start/dir/sub/file");
    leads_to(state, ".", PATH_FOLLOW, "/start");
    leads_to(state, "./", PATH_FOLLOW, "/start");
}

static void dots_lead_up_to_the_start(void **state)
{
    leads_to(state, "dir/..", PATH_FOLLOW, "/start");
    leads_to(state, "dir/sub/../../file", PATH_FOLLOW, "/start/file");
    leads_to(state, "dir/.//sub/../../dir/sub/../sub///./file", PATH_FOLLOW, "/start/dir/sub/file");
    fails(state, "file/..", PATH_FOLLOW, -ENOTDIR);
    fails(state, "nothing/..", PATH_FOLLOW, -ENOENT);
}

static void nothing_leads_out(void **state)
{
    static const char *const paths[] = {
        "..",
        "../",
        "../start",
        "../secret",
        "./..",
        "dir/../..",
        "dir/../../..",
        "dir/../../start/file",
        "/",
        "/start/file",
        "//file",
        "absolute",
        "absolute/sub",
        "out",
        "dir/out",
        "to_dir/out",
        "dir/sub/../../out",
        "here/..",
        "to_dir/../..",
        "to_dir/up/../../..",
    };
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
        fails(state, paths[i], PATH_FOLLOW, -EPERM);
}

static void symlinks_are_followed_beneath(void **state)
{
    leads_to(state, "to_file", PATH_FOLLOW, "/start/file");
    leads_to(state, "to_dir", PATH_FOLLOW, "/start/dir");
    leads_to(state, "to_dir/sub/file", PATH_FOLLOW, "/start/dir/sub/file");
    leads_to(state, "to_dir/up/file", PATH_FOLLOW, "/start/dir/sub/file");
    leads_to(state, "to_dir/..", PATH_FOLLOW, "/start");
    leads_to(state, "to_dir/up/..", PATH_FOLLOW, "/start/dir");
    leads_to(state, "here/here/here/file", PATH_FOLLOW, "/start/file");
    leads_to(state, "to_slash/sub", PATH_FOLLOW, "/start/dir/sub");
    fails(state, "to_file/x", PATH_FOLLOW, -ENOTDIR);
    fails(state, "dangling/x", PATH_FOLLOW, -ENOENT);
}

static void the_last_symlink_is_as_asked(void **state)
{
    leads_to(state, "to_dir", PATH_NOFOLLOW, "/start/to_dir");
    leads_to(state, "to_dir", PATH_ENTRY, "/start/to_dir");
    leads_to(state, "to_dir/", PATH_NOFOLLOW, "/start/dir");
    leads_to(state, "to_dir/", PATH_ENTRY, "/start/to_dir");
    leads_to(state, "to_dir/.", PATH_ENTRY, "/start/dir");
    leads_to(state, "to_dir/up", PATH_NOFOLLOW, "/start/dir/up");
    leads_to(state, "absolute", PATH_NOFOLLOW, "/start/absolute");
    leads_to(state, "self", PATH_ENTRY, "/start/self");
}

static void a_slash_asks_for_a_directory(void **state)
{
    struct place p;
    leads_to(state, "dir/", PATH_FOLLOW, "/start/dir");
    leads_to(state, "dir/sub///", PATH_NOFOLLOW, "/start/dir/sub");
    leads_to(state, "to_slash", PATH_FOLLOW, "/start/dir");
    fails(state, "file/", PATH_FOLLOW, -ENOTDIR);
    fails(state, "file/", PATH_NOFOLLOW, -ENOTDIR);
    fails(state, "file/.", PATH_FOLLOW, -ENOTDIR);
    fails(state, "to_file/", PATH_NOFOLLOW, -ENOTDIR);
    fails(state, "file_slash", PATH_FOLLOW, -ENOTDIR);
    assert_int_equal(resolve(*state, "file/", PATH_ENTRY, &p), 0);
    assert_true(p.slash);
    assert_int_equal(resolve(*state, "file", PATH_ENTRY, &p), 0);
    assert_false(p.slash);
}

static void a_missing_last_name_is_a_place(void **state)
{
    struct place p;
    assert_int_equal(resolve(*state, "dir/new", PATH_FOLLOW, &p), 0);
    assert_null(p.node);
    assert_ptr_equal(p.dir, at(*state, "/start/dir"));
    assert_true(bytes_equal(p.name, text("new")));
    assert_int_equal(resolve(*state, "dangling", PATH_FOLLOW, &p), 0);
    assert_null(p.node);
    assert_true(bytes_equal(p.name, text("nowhere")));
    assert_int_equal(resolve(*state, "new/", PATH_FOLLOW, &p), 0);
    assert_true(p.slash);
    assert_int_equal(resolve(*state, "dir/.", PATH_ENTRY, &p), 0);
    assert_null(p.dir);
    fails(state, "new/x", PATH_FOLLOW, -ENOENT);
    fails(state, "", PATH_FOLLOW, -ENOENT);
}

static void loops_end(void **state)
{
    struct vfs *v = *state;
    char name[] = "/start/l00";
    char target[] = "l00";
    fails(state, "self", PATH_FOLLOW, -ELOOP);
    fails(state, "self/x", PATH_NOFOLLOW, -ELOOP);
    assert_int_equal(vfs_add_symlink(v, text("/start/l00"), text("file"), 1), 0);
    for (int i = 1; i <= 40; i++) {
        memcpy(target, name + 7, sizeof(target));
        name[8] = (char)('0' + i / 10);
        name[9] = (char)('0' + i % 10);
        assert_int_equal(vfs_add_symlink(v, text(name), text(target), 1), 0);
    }
    leads_to(state, "l39", PATH_FOLLOW, "/start/file"); /* 40 hops */
    fails(state, "l40", PATH_FOLLOW, -ELOOP);
}

static void text_has_limits(void **state)
{
    struct place p;
    char path[VFS_PATH_MAX + 2];
    memset(path, 'n', sizeof(path));
    path[VFS_NAME_MAX] = 0;
    assert_int_equal(resolve(*state, path, PATH_FOLLOW, &p), 0);
    path[VFS_NAME_MAX] = 'n';
    path[VFS_NAME_MAX + 1] = 0;
    fails(state, path, PATH_FOLLOW, -ENAMETOOLONG);

    memset(path, '/', sizeof(path));
    path[0] = '.';
    path[VFS_PATH_MAX] = 0;
    leads_to(state, path, PATH_FOLLOW, "/start");
    path[VFS_PATH_MAX] = '/';
    path[VFS_PATH_MAX + 1] = 0;
    fails(state, path, PATH_FOLLOW, -ENAMETOOLONG);

    const struct bytes nul = {.data = (const uint8_t *)"file\0", .size = 5};
    assert_int_equal(path_resolve(at(*state, "/start"), nul, PATH_FOLLOW, &p), -EINVAL);
}

static void starts_at_a_directory(void **state)
{
    struct place p;
    assert_int_equal(path_resolve(at(*state, "/start/file"), text("x"), PATH_FOLLOW, &p), -ENOTDIR);
    assert_int_equal(path_resolve(at(*state, "/start/file"), text("."), PATH_FOLLOW, &p), -ENOTDIR);
    assert_int_equal(path_resolve(at(*state, "/start/to_dir"), text("x"), PATH_FOLLOW, &p),
                     -ENOTDIR);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_lead_down),
        TEST(dots_lead_up_to_the_start),
        TEST(nothing_leads_out),
        TEST(symlinks_are_followed_beneath),
        TEST(the_last_symlink_is_as_asked),
        TEST(a_slash_asks_for_a_directory),
        TEST(a_missing_last_name_is_a_place),
        TEST(loops_end),
        TEST(text_has_limits),
        TEST(starts_at_a_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
