/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: which node has which name, accounted for; see node.h. */
#include "exec/vfs/node.h"

#include <errno.h>

struct node *dir_find(const struct node *dir, struct bytes text)
{
    const struct name *name = names_find(&dir->dir.names, &dir->vfs->key, text);
    return name == NULL ? NULL : name->node;
}

/* Directory `dir` has a name for `n` now. */
static void attach(struct node *dir, struct node *n)
{
    n->names++;
    n->vfs->name_count++;
    if (n->type == NODE_DIR) {
        n->dir.parent = dir;
        dir->dir.subdirs++;
    }
}

/* Directory `dir` has one name less for `n`. A directory that was renamed already
 * has its new parent. */
static void detach(struct node *dir, struct node *n)
{
    n->names--;
    n->vfs->name_count--;
    if (n->type == NODE_DIR) {
        dir->dir.subdirs--;
        if (n->names == 0)
            n->dir.parent = NULL;
    }
    node_drop(n);
}

int dir_add(struct node *dir, struct bytes text, struct node *n, bool built)
{
    struct vfs *v = dir->vfs;
    if (v->name_count >= VFS_NODES_MAX)
        return -ENOSPC;
    int error = vfs_take_room(v, text.size);
    if (error < 0)
        return error;
    error = names_add(&dir->dir.names, &v->key, text, n, built);
    if (error < 0) {
        vfs_give_room(v, text.size);
        return error;
    }
    attach(dir, n);
    return 0;
}

void dir_remove(struct node *dir, struct bytes text)
{
    struct name *name = names_find(&dir->dir.names, &dir->vfs->key, text);
    struct node *n = name->node;
    names_remove(&dir->dir.names, name);
    vfs_give_room(dir->vfs, text.size);
    detach(dir, n);
}

static void replace(struct node *dir, struct name *name, struct node *n)
{
    struct node *old = name->node;
    names_replace(&dir->dir.names, name, n);
    attach(dir, n);
    detach(dir, old);
}

/* A rename needs room for the difference only, so it works when all is full. */
static int add_instead(struct node *dir, struct bytes text, struct node *n, struct bytes before)
{
    struct vfs *v = dir->vfs;
    if (text.size > before.size && text.size - before.size > v->size_max - v->size)
        return -ENOSPC;
    int error = names_add(&dir->dir.names, &v->key, text, n, false);
    if (error < 0)
        return error;
    v->size += text.size;
    attach(dir, n);
    return 0;
}

int dir_move(struct node *from_dir, struct bytes from, struct node *to_dir, struct bytes to)
{
    struct node *n = dir_find(from_dir, from);
    if (n == NULL)
        return -ENOENT;
    struct name *there = names_find(&to_dir->dir.names, &to_dir->vfs->key, to);
    if (there != NULL) {
        replace(to_dir, there, n);
    } else {
        int error = add_instead(to_dir, to, n, from);
        if (error < 0)
            return error;
    }
    dir_remove(from_dir, from);
    return 0;
}

int node_readdir(const struct node *dir, uint64_t cookie, struct node_entry *out)
{
    if (dir->type != NODE_DIR)
        return -ENOTDIR;
    if (cookie < 2) {
        *out = (struct node_entry){
            .name = bytes_of_text(cookie == 0 ? "." : ".."),
            .ino = dir->ino,
            .type = NODE_DIR,
            .next = cookie + 1,
        };
        return 1;
    }
    const struct name *name = names_next(&dir->dir.names, cookie - 2);
    if (name == NULL)
        return 0;
    *out = (struct node_entry){
        .name = {.data = name->text, .size = name->size},
        .ino = name->node->ino,
        .type = name->node->type,
        .next = name->cookie + 3,
    };
    return 1;
}
