/* SPDX-License-Identifier: Apache-2.0 */
/* The table of descriptors; see fdtab.h. */
#include "exec/wasi/fdtab.h"

#include "exec/vfs/vfs.h"
#include "exec/wasi/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_COUNT 16u

static bool is_open(const struct fd *f) { return f->object != NULL || f->node != NULL; }

struct fd *fdtab_get(const struct fdtab *t, uint64_t number)
{
    if (number >= t->count || !is_open(&t->rows[number]))
        return NULL;
    return &t->rows[number];
}

static int grow(struct fdtab *t)
{
    if (t->count >= FDTAB_MAX)
        return -EMFILE;
    uint32_t count = t->count == 0 ? FIRST_COUNT : 2 * t->count;
    struct fd *rows = realloc(t->rows, count * sizeof(*rows));
    if (rows == NULL)
        return -ENOMEM;
    memset(rows + t->count, 0, (count - t->count) * sizeof(*rows));
    t->rows = rows;
    t->count = count;
    return 0;
}

int fdtab_reserve(struct fdtab *t, uint32_t *number)
{
    while (t->lowest < t->count && is_open(&t->rows[t->lowest]))
        t->lowest++;
    *number = t->lowest;
    return t->lowest < t->count ? 0 : grow(t);
}

void fdtab_set(struct fdtab *t, uint32_t number, const struct fd *f) { t->rows[number] = *f; }

static void drop(struct fd *f)
{
    if (f->object != NULL)
        f->object->ops->close(f->object);
    node_release(f->node);
    *f = (struct fd){0};
}

static void set_free(struct fdtab *t, uint32_t number)
{
    if (number < t->lowest)
        t->lowest = number;
}

void fdtab_close(struct fdtab *t, uint32_t number)
{
    drop(&t->rows[number]);
    set_free(t, number);
}

void fdtab_move(struct fdtab *t, uint32_t from, uint32_t to)
{
    if (from == to)
        return;
    drop(&t->rows[to]);
    t->rows[to] = t->rows[from];
    t->rows[from] = (struct fd){0};
    set_free(t, from);
}

void fdtab_fini(struct fdtab *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (is_open(&t->rows[i]))
            drop(&t->rows[i]);
    }
    free(t->rows);
    *t = (struct fdtab){0};
}
