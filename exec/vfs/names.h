/* SPDX-License-Identifier: Apache-2.0 */
/* The names in one directory: a list in the order in which they came, which is
 * the order of reading, and a hash table into it. Trusts its caller for the
 * form of names, and nothing about how many there are. */
#ifndef EXEC_VFS_NAMES_H
#define EXEC_VFS_NAMES_H

#include "base/attr.h"
#include "base/cur.h"
#include "exec/vfs/hash.h"

struct node;

/* One name and what is under it. Good until the next add, remove or fini. */
struct name {
    uint64_t cookie;   /* rises along the list, never used twice */
    struct node *node; /* null: removed */
    uint8_t *text;
    uint32_t hash;
    uint16_t size; /* bytes of text */
    bool built;    /* there since the tree was built, and over the same node */
};

/* Zeroed is empty. */
struct names {
    struct name *list;
    uint32_t *table; /* index into the list + 1, or 0; twice the list's capacity */
    size_t used;     /* in the list, removed ones included */
    size_t capacity; /* of the list: 0 or a power of two */
    size_t count;
    size_t lost;    /* built names that were removed or replaced */
    size_t added;   /* present names that were not built */
    uint64_t taken; /* cookies used up so far */
};

/* Frees everything; what is left is empty, remembers its losses and still uses no
 * cookie twice. */
void names_fini(struct names *d);

/* Null if there is none. */
struct name *names_find(const struct names *d, const struct hash_key *key, struct bytes text);

/* `text` is not yet there, 1 to VFS_NAME_MAX bytes. 0 or -ENOMEM. */
must_use int names_add(struct names *d, const struct hash_key *key, struct bytes text,
                       struct node *node, bool built);

/* Puts another node under a name; its place in the order stays. */
void names_replace(struct names *d, struct name *name, struct node *node);

void names_remove(struct names *d, struct name *name);

/* The first name whose cookie is at least `cookie`, or null. */
struct name *names_next(const struct names *d, uint64_t cookie);

#endif
