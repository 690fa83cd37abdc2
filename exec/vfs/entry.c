/* SPDX-License-Identifier: Apache-2.0 */
/* What is done by path: to find, make, link, move and remove. The rules of
 * POSIX, and of read-only roots; where a path may lead is path.c's business. */
#include "exec/vfs/path.h"

#include <errno.h>

/* ---- find and make ---- */

static int find(struct node *start, struct bytes path, enum path_last last, struct place *out)
{
    int error = path_resolve(start, path, last, out);
    if (error < 0)
        return error;
    return out->node == NULL ? -ENOENT : 0;
}

int vfs_lookup(struct node *start, struct bytes path, bool follow, struct node **out)
{
    struct place p;
    int error = find(start, path, follow ? PATH_FOLLOW : PATH_NOFOLLOW, &p);
    if (error < 0)
        return error;
    *out = node_hold(p.node);
    return 0;
}

int vfs_readlink(struct node *start, struct bytes path, struct bytes *target)
{
    struct place p;
    int error = find(start, path, PATH_NOFOLLOW, &p);
    if (error < 0)
        return error;
    if (p.node->type != NODE_SYMLINK)
        return -EINVAL;
    *target = p.node->target;
    return 0;
}

/* May a name be added in this empty place? */
static int check_addition(const struct place *p)
{
    if (p->node != NULL)
        return -EEXIST;
    if (p->dir->names == 0)
        return -ENOENT;
    return p->dir->read_only ? -EROFS : 0;
}

/* Gives a new node its first name. */
static int add_new(const struct place *p, struct node *n)
{
    int error = dir_add(p->dir, p->name, n, false);
    if (error < 0) {
        node_drop(n);
        return error;
    }
    node_touch(p->dir);
    return 0;
}

static int make(const struct place *p, enum node_type type, struct node **out)
{
    int error = check_addition(p);
    if (error == 0)
        error = node_new(p->dir->vfs, type, out);
    return error < 0 ? error : add_new(p, *out);
}

int vfs_mkdir(struct node *start, struct bytes path)
{
    struct place p;
    struct node *made;
    int error = path_resolve(start, path, PATH_ENTRY, &p);
    return error < 0 ? error : make(&p, NODE_DIR, &made);
}

/* A place for something that is no directory. */
static int resolve_addition(struct node *start, struct bytes path, struct place *out)
{
    int error = path_resolve(start, path, PATH_ENTRY, out);
    if (error == 0)
        error = check_addition(out);
    if (error < 0)
        return error;
    return out->slash ? -ENOENT : 0;
}

int vfs_symlink(struct bytes target, struct node *start, struct bytes path)
{
    struct place p = {0};
    struct node *n;
    int error = path_check(target);
    if (error == 0)
        error = resolve_addition(start, path, &p);
    if (error == 0)
        error = node_new_symlink(p.dir->vfs, target, &n);
    return error < 0 ? error : add_new(&p, n);
}

int vfs_link(struct node *from_start, struct bytes from, bool follow, struct node *to_start,
             struct bytes to)
{
    struct place source;
    struct place p;
    int error = find(from_start, from, follow ? PATH_FOLLOW : PATH_NOFOLLOW, &source);
    if (error < 0)
        return error;
    if (node_is_dir(source.node))
        return -EPERM;
    error = resolve_addition(to_start, to, &p);
    if (error < 0)
        return error;
    if (source.node->read_only)
        return -EROFS;
    error = dir_add(p.dir, p.name, source.node, false);
    if (error < 0)
        return error;
    node_touch(p.dir);
    source.node->ctime_ns = p.dir->ctime_ns;
    return 0;
}

/* ---- open ---- */

static int open_new(const struct place *p, unsigned how, struct node **out)
{
    if (!(how & VFS_CREATE))
        return -ENOENT;
    if (p->slash)
        return -EISDIR;
    return make(p, NODE_FILE, out);
}

static int check_open(const struct node *n, unsigned how)
{
    const unsigned change = how & (VFS_WRITE | VFS_TRUNCATE);
    if (n->type == NODE_SYMLINK)
        return -ELOOP;
    if (node_is_dir(n))
        return change || (how & VFS_CREATE) ? -EISDIR : 0;
    if (how & VFS_DIRECTORY)
        return -ENOTDIR;
    return change && n->read_only ? -EROFS : 0;
}

