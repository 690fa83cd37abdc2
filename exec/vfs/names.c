/* SPDX-License-Identifier: Apache-2.0 */
/* The names in one directory; see names.h. The table is probed in line. A removed
 * name keeps its place in list and table, so that probing goes on past it, until
 * the next rebuild sweeps both. */
#include "exec/vfs/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 8u

void names_fini(struct names *d)
{
    for (size_t i = 0; i < d->used; i++)
        free(d->list[i].text);
    free(d->list);
    free(d->table);
    *d = (struct names){.lost = d->lost, .taken = d->taken};
}

static size_t table_mask(const struct names *d) { return 2 * d->capacity - 1; }

struct name *names_find(const struct names *d, const struct hash_key *key, struct bytes text)
{
    if (d->count == 0)
        return NULL;
    const uint32_t hash = (uint32_t)hash_bytes(key, text);
    for (size_t at = hash & table_mask(d); d->table[at] != 0; at = (at + 1) & table_mask(d)) {
        struct name *name = &d->list[d->table[at] - 1];
        if (name->node != NULL && name->hash == hash && name->size == text.size &&
            memcmp(name->text, text.data, text.size) == 0)
            return name;
    }
    return NULL;
}

static void enter(struct names *d, size_t index)
{
    size_t at = d->list[index].hash & table_mask(d);
    while (d->table[at] != 0)
        at = (at + 1) & table_mask(d);
    d->table[at] = (uint32_t)(index + 1);
}

/* Sweeps removed names out and fills the table anew. */
static void rebuild(struct names *d)
{
    memset(d->table, 0, 2 * d->capacity * sizeof(*d->table));
    size_t kept = 0;
    for (size_t i = 0; i < d->used; i++) {
        if (d->list[i].node == NULL)
            continue;
        d->list[kept] = d->list[i];
        enter(d, kept++);
    }
    d->used = kept;
}

/* Makes room for one more: by sweeping where that frees half, else by doubling. */
static int reserve(struct names *d)
{
    if (d->used < d->capacity)
        return 0;
    if (d->capacity > 0 && d->count <= d->capacity / 2) {
        rebuild(d);
        return 0;
    }
    const size_t capacity = d->capacity == 0 ? CAPACITY_MIN : 2 * d->capacity;
    struct name *list = realloc(d->list, capacity * sizeof(*list));
    if (list == NULL)
        return -ENOMEM;
    d->list = list;
    uint32_t *table = calloc(2 * capacity, sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    free(d->table);
    d->table = table;
    d->capacity = capacity;
    rebuild(d);
    return 0;
}

int names_add(struct names *d, const struct hash_key *key, struct bytes text, struct node *node,
              bool built)
{
    int error = reserve(d);
    if (error < 0)
        return error;
    uint8_t *copy = malloc(text.size);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, text.data, text.size);
    d->list[d->used] = (struct name){
        .cookie = d->taken++,
        .node = node,
        .text = copy,
        .hash = (uint32_t)hash_bytes(key, text),
        .size = (uint16_t)text.size,
        .built = built,
    };
    enter(d, d->used++);
    d->count++;
    d->added += !built;
    return 0;
}

/* The name no longer says what it did when the tree was built. */
static void count_loss(struct names *d, const struct name *name)
{
    d->lost += name->built;
    d->added -= !name->built;
}

void names_replace(struct names *d, struct name *name, struct node *node)
{
    count_loss(d, name);
    d->added++;
    name->node = node;
    name->built = false;
}

void names_remove(struct names *d, struct name *name)
{
    count_loss(d, name);
    d->count--;
    free(name->text);
    name->text = NULL;
    name->node = NULL;
    if (d->count == 0)
        names_fini(d);
    else if (d->used - d->count > d->capacity / 2)
        rebuild(d);
}

struct name *names_next(const struct names *d, uint64_t cookie)
{
    size_t low = 0;
    for (size_t high = d->used; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (d->list[middle].cookie < cookie)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < d->used && d->list[low].node == NULL)
        low++;
    return low < d->used ? &d->list[low] : NULL;
}
