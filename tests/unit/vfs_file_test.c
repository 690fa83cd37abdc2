/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of files: read, written, cut, grown, limited, and loaded once. */
/* links: exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/vfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SIZE_MAX_OF_ALL (1u << 20)

struct world {
    struct vfs *vfs;
    struct node *root;
    struct node *file;
    unsigned loads;
    int load_result;
};

static struct bytes text(const char *t) { return bytes_of_text(t); }

/* Content of file i: the bytes i, i + 1, ... */
static int load(void *context, size_t index, void *to, size_t size)
{
    struct world *w = context;
    uint8_t *bytes = to;
    w->loads++;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(index + i);
    return w->load_result;
}

static struct node *open_at(struct world *w, const char *path, unsigned how)
{
    struct node *n = NULL;
    assert_int_equal(vfs_open(w->root, text(path), how, &n), 0);
    return n;
}

/* `file` is new and empty, /loaded has 1000 bytes of the host's. */
static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    assert_int_equal(vfs_new(SIZE_MAX_OF_ALL, load, &world, &world.vfs), 0);
    assert_int_equal(vfs_add_file(world.vfs, text("/loaded"), 1000, 77, 5), 0);
    assert_int_equal(vfs_open_root(world.vfs, text("/"), false, &world.root), 0);
    world.file = open_at(&world, "f", VFS_CREATE);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    node_release(w->file);
    node_release(w->root);
    vfs_free(w->vfs);
    return 0;
}

static void assert_content(struct node *n, const char *expected, size_t size)
{
    char got[64];
    assert_int_equal(node_stat(n).size, size);
    assert_int_equal(node_read(n, got, sizeof(got), 0), size);
    assert_memory_equal(got, expected, size);
}

static void reads_what_was_written(void **state)
{
    struct world *w = *state;
    char got[8] = {0};
    assert_int_equal(node_read(w->file, got, 8, 0), 0);
    assert_int_equal(node_write(w->file, "hello", 5, 0), 5);
    assert_int_equal(node_write(w->file, "LL", 2, 2), 2);
    assert_content(w->file, "heLLo", 5);
    assert_int_equal(node_read(w->file, got, 2, 3), 2);
    assert_memory_equal(got, "Lo", 2);
    assert_int_equal(node_read(w->file, got, 2, 4), 1);
    assert_int_equal(node_read(w->file, got, 2, 5), 0);
    assert_int_equal(node_read(w->file, got, 2, UINT64_MAX), 0);
    assert_int_equal(node_read(w->file, NULL, 0, 0), 0);
}

static void gaps_are_zero(void **state)
{
    struct world *w = *state;
    assert_int_equal(node_write(w->file, "ab", 2, 0), 2);
    assert_int_equal(node_write(w->file, "z", 1, 6), 1);
    assert_content(w->file, "ab\0\0\0\0z", 7);
    assert_int_equal(node_truncate(w->file, 1), 0);
    assert_int_equal(node_truncate(w->file, 4), 0);
    assert_content(w->file, "a\0\0\0", 4);
    assert_int_equal(node_allocate(w->file, 4, 2), 0);
    assert_int_equal(node_allocate(w->file, 0, 2), 0);
    assert_content(w->file, "a\0\0\0\0\0", 6);
    assert_int_equal(node_allocate(w->file, 0, 0), -EINVAL);
}

static void an_empty_write_changes_nothing(void **state)
{
    struct world *w = *state;
    const uint64_t before = node_stat(w->file).mtime_ns;
    assert_int_equal(node_write(w->file, NULL, 0, 100), 0);
    assert_int_equal(node_stat(w->file).size, 0);
    assert_true(node_stat(w->file).mtime_ns == before);
}

static void writing_moves_times_and_reading_none(void **state)
{
    struct world *w = *state;
    const uint64_t past = 1000;
    char got[4];
    assert_int_equal(node_set_times(w->file, &past, &past), 0);
    assert_int_equal(node_write(w->file, "x", 1, 0), 1);
    assert_true(node_stat(w->file).mtime_ns > past);
    assert_true(node_stat(w->file).ctime_ns >= node_stat(w->file).mtime_ns);
    assert_int_equal(node_read(w->file, got, 4, 0), 1);
    assert_int_equal(node_stat(w->file).atime_ns, past);
    assert_int_equal(node_set_times(w->file, NULL, &past), 0);
    assert_int_equal(node_truncate(w->file, 0), 0);
    assert_true(node_stat(w->file).mtime_ns > past);
}

static void the_limit_holds(void **state)
{
    struct world *w = *state;
    static char block[SIZE_MAX_OF_ALL];
    const uint64_t others = 1000 + strlen("loaded") + strlen("f");
    const uint64_t room = SIZE_MAX_OF_ALL - others;
    assert_int_equal(node_truncate(w->file, room + 1), -ENOSPC);
    assert_int_equal(node_allocate(w->file, 1, room), -ENOSPC);
    assert_int_equal(node_stat(w->file).size, 0);
    assert_int_equal(node_write(w->file, block, sizeof(block), 100), room - 100); /* what fits */
    assert_int_equal(node_stat(w->file).size, room);
    assert_int_equal(node_write(w->file, "x", 1, room), -ENOSPC);
    assert_int_equal(node_write(w->file, "xy", 2, room - 1), 1);
    assert_int_equal(node_write(w->file, "x", 1, 0), 1);
    struct node *n;
    assert_int_equal(vfs_open(w->root, text("g"), VFS_CREATE, &n), -ENOSPC);
    assert_int_equal(vfs_symlink(text("t"), w->root, text("g")), -ENOSPC);
    assert_int_equal(vfs_mkdir(w->root, text("g")), -ENOSPC);
    assert_int_equal(vfs_link(w->root, text("f"), false, w->root, text("g")), -ENOSPC);
    assert_int_equal(vfs_rename(w->root, text("f"), w->root, text("fff")), -ENOSPC);
    assert_int_equal(vfs_rename(w->root, text("f"), w->root, text("g")), 0);
    assert_int_equal(node_truncate(w->file, 0), 0);
    assert_int_equal(node_truncate(w->file, room), 0);
}

