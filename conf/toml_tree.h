/* SPDX-License-Identifier: Apache-2.0 */
/* The tree that a TOML text becomes: values that know where they came from, so
 * that nothing is defined twice. Trusts its caller for types. */
#ifndef CONF_TOML_TREE_H
#define CONF_TOML_TREE_H

#include "conf/toml.h"

/* What brought a value into being, which decides who may add to it. */
enum origin {
    ORIGIN_VALUE,   /* written out after "=": complete, nobody adds */
    ORIGIN_IMPLIED, /* a table on the way to a header's: may yet get its own header */
    ORIGIN_HEADER,  /* [table], or the array of [[table]] */
    ORIGIN_DOTTED,  /* a table on the way to a dotted key's: no header of its own */
};

struct node {
    struct toml_value value; /* first, so that a value leads back to its node */
    enum origin origin;
    unsigned depth;    /* arrays and tables above */
    size_t capacity;   /* of items or pairs */
    struct node *next; /* all nodes, to free them */
};

struct slot;

struct toml {
    struct node *root;
    struct node *nodes;
    uint8_t *text;      /* what strings and keys borrow from */
    struct slot *slots; /* every pair of every table, by hash */
    size_t slot_count;
    size_t pair_count;
};

/* An empty value that the tree owns, or null without memory. */
struct node *tree_new_node(struct toml *t, enum toml_type type, enum origin origin,
                           struct toml_place place);

/* The pair of `table` with this key, or null. */
const struct toml_pair *tree_find(const struct toml *t, const struct node *table, struct bytes key);

/* Adds a pair whose key is new, or an item. 0 or -ENOMEM. */
must_use int tree_add(struct toml *t, struct node *table, const struct toml_pair *pair);
must_use int tree_append(struct node *array, struct node *item);

static inline struct node *node_of(struct toml_value *value) { return (struct node *)value; }

#endif
