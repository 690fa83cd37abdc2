/* SPDX-License-Identifier: Apache-2.0 */
/* A file system as a whole: built from a manifest, opened at its roots, and
 * looked through at the end. Believes neither that the paths in the manifest are
 * normalised nor that they are distinct. */
#include "exec/vfs/path.h"
#include "exec/vfs/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int vfs_new(uint64_t size_max, vfs_load *load, void *load_context, struct vfs **out)
{
    struct vfs *v = calloc(1, sizeof(*v));
    if (v == NULL)
        return -ENOMEM;
    v->size_max = size_max;
    v->load = load;
    v->load_context = load_context;
    v->key = hash_key_new();
    int error = node_new(v, NODE_DIR, &v->root);
    if (error < 0) {
        free(v);
        return error;
    }
    v->root->names = 1;
    *out = v;
    return 0;
}

void vfs_free(struct vfs *v)
{
    if (v == NULL)
        return;
    while (v->nodes != NULL)
        node_free(v->nodes);
    free(v);
}

/* ---- build ---- */

static void set_times(struct node *n, uint64_t mtime_ns)
{
    n->atime_ns = n->mtime_ns = n->ctime_ns = mtime_ns;
}

/* Names in a manifest mean what they say: no "." nor "..", no NUL. */
static int check_name(struct bytes name)
{
    if (name.size > VFS_NAME_MAX)
        return -ENAMETOOLONG;
    if (memchr(name.data, 0, name.size) != NULL)
        return -EINVAL;
    return path_is_dot(name) || path_is_dots(name) ? -EINVAL : 0;
}

static int add(struct node *dir, struct bytes name, struct node *n)
{
    int error = dir_add(dir, name, n, true);
    if (error < 0)
        node_drop(n);
    return error;
}

/* Directory `*dir`/`name`, made if it is missing. */
static int descend_making(struct node **dir, struct bytes name, uint64_t mtime_ns)
{
    struct node *n = dir_find(*dir, name);
    int error = check_name(name);
    if (error == 0 && n == NULL) {
        error = node_new((*dir)->vfs, NODE_DIR, &n);
        if (error == 0) {
            set_times(n, mtime_ns);
            error = add(*dir, name, n);
        }
    }
    if (error < 0)
        return error;
    *dir = n;
    return node_is_dir(n) ? 0 : -ENOTDIR;
}

int vfs_add_dir(struct vfs *v, struct bytes path, uint64_t mtime_ns)
{
    struct node *dir = v->root;
    for (struct bytes name = path_next(&path); name.size > 0; name = path_next(&path)) {
        int error = descend_making(&dir, name, mtime_ns);
        if (error < 0)
            return error;
    }
    set_times(dir, mtime_ns);
    return 0;
}

/* The node at `path`, which follows no symlinks; null if there is none. */
static struct node *find(const struct vfs *v, struct bytes path)
{
    struct node *n = v->root;
    for (struct bytes name = path_next(&path); name.size > 0; name = path_next(&path)) {
        if (!node_is_dir(n))
            return NULL;
        n = dir_find(n, name);
        if (n == NULL)
            return NULL;
    }
    return n;
}

/* Adds new node `n`, or drops it. */
static int add_at(struct vfs *v, struct bytes path, struct node *n)
{
    struct bytes above = path;
    while (above.size > 0 && above.data[above.size - 1] != '/')
        above.size--;
    struct bytes name = {.data = path.data + above.size, .size = path.size - above.size};
    struct node *dir = find(v, above);
    int error = name.size == 0 ? -EEXIST : check_name(name);
    if (error == 0 && (dir == NULL || !node_is_dir(dir)))
        error = dir == NULL ? -ENOENT : -ENOTDIR;
    if (error == 0 && dir_find(dir, name) != NULL)
        error = -EEXIST;
    if (error < 0) {
        node_drop(n);
        return error;
    }
    return add(dir, name, n);
}

int vfs_add_symlink(struct vfs *v, struct bytes path, struct bytes target, uint64_t mtime_ns)
{
    if (target.size == 0 || target.size > VFS_PATH_MAX)
        return target.size == 0 ? -EINVAL : -ENAMETOOLONG;
    struct node *n;
    int error = node_new_symlink(v, target, &n);
    if (error < 0)
        return error;
    set_times(n, mtime_ns);
    return add_at(v, path, n);
}

int vfs_add_file(struct vfs *v, struct bytes path, uint64_t size, uint64_t mtime_ns, size_t index)
{
    struct node *n;
    int error = vfs_take_room(v, size);
    if (error < 0)
        return error;
    error = node_new(v, NODE_FILE, &n);
    if (error < 0) {
        vfs_give_room(v, size);
        return error;
    }
    n->file.content.size = size;
    n->file.index = index;
    n->file.state = size > 0 ? FILE_TO_LOAD : FILE_HERE;
    set_times(n, mtime_ns);
    return add_at(v, path, n);
}

/* ---- roots ---- */

static int mark(void *context, struct node *n, struct bytes path)
{
    const struct node *root = context;
    (void)path;
    if (n->is_root)
        return TREE_SKIP; /* and decides for what is below */
    n->read_only = root->read_only;
    return 0;
}

int vfs_open_root(struct vfs *v, struct bytes path, bool read_only, struct node **out)
{
    struct node *root = find(v, path);
    if (root == NULL)
        return -ENOENT;
    if (!node_is_dir(root))
        return -ENOTDIR;
    root->read_only = read_only || (root->is_root && root->read_only);
    root->is_root = true;
    int error = tree_visit(root, mark, root);
    if (error < 0)
        return error;
    for (struct node *n = root; n != NULL; n = n->dir.parent)
        n->pinned = true;
    *out = node_hold(root);
    return 0;
}

/* ---- the end ---- */

static bool is_changed(const struct node *n)
{
    if (!node_is_dir(n))
        return n->changed;
    return n->changed || n->dir.names.lost > 0 || n->dir.names.added > 0;
}

static int stop_at_change(void *context, struct node *n, struct bytes path)
{
    (void)context;
    (void)path;
    return is_changed(n) ? -ECANCELED : 0;
}

bool vfs_changed(struct vfs *v, struct bytes path)
{
    struct node *n = find(v, path);
    if (n == NULL || is_changed(n))
        return true;
    /* Short of memory to look, the answer is the one that loses nothing. */
    return node_is_dir(n) && tree_visit(n, stop_at_change, NULL) < 0;
}

struct walk {
    int (*visit)(void *context, const struct vfs_entry *entry);
    void *context;
};

static int tell(void *context, struct node *n, struct bytes path)
{
    const struct walk *w = context;
    struct vfs_entry entry = {
        .name = path,
        .type = n->type,
        .size = node_stat(n).size,
        .mtime_ns = n->mtime_ns,
    };
    int error = n->type == NODE_FILE ? file_load(n) : 0;
    if (error < 0)
        return error;
    if (n->type == NODE_FILE)
        entry.data = n->file.content.data;
    if (n->type == NODE_SYMLINK)
        entry.data = n->target.data;
    int result = w->visit(w->context, &entry);
    return result < 0 ? result : 0;
}

int vfs_walk(struct vfs *v, struct bytes path,
             int (*visit)(void *context, const struct vfs_entry *entry), void *context)
{
    struct node *top = find(v, path);
    if (top == NULL)
        return -ENOENT;
    if (!node_is_dir(top))
        return -ENOTDIR;
    struct walk w = {.visit = visit, .context = context};
    return tree_visit(top, tell, &w);
}
