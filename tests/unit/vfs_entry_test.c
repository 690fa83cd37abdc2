/* SPDX-License-Identifier: Apache-2.0 */
/* What is done by path: opening, making, linking, moving, removing. Expected
 * values are those of POSIX, and of Linux where POSIX leaves a choice. */
/* links: exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/vfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct vfs *vfs;
    struct node *root;
};

static struct bytes text(const char *t) { return bytes_of_text(t); }

static int set_up(void **state)
{
    static struct world world;
    assert_int_equal(vfs_new(1 << 20, NULL, NULL, &world.vfs), 0);
    assert_int_equal(vfs_open_root(world.vfs, text("/"), false, &world.root), 0);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    node_release(w->root);
    vfs_free(w->vfs);
    return 0;
}

/* ---- shorthand: everything from the root ---- */

static struct node *root_of(void **state) { return ((struct world *)*state)->root; }

static int open_close(void **state, const char *path, unsigned how)
{
    struct node *n;
    int error = vfs_open(root_of(state), text(path), how, &n);
    if (error == 0)
        node_release(n);
    return error;
}

static int make_dir(void **state, const char *path)
{
    return vfs_mkdir(root_of(state), text(path));
}

static int make_file(void **state, const char *path)
{
    return open_close(state, path, VFS_CREATE | VFS_EXCLUSIVE);
}

static int make_symlink(void **state, const char *target, const char *path)
{
    return vfs_symlink(text(target), root_of(state), text(path));
}

static int make_link(void **state, const char *from, const char *to)
{
    return vfs_link(root_of(state), text(from), false, root_of(state), text(to));
}

static int move(void **state, const char *from, const char *to)
{
    return vfs_rename(root_of(state), text(from), root_of(state), text(to));
}

static int remove_dir(void **state, const char *path)
{
    return vfs_rmdir(root_of(state), text(path));
}

static int remove_file(void **state, const char *path)
{
    return vfs_unlink(root_of(state), text(path));
}

static struct node_stat stat_of(void **state, const char *path)
{
    struct node *n;
    assert_int_equal(vfs_lookup(root_of(state), text(path), false, &n), 0);
    struct node_stat s = node_stat(n);
    node_release(n);
    return s;
}

static bool exists(void **state, const char *path)
{
    struct node *n;
    int error = vfs_lookup(root_of(state), text(path), false, &n);
    if (error < 0)
        return false;
    node_release(n);
    return true;
}

/* d/ with file d/f, empty directory e, file f, symlinks to_d, to_f, dangling. */
static void furnish(void **state)
{
    assert_int_equal(make_dir(state, "d"), 0);
    assert_int_equal(make_file(state, "d/f"), 0);
    assert_int_equal(make_dir(state, "e"), 0);
    assert_int_equal(make_file(state, "f"), 0);
    assert_int_equal(make_symlink(state, "d", "to_d"), 0);
    assert_int_equal(make_symlink(state, "f", "to_f"), 0);
    assert_int_equal(make_symlink(state, "nothing", "dangling"), 0);
}

/* ---- open ---- */

static void opens_what_is_there(void **state)
{
    furnish(state);
    assert_int_equal(open_close(state, "f", 0), 0);
    assert_int_equal(open_close(state, "f", VFS_WRITE), 0);
    assert_int_equal(open_close(state, "d", 0), 0);
    assert_int_equal(open_close(state, "d/", VFS_DIRECTORY), 0);
    assert_int_equal(open_close(state, ".", VFS_DIRECTORY), 0);
    assert_int_equal(open_close(state, "nothing", 0), -ENOENT);
    assert_int_equal(open_close(state, "f", VFS_DIRECTORY), -ENOTDIR);
    assert_int_equal(open_close(state, "f/", 0), -ENOTDIR);
    assert_int_equal(open_close(state, "d", VFS_WRITE), -EISDIR);
    assert_int_equal(open_close(state, "d", VFS_TRUNCATE), -EISDIR);
    assert_int_equal(open_close(state, "d", VFS_CREATE), -EISDIR);
}

