/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a TOML text; see toml_tree.h. One hash over all tables finds keys,
 * so that a large file takes time in proportion to its size. */
#include "conf/toml_tree.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(offsetof(struct node, value) == 0, "node_of is a cast");

struct slot {
    const struct node *table; /* null: free */
    size_t pair;              /* in table */
};

struct node *tree_new_node(struct toml *t, enum toml_type type, enum origin origin,
                           struct toml_place place)
{
    struct node *n = calloc(1, sizeof(*n));
    if (n == NULL)
        return NULL;
    n->value.type = type;
    n->value.place = place;
    n->origin = origin;
    n->next = t->nodes;
    t->nodes = n;
    return n;
}

/* ---- the index ---- */

static const struct toml_pair *pair_of(const struct slot *slot)
{
    return &slot->table->value.table.pairs[slot->pair];
}

/* [FNV-1a] over the table's address and the key. */
static size_t hash(const struct node *table, struct bytes key)
{
    uint64_t h = (14695981039346656037ull ^ (uintptr_t)table) * 1099511628211ull;
    for (size_t i = 0; i < key.size; i++)
        h = (h ^ key.data[i]) * 1099511628211ull;
    return (size_t)(h ^ h >> 32);
}

/* The slot of this key, or the free one where it belongs. */
static struct slot *find_slot(const struct toml *t, const struct node *table, struct bytes key)
{
    const size_t mask = t->slot_count - 1;
    size_t i = hash(table, key) & mask;
    while (t->slots[i].table != NULL &&
           (t->slots[i].table != table || !bytes_equal(pair_of(&t->slots[i])->key, key)))
        i = (i + 1) & mask;
    return &t->slots[i];
}

static int grow_index(struct toml *t)
{
    if (t->pair_count < t->slot_count / 2)
        return 0;
    struct toml old = *t;
    t->slot_count = old.slot_count == 0 ? 64 : 2 * old.slot_count;
    t->slots = calloc(t->slot_count, sizeof(*t->slots));
    if (t->slots == NULL) {
        *t = old;
        return -ENOMEM;
    }
    for (size_t i = 0; i < old.slot_count; i++) {
        const struct slot *slot = &old.slots[i];
        if (slot->table != NULL)
            *find_slot(t, slot->table, pair_of(slot)->key) = *slot;
    }
    free(old.slots);
    return 0;
}

const struct toml_pair *tree_find(const struct toml *t, const struct node *table, struct bytes key)
{
    if (t->slot_count == 0)
        return NULL;
    const struct slot *slot = find_slot(t, table, key);
    return slot->table != NULL ? pair_of(slot) : NULL;
}

/* ---- growth ---- */

/* Room for one more element of `size` bytes; null without memory. */
static void *grow(struct node *n, void *elements, size_t count, size_t size)
{
    if (count < n->capacity)
        return elements;
    const size_t capacity = n->capacity == 0 ? 4 : 2 * n->capacity;
    void *grown = realloc(elements, capacity * size);
    if (grown != NULL)
        n->capacity = capacity;
    return grown;
}

int tree_add(struct toml *t, struct node *table, const struct toml_pair *pair)
{
    const size_t count = table->value.table.count;
    struct toml_pair *pairs = grow(table, table->value.table.pairs, count, sizeof(*pairs));
    if (pairs == NULL)
        return -ENOMEM;
    table->value.table.pairs = pairs;
    if (grow_index(t) < 0)
        return -ENOMEM;
    *find_slot(t, table, pair->key) = (struct slot){.table = table, .pair = count};
    pairs[count] = *pair;
    table->value.table.count++;
    t->pair_count++;
    return 0;
}

int tree_append(struct node *array, struct node *item)
{
    const size_t count = array->value.array.count;
    struct toml_value **items = grow(array, array->value.array.items, count, sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    array->value.array.items = items;
    items[count] = &item->value;
    array->value.array.count++;
    return 0;
}

/* ---- the public tree ---- */

const struct toml_value *toml_root(const struct toml *t) { return &t->root->value; }

const struct toml_value *toml_get(const struct toml_value *table, const char *key)
{
    const struct bytes wanted = bytes_of_text(key);
    for (size_t i = 0; i < table->table.count; i++) {
        if (bytes_equal(table->table.pairs[i].key, wanted))
            return table->table.pairs[i].value;
    }
    return NULL;
}

const char *toml_type_name(enum toml_type type)
{
    static const char *const names[] = {
        [TOML_STRING] = "text",       [TOML_INTEGER] = "an integer",      [TOML_FLOAT] = "a float",
        [TOML_BOOLEAN] = "a boolean", [TOML_DATETIME] = "a date or time", [TOML_ARRAY] = "an array",
        [TOML_TABLE] = "a table",
    };
    return names[type];
}

static void free_node(struct node *n)
{
    if (n->value.type == TOML_ARRAY)
        free(n->value.array.items);
    if (n->value.type == TOML_TABLE)
        free(n->value.table.pairs);
    free(n);
}

void toml_free(struct toml *t)
{
    if (t == NULL)
        return;
    while (t->nodes != NULL) {
        struct node *n = t->nodes;
        t->nodes = n->next;
        free_node(n);
    }
    free(t->slots);
    free(t->text);
    free(t);
}
