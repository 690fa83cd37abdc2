/* SPDX-License-Identifier: Apache-2.0 */
/* The file system as a whole: how it is built, what read-only roots keep, what
 * counts as a change, and what is found at the end. */
/* links: exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/node.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *t) { return bytes_of_text(t); }

static int load(void *context, size_t index, void *to, size_t size)
{
    const int *result = context;
    memset(to, (int)index, size);
    return *result;
}

static int load_result;

/* /ro/dir/file, /ro/inner/file, /rw/file, /rw/link. */
static int set_up(void **state)
{
    struct vfs *v;
    load_result = 0;
    assert_int_equal(vfs_new(1 << 20, load, &load_result, &v), 0);
    assert_int_equal(vfs_add_dir(v, text("/"), 10), 0);
    assert_int_equal(vfs_add_dir(v, text("/ro/dir"), 11), 0);
    assert_int_equal(vfs_add_dir(v, text("/ro/inner"), 12), 0);
    assert_int_equal(vfs_add_dir(v, text("/rw"), 13), 0);
    assert_int_equal(vfs_add_file(v, text("/ro/dir/file"), 3, 14, 'a'), 0);
    assert_int_equal(vfs_add_file(v, text("/ro/inner/file"), 3, 14, 'b'), 0);
    assert_int_equal(vfs_add_file(v, text("/rw/file"), 3, 15, 'c'), 0);
    assert_int_equal(vfs_add_symlink(v, text("/rw/link"), text("../ro/dir/file"), 16), 0);
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    vfs_free(*state);
    return 0;
}

static struct node *root_at(void **state, const char *path, bool read_only)
{
    struct node *n = NULL;
    assert_int_equal(vfs_open_root(*state, text(path), read_only, &n), 0);
    return n;
}

/* ---- build ---- */

static void is_built_as_told(void **state)
{
    struct node *root = root_at(state, "/", false);
    struct node *n;
    assert_int_equal(node_stat(root).mtime_ns, 10);
    assert_int_equal(vfs_lookup(root, text("ro/dir/file"), false, &n), 0);
    assert_int_equal(node_stat(n).mtime_ns, 14);
    assert_int_equal(node_stat(n).size, 3);
    char got[3];
    assert_int_equal(node_read(n, got, 3, 0), 3);
    assert_memory_equal(got, "aaa", 3);
    node_release(n);
    assert_int_equal(vfs_lookup(root, text("rw/link"), true, &n), 0);
    node_release(n);
    assert_int_equal(vfs_lookup(root, text("ro"), false, &n), 0);
    assert_int_equal(node_stat(n).nlink, 4);
    node_release(n);
    node_release(root);
}

static void refuses_a_bad_manifest(void **state)
{
    struct vfs *v = *state;
    char name[VFS_NAME_MAX + 3] = "/";
    memset(name + 1, 'n', VFS_NAME_MAX + 1);
    const struct bytes nul = {.data = (const uint8_t *)"/a\0b", .size = 4};
    assert_int_equal(vfs_add_file(v, text("/rw/file"), 0, 0, 0), -EEXIST);
    assert_int_equal(vfs_add_symlink(v, text("/rw"), text("x"), 0), -EEXIST);
    assert_int_equal(vfs_add_file(v, text("/"), 0, 0, 0), -EEXIST);
    assert_int_equal(vfs_add_file(v, text("/none/file"), 0, 0, 0), -ENOENT);
    assert_int_equal(vfs_add_file(v, text("/rw/file/x"), 0, 0, 0), -ENOTDIR);
    assert_int_equal(vfs_add_dir(v, text("/rw/file"), 0), -ENOTDIR);
    assert_int_equal(vfs_add_dir(v, text("/rw/file/x"), 0), -ENOTDIR);
    assert_int_equal(vfs_add_dir(v, text("/rw/../x"), 0), -EINVAL);
    assert_int_equal(vfs_add_dir(v, text("/."), 0), -EINVAL);
    assert_int_equal(vfs_add_dir(v, nul, 0), -EINVAL);
    assert_int_equal(vfs_add_file(v, text("/rw/.."), 0, 0, 0), -EINVAL);
    assert_int_equal(vfs_add_file(v, nul, 0, 0, 0), -EINVAL);
    assert_int_equal(vfs_add_dir(v, text(name), 0), -ENAMETOOLONG);
    assert_int_equal(vfs_add_file(v, text(name), 0, 0, 0), -ENAMETOOLONG);
    assert_int_equal(vfs_add_symlink(v, text("/l"), text(""), 0), -EINVAL);
    assert_int_equal(vfs_add_file(v, text("/big"), 1 << 20, 0, 0), -ENOSPC);
    assert_int_equal(vfs_add_file(v, text("/big"), UINT64_MAX, 0, 0), -ENOSPC);
    struct node *n;
    assert_int_equal(vfs_open_root(v, text("/none"), false, &n), -ENOENT);
    assert_int_equal(vfs_open_root(v, text("/rw/file"), false, &n), -ENOTDIR);
    assert_false(vfs_changed(v, text("/")));
}