static void opens_through_symlinks_if_asked(void **state)
{
    furnish(state);
    assert_int_equal(open_close(state, "to_f", 0), -ELOOP);
    assert_int_equal(open_close(state, "to_d", VFS_DIRECTORY), -ELOOP);
    assert_int_equal(open_close(state, "to_d/", VFS_DIRECTORY), 0);
    assert_int_equal(open_close(state, "to_f", VFS_FOLLOW), 0);
    assert_int_equal(open_close(state, "to_d", VFS_FOLLOW | VFS_DIRECTORY), 0);
    assert_int_equal(open_close(state, "dangling", VFS_FOLLOW), -ENOENT);
    assert_int_equal(open_close(state, "dangling", VFS_CREATE), -ELOOP);
    assert_int_equal(open_close(state, "dangling", VFS_CREATE | VFS_FOLLOW), 0);
    assert_true(exists(state, "nothing"));
}

static void creates(void **state)
{
    furnish(state);
    assert_int_equal(open_close(state, "new", VFS_CREATE), 0);
    assert_int_equal(open_close(state, "new", VFS_CREATE), 0);
    assert_int_equal(stat_of(state, "new").type, NODE_FILE);
    assert_int_equal(stat_of(state, "new").nlink, 1);
    assert_int_equal(make_file(state, "new"), -EEXIST);
    assert_int_equal(make_file(state, "d"), -EEXIST);
    assert_int_equal(make_file(state, "dangling"), -EEXIST);
    assert_int_equal(open_close(state, "dangling", VFS_CREATE | VFS_EXCLUSIVE | VFS_FOLLOW),
                     -EEXIST);
    assert_int_equal(open_close(state, "x/", VFS_CREATE), -EISDIR);
    assert_int_equal(open_close(state, "x", VFS_CREATE | VFS_DIRECTORY), -EINVAL);
    assert_int_equal(open_close(state, "nothing/x", VFS_CREATE), -ENOENT);
    assert_int_equal(open_close(state, "f/x", VFS_CREATE), -ENOTDIR);
}

static void truncates(void **state)
{
    struct node *n;
    furnish(state);
    assert_int_equal(vfs_open(root_of(state), text("f"), VFS_WRITE, &n), 0);
    assert_int_equal(node_write(n, "abc", 3, 0), 3);
    assert_int_equal(open_close(state, "f", VFS_CREATE | VFS_EXCLUSIVE | VFS_TRUNCATE), -EEXIST);
    assert_int_equal(stat_of(state, "f").size, 3);
    assert_int_equal(open_close(state, "f", VFS_CREATE | VFS_TRUNCATE), 0);
    assert_int_equal(node_stat(n).size, 0);
    node_release(n);
}

/* ---- make ---- */

static void makes_directories(void **state)
{
    const uint64_t before = stat_of(state, ".").nlink;
    furnish(state);
    assert_int_equal(stat_of(state, ".").nlink, before + 2);
    assert_int_equal(stat_of(state, "d").nlink, 2);
    assert_int_equal(stat_of(state, "d").type, NODE_DIR);
    assert_int_equal(make_dir(state, "d/new/"), 0);
    assert_int_equal(stat_of(state, "d").nlink, 3);
    assert_int_equal(make_dir(state, "d"), -EEXIST);
    assert_int_equal(make_dir(state, "f"), -EEXIST);
    assert_int_equal(make_dir(state, "f/"), -EEXIST);
    assert_int_equal(make_dir(state, "to_d/"), -EEXIST);
    assert_int_equal(make_dir(state, "dangling"), -EEXIST);
    assert_int_equal(make_dir(state, "."), -EEXIST);
    assert_int_equal(make_dir(state, "d/.."), -EEXIST);
    assert_int_equal(make_dir(state, "f/x"), -ENOTDIR);
    assert_int_equal(make_dir(state, "nothing/x"), -ENOENT);
    assert_int_equal(make_dir(state, ".."), -EPERM);
}

static void makes_symlinks(void **state)
{
    struct bytes target;
    furnish(state);
    assert_int_equal(stat_of(state, "to_d").type, NODE_SYMLINK);
    assert_int_equal(stat_of(state, "to_d").size, 1);
    assert_int_equal(vfs_readlink(root_of(state), text("dangling"), &target), 0);
    assert_true(bytes_equal(target, text("nothing")));
    assert_int_equal(vfs_readlink(root_of(state), text("f"), &target), -EINVAL);
    assert_int_equal(vfs_readlink(root_of(state), text("to_d/"), &target), -EINVAL);
    assert_int_equal(vfs_readlink(root_of(state), text("x"), &target), -ENOENT);
    assert_int_equal(make_symlink(state, "x", "f"), -EEXIST);
    assert_int_equal(make_symlink(state, "x", "e/"), -EEXIST);
    assert_int_equal(make_symlink(state, "x", "new/"), -ENOENT);
    assert_int_equal(make_symlink(state, "", "new"), -ENOENT);
    assert_int_equal(make_symlink(state, "/", "new"), -EPERM);
    assert_int_equal(make_symlink(state, "../..", "new"), 0); /* refused when followed */
    assert_int_equal(open_close(state, "new", VFS_FOLLOW), -EPERM);
    char target_text[VFS_PATH_MAX + 2];
    memset(target_text, 'x', sizeof(target_text));
    target_text[VFS_PATH_MAX + 1] = 0;
    assert_int_equal(make_symlink(state, target_text, "long"), -ENAMETOOLONG);
    target_text[VFS_PATH_MAX] = 0;
    assert_int_equal(make_symlink(state, target_text, "long"), 0);
}

