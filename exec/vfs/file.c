/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing files. What the host supplies as content is believed once
 * vfs_load has checked it, and asked for once. */
#include "exec/vfs/node.h"

#include <errno.h>
#include <string.h>

int file_load(struct node *n)
{
    struct node_file *f = &n->file;
    if (f->state != FILE_TO_LOAD)
        return f->state;
    struct content content = {0};
    int error = content_resize(&content, f->content.size);
    if (error < 0)
        return error; /* for want of memory: later there may be some */
    error = n->vfs->load(n->vfs->load_context, f->index, content.data, content.size);
    if (error < 0) {
        content_fini(&content);
        f->state = error;
        return error;
    }
    f->content = content;
    f->state = FILE_HERE;
    return 0;
}

static int check_file(const struct node *n)
{
    switch (n->type) {
    case NODE_FILE:
        return 0;
    case NODE_DIR:
        return -EISDIR;
    default:
        return -EINVAL;
    }
}

/* To be changed up to byte `size`. */
static int check_change(const struct node *n, uint64_t size)
{
    int error = check_file(n);
    if (error < 0)
        return error;
    if (n->read_only)
        return -EROFS;
    return size > INT64_MAX ? -EFBIG : 0;
}

static int resize(struct node *n, uint64_t size)
{
    struct content *c = &n->file.content;
    const uint64_t old = c->size;
    int error = size > old ? vfs_take_room(n->vfs, size - old) : 0;
    if (error < 0)
        return error;
    error = content_resize(c, size);
    if (error < 0) {
        vfs_give_room(n->vfs, size - old);
        return error;
    }
    if (size < old)
        vfs_give_room(n->vfs, old - size);
    return 0;
}

static void changed(struct node *n)
{
    n->changed = true;
    node_touch(n);
}

int64_t node_read(struct node *n, void *to, size_t size, uint64_t offset)
{
    int error = check_file(n);
    if (error == 0)
        error = file_load(n);
    if (error < 0)
        return error;
    const struct content *c = &n->file.content;
    if (size == 0 || offset >= c->size)
        return 0;
    if (size > c->size - offset)
        size = c->size - offset;
    memcpy(to, c->data + offset, size);
    return (int64_t)size;
}

/* Where a write from `offset` to `end` has to stop for want of room. */
static uint64_t reachable(const struct node *n, uint64_t end)
{
    const uint64_t room = n->vfs->size_max - n->vfs->size;
    const uint64_t size = n->file.content.size;
    return end > size && end - size > room ? size + room : end;
}

int64_t node_write(struct node *n, const void *from, size_t size, uint64_t offset)
{
    uint64_t end;
    if (__builtin_add_overflow(offset, size, &end))
        end = UINT64_MAX;
    int error = check_change(n, end);
    if (error == 0)
        error = file_load(n);
    if (error < 0 || size == 0)
        return error;
    end = reachable(n, end);
    if (end <= offset)
        return -ENOSPC;
    if (end > n->file.content.size)
        error = resize(n, end);
    if (error < 0)
        return error;
    memcpy(n->file.content.data + offset, from, end - offset);
    changed(n);
    return (int64_t)(end - offset);
}

int node_truncate(struct node *n, uint64_t size)
{
    int error = check_change(n, size);
    if (error < 0)
        return error;
    struct node_file *f = &n->file;
    if (size == 0 && f->state == FILE_TO_LOAD)
        f->state = FILE_HERE; /* nobody will want it any more */
    error = file_load(n);
    if (error == 0)
        error = resize(n, size);
    if (error < 0)
        return error;
    changed(n);
    return 0;
}

int node_allocate(struct node *n, uint64_t offset, uint64_t size)
{
    uint64_t end;
    if (size == 0)
        return -EINVAL;
    if (__builtin_add_overflow(offset, size, &end))
        end = UINT64_MAX;
    int error = check_change(n, end);
    if (error < 0 || end <= n->file.content.size)
        return error;
    return node_truncate(n, end);
}