static void room_comes_back_with_the_last_reference(void **state)
{
    struct world *w = *state;
    struct node *n = open_at(w, "other", VFS_CREATE);
    const uint64_t room = SIZE_MAX_OF_ALL - 1000 - strlen("loaded") - strlen("f");
    assert_int_equal(node_truncate(n, room - strlen("other")), 0);
    assert_int_equal(vfs_unlink(w->root, text("other")), 0);
    assert_int_equal(node_truncate(w->file, 6), -ENOSPC);
    assert_int_equal(node_truncate(w->file, 5), 0); /* that of the name */
    node_release(n);
    assert_int_equal(node_truncate(w->file, room), 0);
}

static void offsets_have_a_limit(void **state)
{
    struct world *w = *state;
    assert_int_equal(node_write(w->file, "x", 1, INT64_MAX), -EFBIG);
    assert_int_equal(node_write(w->file, "x", 1, UINT64_MAX), -EFBIG);
    assert_int_equal(node_write(w->file, "x", 1, INT64_MAX - 1), -ENOSPC);
    assert_int_equal(node_truncate(w->file, UINT64_MAX), -EFBIG);
    assert_int_equal(node_allocate(w->file, UINT64_MAX, UINT64_MAX), -EFBIG);
    assert_int_equal(node_allocate(w->file, INT64_MAX, 1), -EFBIG);
    assert_int_equal(node_stat(w->file).size, 0);
}

static void only_files_have_content(void **state)
{
    struct world *w = *state;
    struct node *link;
    char got[4];
    assert_int_equal(node_read(w->root, got, 4, 0), -EISDIR);
    assert_int_equal(node_write(w->root, "x", 1, 0), -EISDIR);
    assert_int_equal(node_truncate(w->root, 0), -EISDIR);
    assert_int_equal(node_allocate(w->root, 0, 1), -EISDIR);
    assert_int_equal(vfs_symlink(text("f"), w->root, text("l")), 0);
    assert_int_equal(vfs_lookup(w->root, text("l"), false, &link), 0);
    assert_int_equal(node_read(link, got, 4, 0), -EINVAL);
    assert_int_equal(node_write(link, "x", 1, 0), -EINVAL);
    node_release(link);
}

static void loads_on_first_use(void **state)
{
    struct world *w = *state;
    struct node *n = open_at(w, "loaded", 0);
    uint8_t got[3];
    assert_int_equal(node_stat(n).size, 1000);
    assert_int_equal(node_stat(n).mtime_ns, 77);
    assert_int_equal(w->loads, 0);
    assert_int_equal(node_read(n, got, 3, 100), 3);
    assert_memory_equal(got, ((uint8_t[]){105, 106, 107}), 3);
    assert_int_equal(node_write(n, "x", 1, 101), 1);
    assert_int_equal(node_read(n, got, 3, 100), 3);
    assert_memory_equal(got, ((uint8_t[]){105, 'x', 107}), 3);
    assert_int_equal(w->loads, 1);
    node_release(n);
}

static void loads_before_a_partial_change(void **state)
{
    struct world *w = *state;
    struct node *n = open_at(w, "loaded", 0);
    uint8_t got[3];
    assert_int_equal(node_truncate(n, 2), 0);
    assert_int_equal(w->loads, 1);
    assert_int_equal(node_read(n, got, 3, 0), 2);
    assert_int_equal(got[1], 6);
    node_release(n);
}

static void does_not_load_what_is_thrown_away(void **state)
{
    struct world *w = *state;
    struct node *n = open_at(w, "loaded", VFS_TRUNCATE);
    assert_int_equal(node_stat(n).size, 0);
    assert_int_equal(node_write(n, "new", 3, 0), 3);
    assert_content(n, "new", 3);
    assert_int_equal(w->loads, 0);
    node_release(n);
}

static void a_failed_load_stays_failed(void **state)
{
    struct world *w = *state;
    struct node *n = open_at(w, "loaded", 0);
    char got[3] = {0};
    w->load_result = -EBADMSG;
    assert_int_equal(node_read(n, got, 3, 0), -EBADMSG);
    assert_int_equal(got[0], 0);
    w->load_result = 0;
    assert_int_equal(node_read(n, got, 3, 0), -EBADMSG);
    assert_int_equal(node_write(n, "x", 1, 0), -EBADMSG);
    assert_int_equal(node_truncate(n, 0), -EBADMSG);
    assert_int_equal(node_truncate(n, 10), -EBADMSG);
    assert_int_equal(w->loads, 1);
    node_release(n);
    assert_int_equal(vfs_open(w->root, text("loaded"), VFS_TRUNCATE, &n), -EBADMSG);
    assert_int_equal(vfs_unlink(w->root, text("loaded")), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_was_written),
        TEST(gaps_are_zero),
        TEST(an_empty_write_changes_nothing),
        TEST(writing_moves_times_and_reading_none),
        TEST(the_limit_holds),
        TEST(room_comes_back_with_the_last_reference),
        TEST(offsets_have_a_limit),
        TEST(only_files_have_content),
        TEST(loads_on_first_use),
        TEST(loads_before_a_partial_change),
        TEST(does_not_load_what_is_thrown_away),
        TEST(a_failed_load_stays_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
