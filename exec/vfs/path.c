/* SPDX-License-Identifier: Apache-2.0 */
/* Where a path leads; see path.h. Nothing above the start can be reached: names
 * lead only down, ".." is refused at the start, and no symlink or path may begin
 * at the root. */
#include "exec/vfs/path.h"

#include <errno.h>
#include <string.h>

/* What is left to walk: of the path, then of the symlinks being followed. */
struct walk {
    struct node *start;
    struct node *at;
    struct bytes rest[VFS_HOPS_MAX + 1];
    size_t depth;
};

static struct bytes skip(struct bytes from, size_t size)
{
    return (struct bytes){.data = from.data + size, .size = from.size - size};
}

static struct bytes skip_slashes(struct bytes from)
{
    while (from.size > 0 && from.data[0] == '/')
        from = skip(from, 1);
    return from;
}

struct bytes path_next(struct bytes *rest)
{
    const struct bytes from = skip_slashes(*rest);
    struct bytes name = from;
    const uint8_t *slash = from.size > 0 ? memchr(from.data, '/', from.size) : NULL;
    if (slash != NULL)
        name.size = (size_t)(slash - from.data);
    *rest = skip(from, name.size);
    return name;
}

bool path_is_dot(struct bytes name) { return bytes_equal(name, bytes_of_text(".")); }

bool path_is_dots(struct bytes name) { return bytes_equal(name, bytes_of_text("..")); }

static struct bytes walk_next(struct walk *w)
{
    for (;;) {
        const struct bytes name = path_next(&w->rest[w->depth]);
        if (name.size > 0 || w->depth == 0)
            return name;
        w->depth--;
    }
}

/* True when no name follows; then also whether a slash does. */
static bool walk_at_end(const struct walk *w, bool *slash)
{
    *slash = false;
    for (size_t i = 0; i <= w->depth; i++) {
        if (skip_slashes(w->rest[i]).size > 0)
            return false;
        *slash |= w->rest[i].size > 0;
    }
    return true;
}

/* What `name` leads to from where the walk is. */
static int look(const struct walk *w, struct bytes name, struct place *out)
{
    *out = (struct place){.name = name, .node = w->at};
    if (path_is_dot(name))
        return 0;
    if (path_is_dots(name)) {
        out->node = w->at->dir.parent;
        return w->at == w->start ? -EPERM : 0;
    }
    if (name.size > VFS_NAME_MAX)
        return -ENAMETOOLONG;
    out->dir = w->at;
    out->node = dir_find(w->at, name);
    return 0;
}

int path_check(struct bytes path)
{
    if (path.size == 0)
        return -ENOENT;
    if (path.size > VFS_PATH_MAX)
        return -ENAMETOOLONG;
    if (memchr(path.data, 0, path.size) != NULL)
        return -EINVAL;
    return path.data[0] == '/' ? -EPERM : 0;
}

static int follow(struct walk *w, struct bytes target, unsigned *hops)
{
    if (++*hops > VFS_HOPS_MAX)
        return -ELOOP;
    int error = path_check(target);
    if (error < 0)
        return error;
    w->rest[++w->depth] = target;
    return 0;
}

static bool is_followed(const struct place *p, bool at_end, enum path_last last)
{
    if (p->node == NULL || p->node->type != NODE_SYMLINK)
        return false;
    return !at_end || last == PATH_FOLLOW || (last == PATH_NOFOLLOW && p->slash);
}

static int walk(struct walk *w, enum path_last last, struct place *out)
{
    for (unsigned hops = 0;;) {
        struct place p;
        int error = look(w, walk_next(w), &p);
        if (error < 0)
            return error;
        const bool at_end = walk_at_end(w, &p.slash);
        if (is_followed(&p, at_end, last)) {
            error = follow(w, p.node->target, &hops);
            if (error < 0)
                return error;
            continue;
        }
        const bool dir_wanted = !at_end || (p.slash && last != PATH_ENTRY);
        if (p.node != NULL && dir_wanted && !node_is_dir(p.node))
            return -ENOTDIR;
        if (at_end) {
            *out = p;
            return 0;
        }
        if (p.node == NULL)
            return -ENOENT;
        w->at = p.node;
    }
}

int path_resolve(struct node *start, struct bytes path, enum path_last last, struct place *out)
{
    int error = path_check(path);
    if (error < 0)
        return error;
    if (!node_is_dir(start))
        return -ENOTDIR;
    struct walk w = {.start = start, .at = start, .rest = {path}};
    return walk(&w, last, out);
}
