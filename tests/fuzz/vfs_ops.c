/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of operations: bytes choose an operation, where it starts, its paths
 * and numbers. After each one every count is checked against a count made
 * anew, and what lies below the read-only root must be as it was. */
/* links: exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/path.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_OF_ALL 200000u
#define SLOTS           4u

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const char *const paths[] = {
    "a",     "b",   "c",      "a/a",    "a/b",   "b/a",  "a/a/a",      "a/b/c",
    "l",     "l/a", "a/l",    "..",     "../ro", "a/..", "a/../b",     "ro/file",
    "file",  "big", "rw/big", "ro/dir", "rw/a",  "rw",   "ro",         ".",
    "ro/in", "a/",  "b/.",    "",       "/rw/a", "l/",   "ro/in/file", "rw/l",
};

struct world {
    struct vfs *vfs;
    struct node *roots[3];    /* everything, read only, writable */
    struct node *held[SLOTS]; /* or null */
    struct cur input;
};

static int load(void *context, size_t index, void *to, size_t size)
{
    (void)context;
    memset(to, (int)index, size);
    return index == 'x' ? -EBADMSG : 0;
}

static void build(struct world *w)
{
    static const char *const roots[] = {"/", "/ro", "/rw"};
    check(vfs_new(SIZE_MAX_OF_ALL, load, NULL, &w->vfs) == 0);
    check(vfs_add_dir(w->vfs, bytes_of_text("/ro/dir"), 1) == 0);
    check(vfs_add_dir(w->vfs, bytes_of_text("/ro/in"), 1) == 0);
    check(vfs_add_dir(w->vfs, bytes_of_text("/rw"), 1) == 0);
    check(vfs_add_file(w->vfs, bytes_of_text("/ro/file"), 9, 1, 'f') == 0);
    check(vfs_add_file(w->vfs, bytes_of_text("/ro/in/file"), 9, 1, 'g') == 0);
    check(vfs_add_file(w->vfs, bytes_of_text("/rw/file"), 9, 1, 'x') == 0);
    check(vfs_add_file(w->vfs, bytes_of_text("/rw/big"), 70000, 1, 'b') == 0);
    check(vfs_add_symlink(w->vfs, bytes_of_text("/rw/l"), bytes_of_text("../ro"), 1) == 0);
    for (size_t i = 0; i < ARRAY_COUNT(roots); i++)
        check(vfs_open_root(w->vfs, bytes_of_text(roots[i]), i == 1, &w->roots[i]) == 0);
}

/* ---- what must hold ---- */

/* What is found by walking, counted anew. */
struct tally {
    uint64_t name_bytes;
    size_t names;
    const struct node *nodes[4096]; /* one for each name */
};

static void count_dir(struct tally *t, const struct node *dir)
{
    uint64_t subdirs = 0;
    size_t count = 0;
    uint64_t cookie = 0;
    const struct name *name;
    while ((name = names_next(&dir->dir.names, cookie)) != NULL) {
        check(name->cookie >= cookie && t->names < ARRAY_COUNT(t->nodes));
        cookie = name->cookie + 1;
        t->nodes[t->names++] = name->node;
        t->name_bytes += name->size;
        count++;
        check(dir_find(dir, (struct bytes){.data = name->text, .size = name->size}) == name->node);
        if (!node_is_dir(name->node))
            continue;
        subdirs++;
        check(name->node->dir.parent == dir && name->node->names == 1);
        count_dir(t, name->node);
    }
    check(dir->dir.names.count == count && dir->dir.subdirs == subdirs);
}

static size_t occurrences(const struct tally *t, const struct node *n)
{
    size_t count = 0;
    for (size_t i = 0; i < t->names; i++)
        count += t->nodes[i] == n;
    return count;
}

static uint64_t check_node(const struct tally *t, const struct node *n)
{
    const struct vfs *v = n->vfs;
    check(n->names == occurrences(t, n) + (n == v->root));
    check(n->names > 0 || n->held > 0);
    if (n->type == NODE_SYMLINK)
        return n->target.size;
    if (n->type == NODE_DIR) {
        check(n->names > 0 || n->dir.names.count == 0);
        return 0;
    }
    const struct content *c = &n->file.content;
    check(n->file.state != FILE_HERE || c->size <= c->capacity);
    for (uint64_t i = c->size; i < c->capacity && n->file.state == FILE_HERE; i++)
        check(c->data[i] == 0);
    return c->size;
}

static void check_counts(const struct vfs *v)
{
    static struct tally tally;
    tally.names = 0;
    tally.name_bytes = 0;
    count_dir(&tally, v->root);
    uint64_t size = tally.name_bytes;
    size_t nodes = 0;
    for (const struct node *n = v->nodes; n != NULL; n = n->later) {
        check(n->later == NULL || n->later->earlier == n);
        size += check_node(&tally, n);
        nodes++;
    }
    check(v->node_count == nodes && v->name_count == tally.names);
    check(v->size == size && size <= v->size_max);
}

