/* SPDX-License-Identifier: Apache-2.0 */
/* Path resolution over hostile symlinks: lines of input are the targets of the
 * symlinks in a fixed tree, the rest is the path. Whatever they say, the result
 * lies below the start and is what was asked for. */
/* links: exec/vfs/path.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c */
#include "exec/vfs/path.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* /s is the start; /o and whatever is in it is out of reach. */
static const char *const dirs[] = {"/s/a/b/c", "/s/d", "/o/a"};
static const char *const files[] = {"/s/f", "/s/a/f", "/s/a/b/f", "/o/f", "/o/a/f"};
static const char *const links[] = {"/s/l", "/s/m", "/s/a/l", "/s/a/m", "/s/a/b/l", "/s/d/l"};

static struct vfs *build(struct bytes *rest)
{
    struct vfs *v;
    check(vfs_new(1 << 20, NULL, NULL, &v) == 0);
    for (size_t i = 0; i < ARRAY_COUNT(dirs); i++)
        check(vfs_add_dir(v, bytes_of_text(dirs[i]), 1) == 0);
    for (size_t i = 0; i < ARRAY_COUNT(files); i++)
        check(vfs_add_file(v, bytes_of_text(files[i]), 0, 1, 0) == 0);
    for (size_t i = 0; i < ARRAY_COUNT(links); i++) {
        const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
        if (end == NULL)
            break;
        const struct bytes target = {.data = rest->data, .size = (size_t)(end - rest->data)};
        *rest = (struct bytes){.data = end + 1, .size = rest->size - target.size - 1};
        int error = vfs_add_symlink(v, bytes_of_text(links[i]), target, 1);
        check(error == 0 || error == -EINVAL || error == -ENAMETOOLONG);
    }
    return v;
}

static struct node *at(const struct vfs *v, const char *path)
{
    struct bytes rest = bytes_of_text(path);
    struct node *n = v->root;
    for (struct bytes name = path_next(&rest); name.size > 0; name = path_next(&rest))
        n = dir_find(n, name);
    return n;
}

/* Is there a way down from `top` to `n`, which may be a file? */
static bool is_below(const struct node *top, const struct node *n)
{
    if (n == top)
        return true;
    for (uint64_t cookie = 0;;) {
        const struct name *name = names_next(&top->dir.names, cookie);
        if (name == NULL)
            return false;
        if (node_is_dir(name->node) ? is_below(name->node, n) : name->node == n)
            return true;
        cookie = name->cookie + 1;
    }
}

static bool is_known(int error)
{
    return error == -EPERM || error == -ENOENT || error == -ENOTDIR || error == -ELOOP ||
           error == -ENAMETOOLONG || error == -EINVAL;
}

static void check_place(const struct node *start, const struct place *p, enum path_last last)
{
    check(p->node != NULL || p->dir != NULL);
    if (p->node != NULL)
        check(is_below(start, p->node));
    if (p->dir != NULL) {
        check(is_below(start, p->dir));
        check(p->name.size > 0 && p->name.size <= VFS_NAME_MAX);
        check(memchr(p->name.data, '/', p->name.size) == NULL);
        check(dir_find(p->dir, p->name) == p->node);
    }
    if (p->node == NULL || last == PATH_ENTRY)
        return;
    check(last == PATH_NOFOLLOW || p->node->type != NODE_SYMLINK);
    check(!p->slash || node_is_dir(p->node));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes path = {.data = data, .size = size};
    struct vfs *v = build(&path);
    static const char *const starts[] = {"/s", "/s/a", "/s/f"};
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++) {
        struct node *start = at(v, starts[i]);
        for (enum path_last last = PATH_FOLLOW; last <= PATH_ENTRY; last++) {
            struct place p;
            int error = path_resolve(start, path, last, &p);
            if (error == 0)
                check_place(start, &p, last);
            else
                check(is_known(error));
        }
    }
    vfs_free(v);
    return 0;
}
