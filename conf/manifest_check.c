/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of a manifest; see manifest_check.h. Trusts nothing. */
#include "conf/manifest_check.h"

#include "base/utf8.h"
#include "conf/manifest_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

static bool contains(struct bytes text, char c)
{
    return text.size > 0 && memchr(text.data, c, text.size) != NULL;
}

bool manifest_text_ok(struct bytes text) { return !contains(text, '\0') && utf8_check(text); }

bool manifest_env_name_ok(struct bytes name)
{
    return name.size > 0 && !contains(name, '=') && manifest_text_ok(name);
}

bool manifest_stream_name_ok(struct bytes name)
{
    return name.size > 0 && !contains(name, ':') && manifest_text_ok(name);
}

static bool component_ok(struct bytes name)
{
    return name.size > 0 && !bytes_equal(name, bytes_of_text(".")) &&
           !bytes_equal(name, bytes_of_text(".."));
}

bool manifest_path_ok(struct bytes path)
{
    if (path.size == 0 || path.data[0] != '/' || !manifest_text_ok(path))
        return false;
    if (path.size == 1)
        return true;
    size_t start = 1;
    for (size_t i = 1; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/')
            continue;
        if (!component_ok((struct bytes){.data = path.data + start, .size = i - start}))
            return false;
        start = i + 1;
    }
    return true;
}

bool manifest_path_below(struct bytes path, struct bytes dir)
{
    if (dir.size == 1) /* the root */
        return true;
    return path.size >= dir.size && memcmp(path.data, dir.data, dir.size) == 0 &&
           (path.size == dir.size || path.data[dir.size] == '/');
}

/* ---- names in order, to find one or two alike ---- */

struct named {
    struct bytes name;
    size_t index; /* in the manifest's array */
};

static int compare(const void *a, const void *b)
{
    const struct bytes *x = &((const struct named *)a)->name;
    const struct bytes *y = &((const struct named *)b)->name;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = size > 0 ? memcmp(x->data, y->data, size) : 0;
    if (order != 0)
        return order;
    return (x->size > y->size) - (x->size < y->size);
}

/* Sorts the names that lie `stride` bytes apart from `first` on. No two may be
 * alike. */
static int sort_names(const struct bytes *first, size_t stride, size_t count, struct named **out)
{
    struct named *names = calloc(count + 1, sizeof(*names));
    if (names == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct bytes *name = (const void *)((const char *)first + i * stride);
        names[i] = (struct named){.name = *name, .index = i};
    }
    qsort(names, count, sizeof(*names), compare);
    *out = names;
    for (size_t i = 1; i < count; i++) {
        if (compare(&names[i - 1], &names[i]) == 0)
            return -EBADMSG;
    }
    return 0;
}

static int check_unique(const struct bytes *first, size_t stride, size_t count)
{
    struct named *names = NULL;
    int error = sort_names(first, stride, count, &names);
    free(names);
    return error;
}

/* What `sorted` has under that name, or null. */
static const struct named *find(const struct named *sorted, size_t count, struct bytes name)
{
    const struct named wanted = {.name = name};
    return bsearch(&wanted, sorted, count, sizeof(*sorted), compare);
}

/* ---- rows ---- */

static int check_args(const struct manifest *m)
{
    for (size_t i = 0; i < m->arg_count; i++) {
        if (!manifest_text_ok(m->args[i]))
            return -EBADMSG;
    }
    return 0;
}

static int check_secret_count(const struct manifest *m)
{
    const size_t left = MANIFEST_SECRETS_MAX - m->secret_env_count;
    return m->secret_env_count <= MANIFEST_SECRETS_MAX && m->secret_file_count <= left ? 0
                                                                                       : -EBADMSG;
}

/* No two variables of one name, whether secret or not. */
static int check_env_names(const struct manifest *m)
{
    struct named *sorted = NULL;
    const struct bytes *first = m->env_count == 0 ? NULL : &m->env->name;
    int error = sort_names(first, sizeof(*m->env), m->env_count, &sorted);
    for (size_t i = 0; error == 0 && i < m->secret_env_count; i++) {
        const struct bytes name = m->secret_env[i];
        if (!manifest_env_name_ok(name) || find(sorted, m->env_count, name) != NULL)
            error = -EBADMSG;
    }
    free(sorted);
    if (error < 0)
        return error;
    return check_unique(m->secret_env, sizeof(*m->secret_env), m->secret_env_count);
}

static int check_env(const struct manifest *m)
{
    for (size_t i = 0; i < m->env_count; i++) {
        if (!manifest_env_name_ok(m->env[i].name) || !manifest_text_ok(m->env[i].value))
            return -EBADMSG;
    }
    return check_env_names(m);
}