/* ---- read-only roots ---- */

static void assert_kept(struct node *start, const char *dir)
{
    char file[64];
    char new[64];
    struct node *n;
    const uint64_t time = 1;
    snprintf(file, sizeof(file), "%s/file", dir);
    snprintf(new, sizeof(new), "%s/new", dir);
    assert_int_equal(vfs_open(start, text(new), VFS_CREATE, &n), -EROFS);
    assert_int_equal(vfs_open(start, text(file), VFS_WRITE, &n), -EROFS);
    assert_int_equal(vfs_open(start, text(file), VFS_TRUNCATE, &n), -EROFS);
    assert_int_equal(vfs_mkdir(start, text(new)), -EROFS);
    assert_int_equal(vfs_symlink(text("x"), start, text(new)), -EROFS);
    assert_int_equal(vfs_link(start, text(file), false, start, text(new)), -EROFS);
    assert_int_equal(vfs_rename(start, text(file), start, text(new)), -EROFS);
    assert_int_equal(vfs_unlink(start, text(file)), -EROFS);
    assert_int_equal(vfs_open(start, text(file), 0, &n), 0);
    assert_int_equal(node_write(n, "x", 1, 0), -EROFS);
    assert_int_equal(node_truncate(n, 0), -EROFS);
    assert_int_equal(node_allocate(n, 0, 9), -EROFS);
    assert_int_equal(node_set_times(n, &time, NULL), -EROFS);
    node_release(n);
    assert_int_equal(vfs_open(start, text(dir), 0, &n), 0);
    assert_int_equal(node_set_times(n, NULL, &time), -EROFS);
    node_release(n);
}

static void assert_writable(struct node *start, const char *dir)
{
    char path[64];
    struct node *n;
    snprintf(path, sizeof(path), "%s/new", dir);
    assert_int_equal(vfs_open(start, text(path), VFS_CREATE | VFS_WRITE, &n), 0);
    assert_int_equal(node_write(n, "x", 1, 0), 1);
    node_release(n);
    assert_int_equal(vfs_unlink(start, text(path)), 0);
}

static void a_read_only_root_is_kept_on_every_way(void **state)
{
    struct node *all = root_at(state, "/", false);
    struct node *ro = root_at(state, "/ro", true);
    struct node *n;
    assert_kept(ro, "dir");
    assert_kept(all, "ro/dir");
    assert_kept(all, "ro/inner");
    assert_int_equal(vfs_open(all, text("rw/link"), VFS_FOLLOW | VFS_WRITE, &n), -EROFS);
    assert_int_equal(vfs_link(all, text("ro/dir/file"), false, all, text("rw/x")), -EROFS);
    assert_int_equal(vfs_rename(all, text("ro/dir"), all, text("rw/x")), -EROFS);
    assert_int_equal(vfs_rename(all, text("rw/file"), all, text("ro/dir/file")), -EROFS);
    assert_int_equal(vfs_rename(all, text("rw/file"), ro, text("x")), -EROFS);
    assert_int_equal(vfs_link(all, text("rw/file"), false, ro, text("x")), -EROFS);
    assert_int_equal(vfs_rmdir(ro, text("inner")), -ENOTEMPTY);
    assert_writable(all, "rw");
    assert_false(vfs_changed(*state, text("/")));
    node_release(ro);
    node_release(all);
}

static void the_innermost_root_decides(void **state)
{
    for (int turn = 0; turn < 2; turn++) { /* whichever is opened first */
        node_release(root_at(state, turn == 0 ? "/ro/inner" : "/ro", turn == 1));
        node_release(root_at(state, turn == 0 ? "/ro" : "/ro/inner", turn == 0));
        struct node *all = root_at(state, "/", false);
        assert_kept(all, "ro/dir");
        assert_writable(all, "ro/inner");
        assert_writable(all, "rw");
        node_release(all);
        tear_down(state);
        set_up(state);
    }
}

static void of_two_on_one_directory_the_stricter_counts(void **state)
{
    struct node *ro = root_at(state, "/ro", true);
    struct node *rw = root_at(state, "/ro", false);
    assert_ptr_equal(ro, rw);
    assert_kept(rw, "dir");
    node_release(ro);
    node_release(rw);
}

