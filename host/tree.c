/* SPDX-License-Identifier: Apache-2.0 */
/* The file system that a program starts with; see tree.h. Trusts the command
 * line to mean what it says. */
#define _GNU_SOURCE
#include "host/tree_copy.h"

#include "host/guest_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(const struct tree_import *m)
{
    return fault_set(m->fault, -ENOMEM, "--dir: out of memory");
}

static void row_free(struct tree_row *row)
{
    free((void *)row->file.path.data);
    free((void *)row->file.target.data);
    free((void *)row->content.data);
    *row = (struct tree_row){0};
}

/* ---- the command line ---- */

/* The index of the directory at `path`, appended if it is new. */
static int place_dir(struct tree_import *m, const char *path, size_t *index)
{
    struct tree *tree = m->tree;
    for (*index = 0; *index < tree->dir_count; (*index)++) {
        if (bytes_equal(tree->dirs[*index].path, bytes_of_text(path)))
            return 0;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return out_of_memory(m);
    tree->dirs[tree->dir_count++].path = bytes_of_text(copy);
    return 0;
}

static int add_dir(struct tree_import *m, const struct tree_dir *dir)
{
    const char *flag = dir->host != NULL ? "--dir" : "--dir-out";
    char path[GUEST_PATH_MAX + 1];
    if (guest_path_normalise(dir->guest, path) < 0)
        return fault_set(m->fault, -EINVAL,
                         "%s: \"%s\" is no path in the keep; it must be absolute, like /data, "
                         "without \"..\"",
                         flag, dir->guest);
    size_t i;
    int error = place_dir(m, path, &i);
    if (error < 0)
        return error;
    struct tree *tree = m->tree;
    if ((dir->host != NULL && m->hosts[i] != NULL) || (dir->out != NULL && tree->outs[i] != NULL))
        return fault_set(m->fault, -EEXIST, "%s: %s is given twice", flag, path);
    if (dir->host != NULL)
        m->hosts[i] = dir->host;
    if (dir->out != NULL)
        tree->outs[i] = dir->out;
    tree->dirs[i].output = tree->outs[i] != NULL;
    tree->dirs[i].read_only = tree->dirs[i].read_only || dir->read_only;
    if (tree->dirs[i].output && tree->dirs[i].read_only)
        return fault_set(m->fault, -EROFS, "--dir-out: %s is read-only; drop \":ro\", or --dir-out",
                         path);
    return 0;
}

/* A row for `path` and every directory above it. */
static int add_ancestors(struct tree_import *m, struct bytes path)
{
    int error = 0;
    for (size_t size = path.size; error == 0 && size > 1;) {
        error = tree_add_row(m, (struct bytes){.data = path.data, .size = size}, FILE_DIRECTORY, 0);
        do
            size--;
        while (size > 1 && path.data[size] != '/');
    }
    return error;
}

/* ---- the result ---- */

static int compare(const void *a, const void *b)
{
    const struct tree_row *x = a;
    const struct tree_row *y = b;
    return strcmp((const char *)x->file.path.data, (const char *)y->file.path.data);
}

/* Two rows of one path are one directory: the later time is that of the host. */
static int merge_twins(struct tree_import *m)
{
    size_t last = 0;
    for (size_t i = 1; i < m->count; i++) {
        struct tree_row *kept = &m->rows[last];
        struct tree_row *row = &m->rows[i];
        if (compare(kept, row) != 0) {
            struct tree_row moved = *row;
            *row = (struct tree_row){0};
            m->rows[++last] = moved;
            continue;
        }
        if (kept->file.type != FILE_DIRECTORY || row->file.type != FILE_DIRECTORY)
            return fault_set(m->fault, -ENOTDIR,
                             "--dir: %s must be a directory, but is none in the directory given",
                             (const char *)row->file.path.data);
        if (row->file.mtime > kept->file.mtime)
            kept->file.mtime = row->file.mtime;
        row_free(row);
    }
    m->count = m->count > 0 ? last + 1 : 0;
    return 0;
}

/* Moves the rows into the tree. */
static int publish(struct tree_import *m)
{
    struct tree *tree = m->tree;
    tree->files = calloc(m->count + 1, sizeof(*tree->files));
    tree->contents = calloc(m->count + 1, sizeof(*tree->contents));
    if (tree->files == NULL || tree->contents == NULL)
        return out_of_memory(m);
    for (size_t i = 0; i < m->count; i++) {
        tree->files[i] = m->rows[i].file;
        tree->contents[i] = m->rows[i].content;
    }
    tree->file_count = m->count;
    m->count = 0;
    return 0;
}

static int add_dirs(struct tree_import *m, const struct tree_dir *dirs, size_t count)
{
    struct tree *tree = m->tree;
    tree->dirs = calloc(count + 1, sizeof(*tree->dirs));
    tree->outs = calloc(count + 1, sizeof(*tree->outs));
    m->hosts = calloc(count + 1, sizeof(*m->hosts));
    if (tree->dirs == NULL || tree->outs == NULL || m->hosts == NULL)
        return out_of_memory(m);
    int error = 0;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = add_dir(m, &dirs[i]);
    return error;
}

static int add_files(struct tree_import *m)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < m->tree->dir_count; i++) {
        struct bytes path = m->tree->dirs[i].path;
        if (m->hosts[i] != NULL)
            error = tree_copy(m, m->hosts[i], path);
        if (error == 0)
            error = add_ancestors(m, path);
    }
    return error;
}

int tree_import(const struct tree_dir *dirs, size_t count, uint64_t size_max, struct tree *tree,
                struct fault *fault)
{
    *tree = (struct tree){0};
    struct tree_import m = {.size_max = size_max, .left = size_max, .tree = tree, .fault = fault};
    int error = add_dirs(&m, dirs, count);
    if (error == 0)
        error = add_files(&m);
    if (error == 0) {
        if (m.count > 0)
            qsort(m.rows, m.count, sizeof(*m.rows), compare);
        error = merge_twins(&m);
    }
    if (error == 0)
        error = publish(&m);
    for (size_t i = 0; i < m.count; i++)
        row_free(&m.rows[i]);
    free(m.rows);
    free(m.hosts);
    if (error < 0)
        tree_fini(tree);
    return error;
}

void tree_fini(struct tree *tree)
{
    for (size_t i = 0; i < tree->dir_count; i++)
        free((void *)tree->dirs[i].path.data);
    for (size_t i = 0; i < tree->file_count; i++)
        row_free(&(struct tree_row){.file = tree->files[i], .content = tree->contents[i]});
    free(tree->dirs);
    free(tree->outs);
    free(tree->files);
    free(tree->contents);
    *tree = (struct tree){0};
}