bool manifest_stream_is_tls(const struct manifest_stream *s)
{
    return (s->kind == STREAM_LISTEN || s->kind == STREAM_CONNECT) && s->protocol == PROTOCOL_TLS;
}

size_t manifest_count_tls(const struct manifest_stream *streams, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += manifest_stream_is_tls(&streams[i]);
    return found;
}

static bool stream_ok(const struct manifest_stream *s)
{
    if (!manifest_stream_name_ok(s->name) || !manifest_text_ok(s->host))
        return false;
    if (s->kind == STREAM_LISTEN || s->kind == STREAM_CONNECT)
        return s->host.size > 0 && s->port > 0;
    return s->host.size == 0 && s->port == 0 && s->protocol == PROTOCOL_TLS;
}

static int check_streams(const struct manifest *m)
{
    for (size_t i = 0; i < m->stream_count; i++) {
        if (!stream_ok(&m->streams[i]))
            return -EBADMSG;
    }
    if (m->stream_count == 0)
        return 0;
    return check_unique(&m->streams->name, sizeof(*m->streams), m->stream_count);
}

static int check_dirs(const struct manifest *m)
{
    for (size_t i = 0; i < m->dir_count; i++) {
        if (!manifest_path_ok(m->dirs[i].path))
            return -EBADMSG;
    }
    return m->dir_count == 0 ? 0 : check_unique(&m->dirs->path, sizeof(*m->dirs), m->dir_count);
}

/* ---- files ---- */

static bool digest_is_zero(const uint8_t digest[static DIGEST_SIZE])
{
    static const uint8_t zero[DIGEST_SIZE];
    return memcmp(digest, zero, DIGEST_SIZE) == 0;
}

static bool file_ok(const struct manifest_file *f)
{
    if (!manifest_path_ok(f->path) || !manifest_text_ok(f->target))
        return false;
    if (f->type == FILE_REGULAR)
        return f->path.size > 1 && f->target.size == 0;
    if (f->size != 0 || !digest_is_zero(f->digest))
        return false;
    return f->type == FILE_DIRECTORY ? f->target.size == 0 : f->path.size > 1 && f->target.size > 0;
}

/* The root, or a directory among the first `before` files. */
static bool parent_ok(const struct manifest *m, const struct named *sorted, struct bytes path,
                      size_t before)
{
    size_t size = path.size - 1;
    while (path.data[size] != '/')
        size--;
    if (size == 0)
        return true;
    const struct bytes name = {.data = path.data, .size = size};
    const struct named *parent = find(sorted, m->file_count, name);
    return parent != NULL && parent->index < before &&
           m->files[parent->index].type == FILE_DIRECTORY;
}

static bool secret_file_ok(const struct manifest *m, const struct named *sorted, struct bytes path)
{
    return manifest_path_ok(path) && path.size > 1 && find(sorted, m->file_count, path) == NULL &&
           parent_ok(m, sorted, path, m->file_count);
}

static bool places_ok(const struct manifest *m, const struct named *sorted)
{
    for (size_t i = 0; i < m->file_count; i++) {
        if (!parent_ok(m, sorted, m->files[i].path, i))
            return false;
    }
    for (size_t i = 0; i < m->secret_file_count; i++) {
        if (!secret_file_ok(m, sorted, m->secret_files[i]))
            return false;
    }
    return true;
}

/* Where files and secret files lie. */
static int check_places(const struct manifest *m)
{
    struct named *sorted = NULL;
    const struct bytes *first = m->file_count == 0 ? NULL : &m->files->path;
    int error = sort_names(first, sizeof(*m->files), m->file_count, &sorted);
    if (error == 0 && !places_ok(m, sorted))
        error = -EBADMSG;
    free(sorted);
    if (error < 0)
        return error;
    return check_unique(m->secret_files, sizeof(*m->secret_files), m->secret_file_count);
}

static int check_files(const struct manifest *m)
{
    uint64_t left = m->files_size;
    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];
        if (!file_ok(f) || f->size > left)
            return -EBADMSG;
        left -= f->size;
    }
    return check_places(m);
}

int manifest_check(const struct manifest *m)
{
    static int (*const checks[])(const struct manifest *) = {
        check_args, check_secret_count, check_env,          check_streams,
        check_dirs, check_files,        manifest_check_tls,
    };
    for (size_t i = 0; i < ARRAY_COUNT(checks); i++) {
        int error = checks[i](m);
        if (error < 0)
            return error;
    }
    return 0;
}
