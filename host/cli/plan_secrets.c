/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in a plan; see plan_secrets.h. */
#include "host/cli/plan_secrets.h"

#include "base/wipe.h"
#include "conf/manifest_check.h"
#include "conf/secrets.h"
#include "host/cli/message.h"
#include "include/channel.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_HERE = SECRETS_SIZE_MAX, MOST_THERE = CHANNEL_SECRETS_MAX };
_Static_assert(MOST_HERE == MOST_THERE, "secrets travel in a WORKLOAD");

/* Text for "%.*s". */
#define SHOWN(name) (int)(name).size, (const char *)(name).data

/* ---- names ---- */

/* Whether one of `count` secrets has that name. */
static bool has(const struct request_secret *secrets, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(secrets[i].name, name))
            return true;
    }
    return false;
}

bool plan_secrets_has_env(const struct request *r, struct bytes name)
{
    return has(r->secrets, r->secret_env_count, name);
}

static bool has_file(const struct request *r, struct bytes path)
{
    return has(r->secrets + r->secret_env_count, r->secret_count - r->secret_env_count, path);
}

static int check_unique(const struct request_secret *secrets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has(secrets, i, secrets[i].name))
            return misuse("--secret: %.*s is given twice", SHOWN(secrets[i].name));
    }
    return 0;
}

static int check_names(const struct request *r)
{
    const size_t env_count = r->secret_env_count;
    if (r->secret_count > MANIFEST_SECRETS_MAX)
        return misuse("--secret: there are %zu, and %u at most may be", r->secret_count,
                      MANIFEST_SECRETS_MAX);
    for (size_t i = 0; i < r->env_count; i++) {
        if (plan_secrets_has_env(r, r->env[i].name))
            return misuse("%.*s is given by --env and by --secret; drop one of them",
                          SHOWN(r->env[i].name));
    }
    int status = check_unique(r->secrets, env_count);
    return status != 0 ? status : check_unique(r->secrets + env_count, r->secret_count - env_count);
}

static void add_names(const struct request *r, struct manifest *m, struct bytes *names)
{
    for (size_t i = 0; i < r->secret_count; i++)
        names[i] = r->secrets[i].name;
    m->secret_env = names;
    m->secret_env_count = r->secret_env_count;
    m->secret_files = names + r->secret_env_count;
    m->secret_file_count = r->secret_count - r->secret_env_count;
}

/* ---- places ---- */

struct places {
    const struct request *request;
    struct manifest *manifest;
    size_t sorted; /* files of the tree; behind them are the directories added here */
};

static int compare(const void *a, const void *b)
{
    const struct bytes *x = &((const struct manifest_file *)a)->path;
    const struct bytes *y = &((const struct manifest_file *)b)->path;
    int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static const struct manifest_file *find_file(const struct places *p, struct bytes path)
{
    const struct manifest *m = p->manifest;
    const struct manifest_file wanted = {.path = path};
    const struct manifest_file *found =
        bsearch(&wanted, m->files, p->sorted, sizeof(wanted), compare);
    for (size_t i = p->sorted; found == NULL && i < m->file_count; i++) {
        if (bytes_equal(m->files[i].path, path))
            found = &m->files[i];
    }
    return found;
}

static int add_directory(struct places *p, struct bytes path, struct bytes below)
{
    struct manifest *m = p->manifest;
    const struct manifest_file *there = find_file(p, path);
    if ((there != NULL && there->type != FILE_DIRECTORY) || has_file(p->request, path))
        return misuse("--secret: %.*s cannot be there, since %.*s is no directory", SHOWN(below),
                      SHOWN(path));
    if (there == NULL)
        m->files[m->file_count++] = (struct manifest_file){.type = FILE_DIRECTORY, .path = path};
    return 0;
}

/* Where the last directory above `path` ends, not counting its slash; 0: the root. */
static size_t parent_size(struct bytes path)
{
    size_t size = path.size;
    while (path.data[--size] != '/')
        ;
    return size;
}

static void open_way(struct manifest *m, struct bytes path)
{
    for (size_t i = 0; i < m->dir_count; i++) {
        if (manifest_path_below(path, m->dirs[i].path))
            return;
    }
    const size_t size = parent_size(path);
    const struct bytes parent = {.data = path.data, .size = size > 0 ? size : 1};
    m->dirs[m->dir_count++] = (struct manifest_dir){.path = parent, .read_only = true};
}

static int place(struct places *p, struct bytes path)
{
    int status = 0;
    if (find_file(p, path) != NULL)
        return misuse("--secret: %.*s is there already, by a --dir", SHOWN(path));
    for (size_t size = 1; status == 0 && size < path.size; size++) {
        const struct bytes above = {.data = path.data, .size = size};
        if (path.data[size] == '/')
            status = add_directory(p, above, path);
    }
    open_way(p->manifest, path);
    return status;
}

static size_t count_directories(const struct manifest *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->secret_file_count; i++) {
        for (size_t at = 1; at < m->secret_files[i].size; at++)
            count += m->secret_files[i].data[at] == '/';
    }
    return count;
}