static void makes_hard_links(void **state)
{
    furnish(state);
    assert_int_equal(make_link(state, "f", "g"), 0);
    assert_int_equal(stat_of(state, "f").nlink, 2);
    assert_true(stat_of(state, "f").ino == stat_of(state, "g").ino);
    assert_int_equal(remove_file(state, "f"), 0);
    assert_int_equal(stat_of(state, "g").nlink, 1);
    assert_int_equal(make_link(state, "g", "g"), -EEXIST);
    assert_int_equal(make_link(state, "g", "d"), -EEXIST);
    assert_int_equal(make_link(state, "d", "h"), -EPERM);
    assert_int_equal(make_link(state, "g", "h/"), -ENOENT);
    assert_int_equal(make_link(state, "nothing", "h"), -ENOENT);
    assert_int_equal(make_link(state, "g/", "h"), -ENOTDIR);
    assert_int_equal(make_link(state, "dangling", "h"), 0);
    assert_int_equal(stat_of(state, "h").type, NODE_SYMLINK);
    assert_int_equal(make_file(state, "f"), 0);
    struct node *root = root_of(state);
    assert_int_equal(vfs_link(root, text("to_f"), true, root, text("i")), 0);
    assert_int_equal(stat_of(state, "i").type, NODE_FILE);
    assert_int_equal(vfs_link(root, text("h"), true, root, text("j")), -ENOENT);
}

static void times_of_directories_move(void **state)
{
    const uint64_t past = 5;
    struct node *root = root_of(state);
    struct node *f;
    assert_int_equal(node_set_times(root, &past, &past), 0);
    assert_int_equal(make_file(state, "f"), 0);
    assert_true(stat_of(state, ".").mtime_ns > past);
    assert_int_equal(node_set_times(root, NULL, &past), 0);
    assert_int_equal(vfs_lookup(root, text("f"), false, &f), 0);
    assert_int_equal(stat_of(state, ".").mtime_ns, past);
    assert_int_equal(remove_file(state, "f"), 0);
    assert_true(stat_of(state, ".").mtime_ns > past);
    assert_true(node_stat(f).ctime_ns >= stat_of(state, ".").ctime_ns);
    node_release(f);
}

/* ---- remove ---- */

static void removes_directories(void **state)
{
    furnish(state);
    assert_int_equal(remove_dir(state, "d"), -ENOTEMPTY);
    assert_int_equal(remove_dir(state, "f"), -ENOTDIR);
    assert_int_equal(remove_dir(state, "f/"), -ENOTDIR);
    assert_int_equal(remove_dir(state, "to_d/"), -ENOTDIR);
    assert_int_equal(remove_dir(state, "nothing"), -ENOENT);
    assert_int_equal(remove_dir(state, "."), -EINVAL);
    assert_int_equal(remove_dir(state, "e/."), -EINVAL);
    assert_int_equal(remove_dir(state, "e/.."), -ENOTEMPTY);
    assert_int_equal(remove_dir(state, ".."), -EPERM);
    assert_int_equal(remove_dir(state, "e/"), 0);
    assert_false(exists(state, "e"));
    assert_int_equal(stat_of(state, ".").nlink, 3);
}

static void removes_files(void **state)
{
    furnish(state);
    assert_int_equal(remove_file(state, "d"), -EISDIR);
    assert_int_equal(remove_file(state, "d/"), -EISDIR);
    assert_int_equal(remove_file(state, "."), -EISDIR);
    assert_int_equal(remove_file(state, "f/"), -ENOTDIR);
    assert_int_equal(remove_file(state, "to_d/"), -ENOTDIR);
    assert_int_equal(remove_file(state, "nothing"), -ENOENT);
    assert_int_equal(remove_file(state, "to_f"), 0);
    assert_int_equal(remove_file(state, "f"), 0);
    assert_false(exists(state, "f"));
    assert_int_equal(remove_file(state, "f"), -ENOENT);
}