static int open_existing(struct node *n, unsigned how, struct node **out)
{
    if ((how & VFS_CREATE) && (how & VFS_EXCLUSIVE))
        return -EEXIST;
    int error = check_open(n, how);
    if (error == 0 && (how & VFS_TRUNCATE))
        error = node_truncate(n, 0);
    *out = n;
    return error;
}

int vfs_open(struct node *start, struct bytes path, unsigned how, struct node **out)
{
    if ((how & VFS_CREATE) && (how & VFS_DIRECTORY))
        return -EINVAL;
    const bool only_new = (how & VFS_CREATE) && (how & VFS_EXCLUSIVE);
    struct place p;
    struct node *n;
    int error = path_resolve(start, path,
                             (how & VFS_FOLLOW) && !only_new ? PATH_FOLLOW : PATH_NOFOLLOW, &p);
    if (error == 0)
        error = p.node == NULL ? open_new(&p, how, &n) : open_existing(p.node, how, &n);
    if (error < 0)
        return error;
    *out = node_hold(n);
    return 0;
}

/* ---- remove and move ---- */

/* May this name of something there be taken away? */
static int check_removal(const struct place *p)
{
    if (p->dir->read_only)
        return -EROFS;
    return p->node->pinned ? -EBUSY : 0;
}

static int check_empty(const struct node *dir) { return dir->dir.names.count > 0 ? -ENOTEMPTY : 0; }

static int remove_name(const struct place *p)
{
    int error = check_removal(p);
    if (error < 0)
        return error;
    node_touch(p->dir);
    p->node->ctime_ns = p->dir->ctime_ns;
    dir_remove(p->dir, p->name);
    return 0;
}

int vfs_rmdir(struct node *start, struct bytes path)
{
    struct place p;
    int error = find(start, path, PATH_ENTRY, &p);
    if (error < 0)
        return error;
    if (p.dir == NULL)
        return path_is_dot(p.name) ? -EINVAL : -ENOTEMPTY;
    if (!node_is_dir(p.node))
        return -ENOTDIR;
    error = check_empty(p.node);
    return error < 0 ? error : remove_name(&p);
}

int vfs_unlink(struct node *start, struct bytes path)
{
    struct place p;
    int error = find(start, path, PATH_ENTRY, &p);
    if (error < 0)
        return error;
    if (node_is_dir(p.node))
        return -EISDIR;
    return p.slash ? -ENOTDIR : remove_name(&p);
}

static bool is_at_or_below(const struct node *dir, const struct node *above)
{
    while (dir != NULL && dir != above)
        dir = dir->dir.parent;
    return dir != NULL;
}

/* May `to`, which is there, be replaced? */
static int check_replacement(const struct place *from, const struct place *to)
{
    if (!node_is_dir(from->node))
        return node_is_dir(to->node) ? -EISDIR : check_removal(to);
    if (!node_is_dir(to->node))
        return -ENOTDIR;
    int error = check_empty(to->node);
    return error < 0 ? error : check_removal(to);
}

static int check_rename(const struct place *from, const struct place *to)
{
    if (from->dir == NULL || to->dir == NULL)
        return -EBUSY;
    if ((from->slash || to->slash) && !node_is_dir(from->node))
        return -ENOTDIR;
    int error = check_removal(from);
    if (error < 0)
        return error;
    if (node_is_dir(from->node) && is_at_or_below(to->dir, from->node))
        return -EINVAL;
    if (to->node == NULL)
        return check_addition(to);
    return to->node == from->node ? 0 : check_replacement(from, to);
}

int vfs_rename(struct node *from_start, struct bytes from, struct node *to_start, struct bytes to)
{
    struct place source;
    struct place target;
    int error = find(from_start, from, PATH_ENTRY, &source);
    if (error == 0)
        error = path_resolve(to_start, to, PATH_ENTRY, &target);
    if (error < 0)
        return error;
    error = check_rename(&source, &target);
    if (error < 0 || source.node == target.node)
        return error;
    if (target.node != NULL)
        target.node->ctime_ns = vfs_now();
    error = dir_move(source.dir, source.name, target.dir, target.name);
    if (error < 0)
        return error;
    node_touch(source.dir);
    node_touch(target.dir);
    source.node->ctime_ns = target.dir->ctime_ns;
    return 0;
}