static void check_read_only(const struct world *w)
{
    static const char *const kept[] = {".", "dir", "in", "file", "in/file"};
    check(!vfs_changed(w->vfs, bytes_of_text("/ro")));
    for (size_t i = 0; i < ARRAY_COUNT(kept); i++) {
        struct node *n;
        check(vfs_lookup(w->roots[1], bytes_of_text(kept[i]), false, &n) == 0);
        const struct node_stat s = node_stat(n);
        check(n->read_only && s.mtime_ns == 1 && s.ctime_ns == 1 && s.atime_ns == 1);
        check(s.type == NODE_DIR || (s.nlink == 1 && s.size == 9));
        node_release(n);
    }
}

/* ---- operations ---- */

static struct node *take_start(struct world *w)
{
    const unsigned i = cur_u8(&w->input) % (3 + SLOTS);
    if (i < 3)
        return w->roots[i];
    return w->held[i - 3] != NULL ? w->held[i - 3] : w->roots[2];
}

static struct bytes take_path(struct world *w)
{
    return bytes_of_text(paths[cur_u8(&w->input) % ARRAY_COUNT(paths)]);
}

static void keep(struct world *w, int error, struct node *n)
{
    if (error < 0)
        return;
    struct node **slot = &w->held[cur_u8(&w->input) % SLOTS];
    node_release(*slot);
    *slot = n;
}

static void write_and_read(struct node *n, uint8_t count, uint64_t offset)
{
    uint8_t data[256];
    uint8_t back[256];
    memset(data, count | 1, sizeof(data));
    const uint64_t before = node_stat(n).size;
    const int64_t written = node_write(n, data, count, offset);
    if (written <= 0)
        return;
    check(!n->read_only && node_read(n, back, (size_t)written, offset) == written);
    check(memcmp(data, back, (size_t)written) == 0);
    if (before < offset && offset <= before + sizeof(back)) {
        check(node_read(n, back, offset - before, before) == (int64_t)(offset - before));
        for (uint64_t i = 0; i < offset - before; i++)
            check(back[i] == 0);
    }
}

static void read_all(const struct node *dir)
{
    struct node_entry entry = {0};
    size_t count = 0;
    while (node_readdir(dir, entry.next, &entry) == 1)
        count++;
    check(!node_is_dir(dir) || count == dir->dir.names.count + 2);
}

static int ignore(void *context, const struct vfs_entry *entry)
{
    (void)context;
    check(entry->name.size > 0);
    return 0;
}

enum op {
    OPEN,
    LOOKUP,
    MKDIR,
    RMDIR,
    UNLINK,
    SYMLINK,
    LINK,
    RENAME,
    READLINK,
    WRITE,
    TRUNCATE,
    ALLOCATE,
    SET_TIMES,
    READ_DIR,
    WALK,
    OP_COUNT,
};

/* With a second path, or with a node to keep. */
static int two_places(struct world *w, enum op op, struct node *start, struct bytes path)
{
    const uint8_t how = cur_u8(&w->input);
    struct node *n = NULL;
    if (op == OPEN || op == LOOKUP) {
        int error =
            op == OPEN ? vfs_open(start, path, how, &n) : vfs_lookup(start, path, how & 1, &n);
        keep(w, error, n);
        return error;
    }
    struct node *to_start = take_start(w);
    const struct bytes to = take_path(w);
    if (op == LINK)
        return vfs_link(start, path, how & 1, to_start, to);
    return op == RENAME ? vfs_rename(start, path, to_start, to) : vfs_symlink(to, start, path);
}

static int one_place(struct world *w, enum op op)
{
    struct node *start = take_start(w);
    const struct bytes path = take_path(w);
    struct bytes target;
    switch (op) {
    case MKDIR:
        return vfs_mkdir(start, path);
    case RMDIR:
        return vfs_rmdir(start, path);
    case UNLINK:
        return vfs_unlink(start, path);
    case READLINK:
        return vfs_readlink(start, path, &target);
    case WALK:
        return vfs_walk(w->vfs, path, ignore, NULL);
    default:
        return two_places(w, op, start, path);
    }
}

static int open_node(struct world *w, enum op op)
{
    struct node *n = take_start(w);
    const uint8_t count = cur_u8(&w->input);
    const uint64_t offset = (uint64_t)cur_u8(&w->input) * cur_u8(&w->input) * 4;
    switch (op) {
    case WRITE:
        write_and_read(n, count, offset);
        return 0;
    case TRUNCATE:
        return node_truncate(n, offset);
    case ALLOCATE:
        return node_allocate(n, offset, count);
    case SET_TIMES:
        return node_set_times(n, &offset, count & 1 ? &offset : NULL);
    default:
        read_all(n);
        return 0;
    }
}

static void step(struct world *w)
{
    const enum op op = cur_u8(&w->input) % OP_COUNT;
    const int result = op >= WRITE && op <= READ_DIR ? open_node(w, op) : one_place(w, op);
    check(result <= 0);
    check_counts(w->vfs);
    check_read_only(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.input = cur_init((struct bytes){.data = data, .size = size})};
    build(&w);
    while (cur_left(&w.input) > 0)
        step(&w);
    for (size_t i = 0; i < SLOTS; i++)
        node_release(w.held[i]);
    check_counts(w.vfs);
    for (size_t i = 0; i < ARRAY_COUNT(w.roots); i++)
        node_release(w.roots[i]);
    vfs_free(w.vfs);
    return 0;
}