static void open_files_outlive_their_names(void **state)
{
    struct node *n;
    char got[4];
    furnish(state);
    assert_int_equal(vfs_open(root_of(state), text("f"), VFS_WRITE, &n), 0);
    assert_int_equal(node_write(n, "abc", 3, 0), 3);
    assert_int_equal(remove_file(state, "f"), 0);
    assert_int_equal(make_file(state, "f"), 0);
    assert_int_equal(node_stat(n).nlink, 0);
    assert_int_equal(node_read(n, got, 4, 0), 3);
    assert_int_equal(node_write(n, "d", 1, 3), 1);
    assert_true(node_stat(n).ino != stat_of(state, "f").ino);
    assert_int_equal(stat_of(state, "f").size, 0);
    node_release(n);
}

static void a_removed_directory_takes_nothing_in(void **state)
{
    struct node *e;
    struct node *n;
    struct node_entry entry;
    furnish(state);
    assert_int_equal(vfs_open(root_of(state), text("e"), VFS_DIRECTORY, &e), 0);
    assert_int_equal(remove_dir(state, "e"), 0);
    assert_int_equal(node_stat(e).nlink, 0);
    assert_int_equal(vfs_mkdir(e, text("x")), -ENOENT);
    assert_int_equal(vfs_open(e, text("x"), VFS_CREATE, &n), -ENOENT);
    assert_int_equal(vfs_symlink(text("x"), e, text("x")), -ENOENT);
    assert_int_equal(vfs_link(root_of(state), text("f"), false, e, text("x")), -ENOENT);
    assert_int_equal(vfs_rename(root_of(state), text("f"), e, text("x")), -ENOENT);
    assert_int_equal(vfs_lookup(e, text(".."), false, &n), -EPERM);
    assert_int_equal(node_readdir(e, 2, &entry), 0);
    node_release(e);
}

/* ---- rename ---- */

static void renames(void **state)
{
    furnish(state);
    const uint64_t ino = stat_of(state, "f").ino;
    assert_int_equal(move(state, "f", "g"), 0);
    assert_false(exists(state, "f"));
    assert_true(stat_of(state, "g").ino == ino);
    assert_int_equal(move(state, "g", "d/f"), 0); /* over a file */
    assert_true(stat_of(state, "d/f").ino == ino);
    assert_int_equal(move(state, "d/", "e"), 0); /* over an empty directory */
    assert_true(stat_of(state, "e/f").ino == ino);
    assert_false(exists(state, "d"));
    assert_int_equal(stat_of(state, ".").nlink, 3);
    assert_int_equal(move(state, "e", "d/"), 0);
    assert_int_equal(move(state, "to_d", "to_f"), 0); /* symlinks themselves */
    assert_int_equal(stat_of(state, "to_f").size, 1);
    assert_int_equal(move(state, "d/f", "dangling"), 0);
    assert_true(stat_of(state, "dangling").ino == ino);
}

static void refuses_to_rename(void **state)
{
    furnish(state);
    assert_int_equal(move(state, "nothing", "x"), -ENOENT);
    assert_int_equal(move(state, "f", "nothing/x"), -ENOENT);
    assert_int_equal(move(state, "f", "e"), -EISDIR);
    assert_int_equal(move(state, "e", "f"), -ENOTDIR);
    assert_int_equal(move(state, "e", "d"), -ENOTEMPTY);
    assert_int_equal(move(state, "f/", "x"), -ENOTDIR);
    assert_int_equal(move(state, "f", "x/"), -ENOTDIR);
    assert_int_equal(move(state, "f", "d/f/"), -ENOTDIR);
    assert_int_equal(move(state, ".", "x"), -EBUSY);
    assert_int_equal(move(state, "e/..", "x"), -EBUSY);
    assert_int_equal(move(state, "f", "e/."), -EBUSY);
    assert_int_equal(move(state, "..", "x"), -EPERM);
    assert_int_equal(move(state, "f", "../x"), -EPERM);
    assert_true(exists(state, "f"));
}

