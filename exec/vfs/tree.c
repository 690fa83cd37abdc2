/* SPDX-License-Identifier: Apache-2.0 */
/* Visits a tree; see tree.h. Trusts the tree to have no directory twice. */
#include "exec/vfs/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A directory being read. */
struct level {
    const struct node *dir;
    uint64_t cookie;  /* where to go on */
    size_t path_size; /* of the path to the directory, its slash included */
};

struct visit {
    struct level *levels;
    size_t depth;
    size_t level_max;
    uint8_t *path;
    size_t path_max;
};

/* `array` with room for `need` elements, moved perhaps; null and unharmed where
 * memory is short. */
static void *reserve(void *array, size_t *max, size_t need, size_t element)
{
    if (array != NULL && need <= *max)
        return array;
    const size_t count = 2 * need + 64;
    void *grown = realloc(array, count * element);
    if (grown != NULL)
        *max = count;
    return grown;
}

static int enter(struct visit *v, const struct node *dir, size_t path_size)
{
    struct level *levels = reserve(v->levels, &v->level_max, v->depth + 1, sizeof(*levels));
    if (levels == NULL)
        return -ENOMEM;
    v->levels = levels;
    levels[v->depth++] = (struct level){.dir = dir, .path_size = path_size};
    return 0;
}

/* Writes the path of `name`, with room for a slash after it. */
static int put_path(struct visit *v, size_t above, const struct name *name)
{
    uint8_t *path = reserve(v->path, &v->path_max, above + name->size + 1, 1);
    if (path == NULL)
        return -ENOMEM;
    v->path = path;
    memcpy(path + above, name->text, name->size);
    path[above + name->size] = '/';
    return 0;
}

static int visit_name(struct visit *v, const struct name *name, tree_visitor *visit, void *context)
{
    const size_t above = v->levels[v->depth - 1].path_size;
    int error = put_path(v, above, name);
    if (error < 0)
        return error;
    const struct bytes path = {.data = v->path, .size = above + name->size};
    int result = visit(context, name->node, path);
    if (result == 0 && node_is_dir(name->node))
        result = enter(v, name->node, path.size + 1);
    return result;
}

static int visit_all(struct visit *v, tree_visitor *visit, void *context)
{
    while (v->depth > 0) {
        struct level *l = &v->levels[v->depth - 1];
        const struct name *name = names_next(&l->dir->dir.names, l->cookie);
        if (name == NULL) {
            v->depth--;
            continue;
        }
        l->cookie = name->cookie + 1;
        int result = visit_name(v, name, visit, context);
        if (result < 0)
            return result;
    }
    return 0;
}

int tree_visit(struct node *top, tree_visitor *visit, void *context)
{
    struct visit v = {0};
    int error = enter(&v, top, 0);
    if (error == 0)
        error = visit_all(&v, visit, context);
    free(v.levels);
    free(v.path);
    return error;
}