static void roots_stay_where_they_are(void **state)
{
    assert_int_equal(vfs_add_dir(*state, text("/a/b/c"), 1), 0);
    assert_int_equal(vfs_add_dir(*state, text("/a/d"), 1), 0);
    struct node *all = root_at(state, "/", false);
    struct node *c = root_at(state, "/a/b/c", false);
    assert_int_equal(vfs_rmdir(all, text("a/b/c")), -EBUSY);
    assert_int_equal(vfs_rename(all, text("a/b/c"), all, text("x")), -EBUSY);
    assert_int_equal(vfs_rename(all, text("a"), all, text("x")), -EBUSY);
    assert_int_equal(vfs_rename(all, text("a/d"), all, text("a/b/c")), -EBUSY);
    assert_int_equal(vfs_rename(all, text("a/d"), all, text("x")), 0);
    node_release(c);
    node_release(all);
}

/* ---- changes ---- */

static void nothing_changes_by_looking(void **state)
{
    struct node *all = root_at(state, "/", false);
    struct node *n;
    struct node_entry entry;
    char got[3];
    assert_int_equal(vfs_open(all, text("rw/link"), VFS_FOLLOW, &n), 0);
    assert_int_equal(node_read(n, got, 3, 0), 3);
    assert_int_equal(node_write(n, "x", 0, 0), 0);
    node_release(n);
    assert_int_equal(node_readdir(all, 2, &entry), 1);
    assert_int_equal(vfs_open(all, text("rw/temporary"), VFS_CREATE, &n), 0);
    assert_true(vfs_changed(*state, text("/rw")));
    node_release(n);
    assert_int_equal(vfs_unlink(all, text("rw/temporary")), 0);
    assert_int_equal(vfs_rename(all, text("rw/file"), all, text("rw/file")), 0);
    assert_false(vfs_changed(*state, text("/")));
    node_release(all);
}

/* Applies change number `i`; false when there is none. */
static bool change(struct node *all, size_t i)
{
    struct node *file;
    const uint64_t time = 1;
    int64_t result = -1;
    assert_int_equal(vfs_open(all, text("rw/file"), 0, &file), 0);
    switch (i) {
    case 0:
        result = node_write(file, "x", 1, 0) - 1;
        break;
    case 1:
        result = node_truncate(file, 1);
        break;
    case 2:
        result = node_allocate(file, 0, 5);
        break;
    case 3:
        result = node_set_times(file, NULL, &time);
        break;
    case 4:
        result = vfs_unlink(all, text("rw/link"));
        break;
    case 5:
        result = vfs_mkdir(all, text("rw/new"));
        break;
    case 6:
        result = vfs_symlink(text("x"), all, text("rw/new"));
        break;
    case 7:
        result = vfs_link(all, text("rw/file"), false, all, text("rw/new"));
        break;
    case 8:
        result = vfs_rename(all, text("rw/file"), all, text("rw/link"));
        break;
    case 9:
        result = vfs_rename(all, text("rw/file"), all, text("rw/new"));
        break;
    }
    node_release(file);
    assert_true(i == 10 || result == 0);
    return i < 10;
}

static void every_change_is_noticed(void **state)
{
    for (size_t i = 0;; i++) {
        struct node *all = root_at(state, "/", false);
        const bool done = change(all, i);
        assert_int_equal(vfs_changed(*state, text("/")), done);
        assert_int_equal(vfs_changed(*state, text("/rw")), done);
        assert_false(vfs_changed(*state, text("/ro")));
        node_release(all);
        if (!done)
            return;
        tear_down(state);
        set_up(state);
    }
}

static void changes_are_found_at_and_below_a_path(void **state)
{
    struct node *all = root_at(state, "/", false);
    struct node *n;
    assert_int_equal(vfs_open(all, text("ro/dir/file"), VFS_TRUNCATE, &n), 0);
    node_release(n);
    assert_true(vfs_changed(*state, text("/")));
    assert_true(vfs_changed(*state, text("/ro")));
    assert_true(vfs_changed(*state, text("/ro/dir/file")));
    assert_false(vfs_changed(*state, text("/ro/inner")));
    assert_false(vfs_changed(*state, text("/rw/file")));
    assert_true(vfs_changed(*state, text("/gone")));
    assert_true(vfs_changed(*state, text("/rw/file/x")));
    node_release(all);
}

/* ---- the end ---- */

struct seen {
    char text[512];
    int stop_after;
};

static int see(void *context, const struct vfs_entry *e)
{
    struct seen *s = context;
    const size_t at = strlen(s->text);
    snprintf(s->text + at, sizeof(s->text) - at, "%.*s:%d:%.*s:%u;", (int)e->name.size,
             (const char *)e->name.data, (int)e->type, e->data == NULL ? 0 : (int)e->size,
             (const char *)e->data, (unsigned)e->mtime_ns);
    return s->stop_after-- > 0 ? 0 : -EPIPE;
}

