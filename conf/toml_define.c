/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's rules of definition; see toml_define.h. [TOML 1.0.0, Keys, Table,
 * Inline Table, Array of Tables] */
#include "conf/toml_define.h"

struct node *define_node(struct parser *p, enum toml_type type, enum origin origin,
                         struct toml_place place, unsigned depth)
{
    if (depth > TOML_DEPTH_MAX) {
        scan_fail(&p->scan, place, "more than %u arrays and tables in each other", TOML_DEPTH_MAX);
        return NULL;
    }
    struct node *n = tree_new_node(p->tree, type, origin, place);
    if (n == NULL)
        scan_fail_memory(&p->scan);
    else
        n->depth = depth;
    return n;
}

static struct node *add(struct parser *p, struct node *table, const struct key *key,
                        struct node *value)
{
    if (value == NULL)
        return NULL;
    const struct toml_pair pair = {.key = key->name, .place = key->place, .value = &value->value};
    if (tree_add(p->tree, table, &pair) == 0)
        return value;
    scan_fail_memory(&p->scan);
    return NULL;
}

static struct node *add_new(struct parser *p, struct node *table, const struct key *key,
                            enum toml_type type, enum origin origin)
{
    return add(p, table, key, define_node(p, type, origin, key->place, table->depth + 1));
}

static struct node *find(const struct parser *p, const struct node *table, const struct key *key)
{
    const struct toml_pair *pair = tree_find(p->tree, table, key->name);
    return pair != NULL ? node_of(pair->value) : NULL;
}

static struct node *append_table(struct parser *p, struct node *array, const struct key *key)
{
    struct node *item = define_node(p, TOML_TABLE, ORIGIN_HEADER, key->place, array->depth + 1);
    if (item == NULL || tree_append(array, item) == 0)
        return item;
    scan_fail_memory(&p->scan);
    return NULL;
}

/* `key` already names `found`, which cannot be what it is used as here. */
static struct node *refuse(struct parser *p, const struct key *key, const struct node *found,
                           const char *what_to_do)
{
    const struct toml_value *v = &found->value;
    scan_fail(&p->scan, key->place, "%s is already %s, on line %u; %s", toml_quote(key->name).text,
              toml_type_name(v->type), v->place.line, what_to_do);
    return NULL;
}

void define_value(struct parser *p, struct node *table, const struct key *key, struct node *value)
{
    if (table == NULL || value == NULL)
        return;
    const struct toml_pair *pair = tree_find(p->tree, table, key->name);
    if (pair == NULL) {
        add(p, table, key, value);
        return;
    }
    scan_fail(&p->scan, key->place, "%s is already set, on line %u; remove one of the two",
              toml_quote(key->name).text, pair->place.line);
}

struct node *define_dotted(struct parser *p, struct node *table, const struct key *key)
{
    if (table == NULL)
        return NULL;
    struct node *found = find(p, table, key);
    if (found == NULL)
        return add_new(p, table, key, TOML_TABLE, ORIGIN_DOTTED);
    if (found->value.type != TOML_TABLE)
        return refuse(p, key, found, "only a table holds further keys");
    if (found->origin == ORIGIN_VALUE)
        return refuse(p, key, found, "add the key inside its braces");
    if (found->origin == ORIGIN_HEADER)
        return refuse(p, key, found, "add the key below its header");
    found->origin = ORIGIN_DOTTED;
    return found;
}

struct node *define_parent(struct parser *p, struct node *table, const struct key *key)
{
    if (table == NULL)
        return NULL;
    struct node *found = find(p, table, key);
    if (found == NULL)
        return add_new(p, table, key, TOML_TABLE, ORIGIN_IMPLIED);
    if (found->value.type != TOML_TABLE && found->value.type != TOML_ARRAY)
        return refuse(p, key, found, "only a table holds further keys");
    if (found->origin == ORIGIN_VALUE)
        return refuse(p, key, found, "add to it where it is written");
    if (found->value.type == TOML_TABLE)
        return found;
    return node_of(found->value.array.items[found->value.array.count - 1]);
}

struct node *define_table(struct parser *p, struct node *table, const struct key *key)
{
    if (table == NULL)
        return NULL;
    struct node *found = find(p, table, key);
    if (found == NULL)
        return add_new(p, table, key, TOML_TABLE, ORIGIN_HEADER);
    if (found->value.type != TOML_TABLE)
        return refuse(p, key, found, "choose another name");
    if (found->origin != ORIGIN_IMPLIED)
        return refuse(p, key, found, "define it in one place");
    found->origin = ORIGIN_HEADER;
    found->value.place = key->place;
    return found;
}

struct node *define_item(struct parser *p, struct node *table, const struct key *key)
{
    if (table == NULL)
        return NULL;
    struct node *found = find(p, table, key);
    if (found == NULL)
        found = add_new(p, table, key, TOML_ARRAY, ORIGIN_HEADER);
    else if (found->value.type != TOML_ARRAY)
        return refuse(p, key, found, "choose another name");
    else if (found->origin != ORIGIN_HEADER)
        return refuse(p, key, found, "add to it inside its brackets");
    return found != NULL ? append_table(p, found, key) : NULL;
}
