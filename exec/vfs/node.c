/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes: their life and times; see node.h. */
#include "exec/vfs/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t vfs_now(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int vfs_take_room(struct vfs *v, uint64_t size)
{
    if (size > v->size_max - v->size)
        return -ENOSPC;
    v->size += size;
    return 0;
}

void vfs_give_room(struct vfs *v, uint64_t size) { v->size -= size; }

/* ---- life ---- */

int node_new(struct vfs *v, enum node_type type, struct node **out)
{
    if (v->node_count >= VFS_NODES_MAX)
        return -ENOSPC;
    struct node *n = calloc(1, sizeof(*n));
    if (n == NULL)
        return -ENOMEM;
    const uint64_t now = vfs_now();
    n->vfs = v;
    n->type = type;
    n->ino = ++v->last_ino;
    n->atime_ns = n->mtime_ns = n->ctime_ns = now;
    n->later = v->nodes;
    if (n->later != NULL)
        n->later->earlier = n;
    v->nodes = n;
    v->node_count++;
    *out = n;
    return 0;
}

int node_new_symlink(struct vfs *v, struct bytes target, struct node **out)
{
    int error = vfs_take_room(v, target.size);
    if (error < 0)
        return error;
    uint8_t *copy = malloc(target.size);
    error = copy == NULL ? -ENOMEM : node_new(v, NODE_SYMLINK, out);
    if (error < 0) {
        free(copy);
        vfs_give_room(v, target.size);
        return error;
    }
    memcpy(copy, target.data, target.size);
    (*out)->target = (struct bytes){.data = copy, .size = target.size};
    return 0;
}

static void fini(struct node *n)
{
    switch (n->type) {
    case NODE_FILE:
        vfs_give_room(n->vfs, n->file.content.size);
        content_fini(&n->file.content);
        break;
    case NODE_DIR:
        names_fini(&n->dir.names);
        break;
    case NODE_SYMLINK:
        vfs_give_room(n->vfs, n->target.size);
        free((void *)n->target.data);
        break;
    }
}

void node_free(struct node *n)
{
    struct vfs *v = n->vfs;
    fini(n);
    if (n->earlier != NULL)
        n->earlier->later = n->later;
    else
        v->nodes = n->later;
    if (n->later != NULL)
        n->later->earlier = n->earlier;
    v->node_count--;
    free(n);
}

void node_drop(struct node *n)
{
    if (n->held == 0 && n->names == 0)
        node_free(n);
}

struct node *node_hold(struct node *n)
{
    n->held++;
    return n;
}

void node_release(struct node *n)
{
    if (n == NULL)
        return;
    n->held--;
    node_drop(n);
}

/* ---- metadata ---- */

bool node_is_dir(const struct node *n) { return n->type == NODE_DIR; }

static uint64_t node_size(const struct node *n)
{
    switch (n->type) {
    case NODE_FILE:
        return n->file.content.size;
    case NODE_SYMLINK:
        return n->target.size;
    default:
        return 0;
    }
}

struct node_stat node_stat(const struct node *n)
{
    const bool is_dir = node_is_dir(n) && n->names > 0;
    return (struct node_stat){
        .ino = n->ino,
        .nlink = is_dir ? 2 + n->dir.subdirs : n->names,
        .size = node_size(n),
        .type = n->type,
        .atime_ns = n->atime_ns,
        .mtime_ns = n->mtime_ns,
        .ctime_ns = n->ctime_ns,
    };
}

void node_touch(struct node *n) { n->mtime_ns = n->ctime_ns = vfs_now(); }

int node_set_times(struct node *n, const uint64_t *atime_ns, const uint64_t *mtime_ns)
{
    if (n->read_only)
        return -EROFS;
    if (atime_ns != NULL)
        n->atime_ns = *atime_ns;
    if (mtime_ns != NULL)
        n->mtime_ns = *mtime_ns;
    n->ctime_ns = vfs_now();
    n->changed = true;
    return 0;
}