static void tells_everything_below(void **state)
{
    struct seen s = {.stop_after = 100};
    assert_int_equal(vfs_add_file(*state, text("/rw/empty"), 0, 17, 'd'), 0);
    assert_int_equal(vfs_walk(*state, text("/"), see, &s), 0);
    assert_string_equal(s.text, "ro:1::11;ro/dir:1::11;ro/dir/file:0:aaa:14;ro/inner:1::12;"
                                "ro/inner/file:0:bbb:14;rw:1::13;rw/file:0:ccc:15;"
                                "rw/link:2:../ro/dir/file:16;rw/empty:0::17;");
    s = (struct seen){.stop_after = 100};
    assert_int_equal(vfs_walk(*state, text("/ro/dir"), see, &s), 0);
    assert_string_equal(s.text, "file:0:aaa:14;");
    assert_int_equal(vfs_walk(*state, text("/none"), see, &s), -ENOENT);
    assert_int_equal(vfs_walk(*state, text("/rw/file"), see, &s), -ENOTDIR);
}

static void stops_when_told_or_failing(void **state)
{
    struct seen s = {.stop_after = 1};
    assert_int_equal(vfs_walk(*state, text("/"), see, &s), -EPIPE);
    load_result = -EBADMSG;
    s = (struct seen){.stop_after = 100};
    assert_int_equal(vfs_walk(*state, text("/"), see, &s), -EBADMSG);
}

/* As deep as a program likes: no recursion, and no path of a host's length. */
static void depth_is_no_danger(void **state)
{
    enum { DEPTH = 20000 };
    struct node *at = root_at(state, "/rw", false);
    for (int i = 0; i < DEPTH; i++) {
        struct node *below;
        assert_int_equal(vfs_mkdir(at, text("d")), 0);
        assert_int_equal(vfs_open(at, text("d"), 0, &below), 0);
        node_release(at);
        at = below;
    }
    struct seen s = {.stop_after = DEPTH + 20};
    assert_int_equal(vfs_walk(*state, text("/"), see, &s), 0);
    assert_int_equal(s.stop_after, 20 - 8);
    assert_true(vfs_changed(*state, text("/rw")));
    node_release(root_at(state, "/", true));
    node_release(at);
}

#define MANY 100000u

static void many_names_are_no_danger(void **state)
{
    (void)state;
    struct vfs *v;
    struct node *root;
    struct node *n;
    char name[16];
    assert_int_equal(vfs_new(1 << 24, NULL, NULL, &v), 0);
    assert_int_equal(vfs_open_root(v, text("/"), false, &root), 0);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(vfs_open(root, text(name), VFS_CREATE, &n), 0);
        node_release(n);
    }
    struct node_entry entry = {0};
    unsigned count = 0;
    while (node_readdir(root, entry.next, &entry) == 1)
        count++;
    assert_int_equal(count, MANY + 2);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(vfs_unlink(root, text(name)), 0);
    }
    assert_false(vfs_changed(v, text("/")));
    node_release(root);
    vfs_free(v);
}

/* Counted on from just below the limits: a million nodes would take long here. */
static void nodes_and_names_are_limited(void **state)
{
    struct vfs *v = *state;
    struct node *root = root_at(state, "/rw", false);
    struct node *n;
    v->node_count = VFS_NODES_MAX - 1;
    assert_int_equal(vfs_open(root, text("a"), VFS_CREATE, &n), 0);
    node_release(n);
    assert_int_equal(vfs_open(root, text("b"), VFS_CREATE, &n), -ENOSPC);
    assert_int_equal(vfs_mkdir(root, text("b")), -ENOSPC);
    assert_int_equal(vfs_symlink(text("x"), root, text("b")), -ENOSPC);
    v->name_count = VFS_NODES_MAX - 1;
    assert_int_equal(vfs_link(root, text("a"), false, root, text("b")), 0);
    assert_int_equal(vfs_link(root, text("a"), false, root, text("c")), -ENOSPC);
    assert_int_equal(vfs_rename(root, text("b"), root, text("c")), 0);
    assert_int_equal(vfs_unlink(root, text("c")), 0);
    assert_int_equal(vfs_unlink(root, text("a")), 0);
    assert_int_equal(vfs_mkdir(root, text("b")), 0);
    node_release(root);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_built_as_told),
        TEST(refuses_a_bad_manifest),
        TEST(a_read_only_root_is_kept_on_every_way),
        TEST(the_innermost_root_decides),
        TEST(of_two_on_one_directory_the_stricter_counts),
        TEST(roots_stay_where_they_are),
        TEST(nothing_changes_by_looking),
        TEST(every_change_is_noticed),
        TEST(changes_are_found_at_and_below_a_path),
        TEST(tells_everything_below),
        TEST(stops_when_told_or_failing),
        TEST(depth_is_no_danger),
        cmocka_unit_test(many_names_are_no_danger),
        TEST(nodes_and_names_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