/* Copies of the arrays with room for what is new. */
static int make_room(struct manifest *m, struct plan_secrets *own)
{
    own->files = calloc(m->file_count + count_directories(m) + 1, sizeof(*own->files));
    own->dirs = calloc(m->dir_count + m->secret_file_count, sizeof(*own->dirs));
    if (own->files == NULL || own->dirs == NULL)
        return fail("out of memory");
    if (m->file_count > 0)
        memcpy(own->files, m->files, m->file_count * sizeof(*own->files));
    if (m->dir_count > 0)
        memcpy(own->dirs, m->dirs, m->dir_count * sizeof(*own->dirs));
    m->files = own->files;
    m->dirs = own->dirs;
    return 0;
}

static int add_places(const struct request *r, struct manifest *m, struct plan_secrets *own)
{
    struct places p = {.request = r, .manifest = m, .sorted = m->file_count};
    int status = m->secret_file_count > 0 ? make_room(m, own) : 0;
    for (size_t i = 0; status == 0 && i < m->secret_file_count; i++)
        status = place(&p, m->secret_files[i]);
    return status;
}

int plan_secrets_add(const struct request *r, struct manifest *m, struct plan_secrets *own)
{
    *own = (struct plan_secrets){0};
    if (r->secret_count == 0)
        return 0;
    int status = check_names(r);
    if (status != 0)
        return status;
    own->names = calloc(r->secret_count, sizeof(*own->names));
    if (own->names == NULL)
        return fail("out of memory");
    add_names(r, m, own->names);
    return add_places(r, m, own);
}

void plan_secrets_fini(struct plan_secrets *own)
{
    free(own->names);
    free(own->dirs);
    free(own->files);
    *own = (struct plan_secrets){0};
}

/* ---- values ---- */

/* `values` are those of the request, in its order, which is the manifest's. */
static int encode(const struct manifest *m, const struct bytes *values, struct bytes *out)
{
    struct put p = put_counter();
    secrets_put(m, values, &p);
    if (p.size > SECRETS_SIZE_MAX)
        return fail("--secret: all of them together have %zu bytes; %u are the most", p.size,
                    SECRETS_SIZE_MAX);
    uint8_t *data = malloc(p.size + 1);
    if (data == NULL)
        return fail("out of memory");
    p = put_init(data, p.size);
    secrets_put(m, values, &p);
    *out = (struct bytes){.data = data, .size = p.size};
    return 0;
}

int plan_secrets_values(const struct request *r, const struct manifest *m, struct bytes *out)
{
    struct bytes *values = calloc(r->secret_count + 1, sizeof(*values));
    *out = (struct bytes){0};
    if (values == NULL)
        return fail("out of memory");
    for (size_t i = 0; i < r->secret_count; i++)
        values[i] = r->secrets[i].value;
    int status = encode(m, values, out);
    free(values);
    return status;
}

void plan_secrets_forget(struct bytes *values)
{
    wipe((void *)values->data, values->size);
    free((void *)values->data);
    *values = (struct bytes){0};
}