static void keeps_directories_out_of_themselves(void **state)
{
    furnish(state);
    assert_int_equal(make_dir(state, "d/sub"), 0);
    assert_int_equal(make_dir(state, "d/sub/sub"), 0);
    assert_int_equal(move(state, "d", "d/x"), -EINVAL);
    assert_int_equal(move(state, "d", "d/sub/x"), -EINVAL);
    assert_int_equal(move(state, "d", "d/sub/sub"), -EINVAL);
    assert_int_equal(move(state, "d", "to_d/sub/x"), -EINVAL);
    assert_int_equal(move(state, "d/sub", "d"), -ENOTEMPTY);
    assert_int_equal(move(state, "d/sub/sub", "d/x"), 0);
    assert_int_equal(stat_of(state, "d/sub").nlink, 2);
    assert_int_equal(stat_of(state, "d").nlink, 4);
}

static void renaming_to_itself_is_nothing(void **state)
{
    furnish(state);
    assert_int_equal(make_link(state, "f", "g"), 0);
    assert_int_equal(move(state, "f", "f"), 0);
    assert_int_equal(move(state, "d", "d"), 0);
    assert_int_equal(move(state, "d", "to_d/../d/"), 0);
    assert_int_equal(move(state, "f", "g"), 0);
    assert_int_equal(stat_of(state, "f").nlink, 2);
    assert_true(exists(state, "g"));
}

static void dots_follow_a_moved_directory(void **state)
{
    struct node *e;
    struct node *n;
    furnish(state);
    assert_int_equal(vfs_open(root_of(state), text("e"), VFS_DIRECTORY, &e), 0);
    assert_int_equal(vfs_mkdir(e, text("inner")), 0);
    assert_int_equal(move(state, "e/inner", "d/inner"), 0);
    assert_int_equal(open_close(state, "d/inner/../f", 0), 0);
    assert_int_equal(vfs_lookup(e, text("inner"), false, &n), -ENOENT);
    assert_int_equal(vfs_rename(root_of(state), text("d/inner"), e, text("back")), 0);
    assert_true(exists(state, "e/back"));
    node_release(e);
}

/* ---- read directories ---- */

static void reads_directories(void **state)
{
    static const char *const names[] = {".", "..", "d", "e", "f", "to_d", "to_f", "dangling"};
    struct node_entry entry = {0};
    struct node *f;
    furnish(state);
    const uint64_t ino = node_stat(root_of(state)).ino;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
        assert_true(bytes_equal(entry.name, text(names[i])));
        assert_true(entry.ino == (i < 2 ? ino : stat_of(state, names[i]).ino));
        assert_int_equal(entry.type, i < 2 ? NODE_DIR : stat_of(state, names[i]).type);
    }
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 0);
    assert_int_equal(node_readdir(root_of(state), UINT64_MAX, &entry), 0);
    assert_int_equal(vfs_open(root_of(state), text("f"), 0, &f), 0);
    assert_int_equal(node_readdir(f, 0, &entry), -ENOTDIR);
    node_release(f);
}

static void reading_goes_on_through_changes(void **state)
{
    struct node_entry entry;
    furnish(state);
    assert_int_equal(node_readdir(root_of(state), 2, &entry), 1); /* d */
    assert_int_equal(remove_dir(state, "e"), 0);
    assert_int_equal(move(state, "d", "z"), 0);
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
    assert_true(bytes_equal(entry.name, text("f")));
    assert_int_equal(move(state, "to_f", "to_d"), 0); /* replaced in its place */
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
    assert_true(bytes_equal(entry.name, text("to_d")));
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
    assert_true(bytes_equal(entry.name, text("dangling")));
    assert_int_equal(make_file(state, "new"), 0);
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
    assert_true(bytes_equal(entry.name, text("z")));
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 1);
    assert_true(bytes_equal(entry.name, text("new")));
    assert_int_equal(node_readdir(root_of(state), entry.next, &entry), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_what_is_there),
        TEST(opens_through_symlinks_if_asked),
        TEST(creates),
        TEST(truncates),
        TEST(makes_directories),
        TEST(makes_symlinks),
        TEST(makes_hard_links),
        TEST(times_of_directories_move),
        TEST(removes_directories),
        TEST(removes_files),
        TEST(open_files_outlive_their_names),
        TEST(a_removed_directory_takes_nothing_in),
        TEST(renames),
        TEST(refuses_to_rename),
        TEST(keeps_directories_out_of_themselves),
        TEST(renaming_to_itself_is_nothing),
        TEST(dots_follow_a_moved_directory),
        TEST(reads_directories),
        TEST(reading_goes_on_through_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
