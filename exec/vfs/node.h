/* SPDX-License-Identifier: Apache-2.0 */
/* What a file system is made of, for the files in this folder. A node lives as
 * long as it has a name or is held. Trusts its caller. */
#ifndef EXEC_VFS_NODE_H
#define EXEC_VFS_NODE_H

#include "exec/vfs/content.h"
#include "exec/vfs/names.h"
#include "exec/vfs/vfs.h"

struct vfs {
    struct node *root;
    struct node *nodes; /* all, linked by `later` */
    uint64_t size_max;
    uint64_t size; /* bytes of contents, targets and names */
    uint64_t last_ino;
    size_t node_count;
    size_t name_count;
    vfs_load *load;
    void *load_context;
    struct hash_key key;
};

/* Where the content of a file is; a negative errno: loading failed with it. */
enum { FILE_HERE, FILE_TO_LOAD };

struct node_file {
    struct content content; /* size is valid before the bytes are loaded */
    size_t index;           /* for vfs_load */
    int state;
};

struct node_dir {
    struct names names;
    struct node *parent; /* null: the root, or removed */
    uint64_t subdirs;
};

struct node {
    struct vfs *vfs;
    struct node *earlier;
    struct node *later;
    uint64_t ino;
    uint64_t atime_ns;
    uint64_t mtime_ns;
    uint64_t ctime_ns;
    size_t held;
    size_t names; /* that lead here; the root counts one of its own */
    enum node_type type;
    bool read_only;
    bool is_root; /* vfs_open_root was here */
    bool pinned;  /* a root or above one: stays where it is */
    bool changed; /* content or times, since the tree was built */
    union {
        struct node_file file;
        struct node_dir dir;
        struct bytes target; /* owned */
    };
};

uint64_t vfs_now(void);

/* Accounts for `size` more bytes. 0 or -ENOSPC. */
must_use int vfs_take_room(struct vfs *v, uint64_t size);
void vfs_give_room(struct vfs *v, uint64_t size);

/* A node without a name, not held, times now: give it a name or node_drop it.
 * 0, -ENOSPC or -ENOMEM. */
must_use int node_new(struct vfs *v, enum node_type type, struct node **out);
must_use int node_new_symlink(struct vfs *v, struct bytes target, struct node **out);

/* Frees the node if it has neither name nor holder. */
void node_drop(struct node *n);

/* Frees the node, whoever has it. */
void node_free(struct node *n);

/* Names in directories, accounted for; times and rules are the caller's business.
 * `text` is 1 to VFS_NAME_MAX bytes. dir_add: not there yet. dir_remove: there.
 * dir_move: `from` is there; `to` may be, over another node, which loses it. A
 * node that loses its last name is dropped. 0, -ENOSPC, -ENOMEM; -ENOENT. */
struct node *dir_find(const struct node *dir, struct bytes text);
must_use int dir_add(struct node *dir, struct bytes text, struct node *n, bool built);
void dir_remove(struct node *dir, struct bytes text);
must_use int dir_move(struct node *from_dir, struct bytes from, struct node *to_dir,
                      struct bytes to);

bool node_is_dir(const struct node *n);

/* Something was done to the node or to the names in it just now. */
void node_touch(struct node *n);

/* Brings the content of a file in. */
must_use int file_load(struct node *file);

#endif
