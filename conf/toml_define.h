/* SPDX-License-Identifier: Apache-2.0 */
/* What may be defined where in a TOML text: each key once, each table in one
 * place. Every function answers null, with the scan failed, when the text breaks
 * a rule or memory is short; a null table gives null. */
#ifndef CONF_TOML_DEFINE_H
#define CONF_TOML_DEFINE_H

#include "conf/toml_scan.h"
#include "conf/toml_tree.h"

struct parser {
    struct scan scan;
    struct toml *tree;
};

struct key {
    struct bytes name;
    struct toml_place place;
};

/* A new value, `depth` arrays and tables below the root. */
struct node *define_node(struct parser *p, enum toml_type type, enum origin origin,
                         struct toml_place place, unsigned depth);

/* key = value */
void define_value(struct parser *p, struct node *table, const struct key *key, struct node *value);

/* A part of a dotted key, other than the last. */
struct node *define_dotted(struct parser *p, struct node *table, const struct key *key);

/* A part of a header, other than the last. */
struct node *define_parent(struct parser *p, struct node *table, const struct key *key);

/* The last part of [header], and of [[header]]: the table that pairs go to. */
struct node *define_table(struct parser *p, struct node *table, const struct key *key);
struct node *define_item(struct parser *p, struct node *table, const struct key *key);

#endif
