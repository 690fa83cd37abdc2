/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest as CBOR; see manifest.h. Whoever parses one trusts nothing in it:
 * decode first, then check the meaning, then publish.
 *
 * One map, its keys those of enum key, all present but those after KEY_FILES, which are
 * there only for what is not empty. An entry of an array is itself an array of a
 * fixed number of fields. */
#include "conf/manifest.h"

#include "base/cbor.h"
#include "conf/manifest_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum key {
    KEY_VERSION = 1,
    KEY_MODULE_DIGEST,
    KEY_MODULE_SIZE,
    KEY_COMPILER,
    KEY_MEMORY_SIZE,
    KEY_FILES_SIZE,
    KEY_ARGS,
    KEY_ENV,
    KEY_STREAMS,
    KEY_DIRS,
    KEY_FILES,
    KEY_SECRET_ENV,
    KEY_SECRET_FILES,
    KEY_TLS, /* a row for each stream that speaks it, in their order */
    KEY_CAS,
    KEY_POLICIES,
    KEY_CERT_NAMES,
    KEY_STEWARD,
};

enum { PAIRS_MIN = KEY_FILES, PAIRS_MAX = KEY_STEWARD };

enum {
    TLS_FIELDS = 5,
    ENV_FIELDS = 2,
    STREAM_FIELDS = 5,
    DIR_FIELDS = 3,
    FILE_FIELDS = 6,
    STEWARD_FIELDS = 2,
};

/* ---- put ---- */

static void put_digest(struct put *p, const uint8_t digest[static DIGEST_SIZE])
{
    cbor_put_bytes(p, (struct bytes){.data = digest, .size = DIGEST_SIZE});
}

static void put_uint(struct put *p, enum key key, uint64_t value)
{
    cbor_put_uint(p, key);
    cbor_put_uint(p, value);
}

static void put_array(struct put *p, enum key key, size_t count)
{
    cbor_put_uint(p, key);
    cbor_put_array(p, count);
}

static void put_env(struct put *p, const struct manifest_env *e)
{
    cbor_put_array(p, ENV_FIELDS);
    cbor_put_text(p, e->name);
    cbor_put_text(p, e->value);
}

static void put_stream(struct put *p, const struct manifest_stream *s)
{
    cbor_put_array(p, STREAM_FIELDS);
    cbor_put_uint(p, s->kind);
    cbor_put_text(p, s->name);
    cbor_put_uint(p, s->protocol);
    cbor_put_text(p, s->host);
    cbor_put_uint(p, s->port);
}

static void put_dir(struct put *p, const struct manifest_dir *d)
{
    cbor_put_array(p, DIR_FIELDS);
    cbor_put_text(p, d->path);
    cbor_put_bool(p, d->read_only);
    cbor_put_bool(p, d->output);
}

static void put_file(struct put *p, const struct manifest_file *f)
{
    cbor_put_array(p, FILE_FIELDS);
    cbor_put_uint(p, f->type);
    cbor_put_text(p, f->path);
    cbor_put_uint(p, f->mtime);
    cbor_put_uint(p, f->size);
    put_digest(p, f->digest);
    cbor_put_text(p, f->target);
}

static void put_tls(struct put *p, const struct manifest_tls *t)
{
    cbor_put_array(p, TLS_FIELDS);
    cbor_put_uint(p, t->clients);
    cbor_put_uint(p, t->verify);
    cbor_put_uint(p, t->trust);
    cbor_put_text(p, t->server_name);
    cbor_put_bytes(p, t->alpn);
}

static void put_tls_streams(struct put *p, const struct manifest *m, size_t count)
{
    if (count > 0)
        put_array(p, KEY_TLS, count);
    for (size_t i = 0; i < m->stream_count; i++) {
        if (manifest_stream_is_tls(&m->streams[i]))
            put_tls(p, &m->streams[i].tls);
    }
}

typedef void put_item(struct put *p, struct bytes item);

static void put_items(struct put *p, enum key key, put_item *put, const struct bytes *items,
                      size_t count)
{
    if (count == 0)
        return;
    put_array(p, key, count);
    for (size_t i = 0; i < count; i++)
        put(p, items[i]);
}

static void put_steward(struct put *p, const struct manifest *m)
{
    if (m->steward.size == 0)
        return;
    put_array(p, KEY_STEWARD, STEWARD_FIELDS);
    cbor_put_text(p, m->steward);
    cbor_put_uint(p, m->steward_ca);
}

static size_t count_tls(const struct manifest *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->stream_count; i++)
        count += manifest_stream_is_tls(&m->streams[i]);
    return count;
}

/* What is left out when it is empty. */
static void put_optional(struct put *p, const struct manifest *m)
{
    put_items(p, KEY_SECRET_ENV, cbor_put_text, m->secret_env, m->secret_env_count);
    put_items(p, KEY_SECRET_FILES, cbor_put_text, m->secret_files, m->secret_file_count);
    put_tls_streams(p, m, count_tls(m));
    put_items(p, KEY_CAS, cbor_put_bytes, m->cas, m->ca_count);
    put_items(p, KEY_POLICIES, cbor_put_text, m->policies, m->policy_count);
    put_items(p, KEY_CERT_NAMES, cbor_put_text, m->cert_names, m->cert_name_count);
    put_steward(p, m);
}

static size_t count_pairs(const struct manifest *m)
{
    return PAIRS_MIN + (m->secret_env_count > 0) + (m->secret_file_count > 0) + (count_tls(m) > 0) +
           (m->ca_count > 0) + (m->policy_count > 0) + (m->cert_name_count > 0) +
           (m->steward.size > 0);
}

void manifest_put(const struct manifest *m, struct put *p)
{
    cbor_put_map(p, count_pairs(m));
    put_uint(p, KEY_VERSION, MANIFEST_VERSION);
    cbor_put_uint(p, KEY_MODULE_DIGEST);
    put_digest(p, m->module_digest);
    put_uint(p, KEY_MODULE_SIZE, m->module_size);
    put_uint(p, KEY_COMPILER, m->compiler);
    put_uint(p, KEY_MEMORY_SIZE, m->memory_size);
    put_uint(p, KEY_FILES_SIZE, m->files_size);
    put_array(p, KEY_ARGS, m->arg_count);
    for (size_t i = 0; i < m->arg_count; i++)
        cbor_put_text(p, m->args[i]);
    put_array(p, KEY_ENV, m->env_count);
    for (size_t i = 0; i < m->env_count; i++)
        put_env(p, &m->env[i]);
    put_array(p, KEY_STREAMS, m->stream_count);
    for (size_t i = 0; i < m->stream_count; i++)
        put_stream(p, &m->streams[i]);
    put_array(p, KEY_DIRS, m->dir_count);
    for (size_t i = 0; i < m->dir_count; i++)
        put_dir(p, &m->dirs[i]);
    put_array(p, KEY_FILES, m->file_count);
    for (size_t i = 0; i < m->file_count; i++)
        put_file(p, &m->files[i]);
    put_optional(p, m);
}

/* ---- take ---- */

static void take_fields(struct cur *c, size_t count)
{
    if (cbor_take_array(c, count) != count)
        cur_fail(c);
}

static uint64_t take_uint(struct cur *c, enum key key, uint64_t max)
{
    cbor_take_key(c, key);
    return cbor_take_uint(c, max);
}

static void take_digest(struct cur *c, uint8_t digest[static DIGEST_SIZE])
{
    struct bytes from = cbor_take_bytes(c);
    if (from.size != DIGEST_SIZE)
        cur_fail(c);
    if (cur_ok(c))
        memcpy(digest, from.data, DIGEST_SIZE);
}

static void take_env(struct cur *c, struct manifest_env *e)
{
    take_fields(c, ENV_FIELDS);
    e->name = cbor_take_text(c);
    e->value = cbor_take_text(c);
}

static void take_stream(struct cur *c, struct manifest_stream *s)
{
    take_fields(c, STREAM_FIELDS);
    s->kind = (enum stream_kind)cbor_take_uint(c, STREAM_CONNECT);
    s->name = cbor_take_text(c);
    s->protocol = (enum stream_protocol)cbor_take_uint(c, PROTOCOL_TCP);
    s->host = cbor_take_text(c);
    s->port = (uint16_t)cbor_take_uint(c, UINT16_MAX);
}

static void take_dir(struct cur *c, struct manifest_dir *d)
{
    take_fields(c, DIR_FIELDS);
    d->path = cbor_take_text(c);
    d->read_only = cbor_take_bool(c);
    d->output = cbor_take_bool(c);
}

static void take_file(struct cur *c, struct manifest_file *f)
{
    take_fields(c, FILE_FIELDS);
    f->type = (enum manifest_file_type)cbor_take_uint(c, FILE_SYMLINK);
    f->path = cbor_take_text(c);
    f->mtime = cbor_take_uint(c, UINT64_MAX);
    f->size = cbor_take_uint(c, UINT64_MAX);
    take_digest(c, f->digest);
    f->target = cbor_take_text(c);
}

/* An array of `count` rows of `size` bytes, zeroed. The count is bounded by the
 * bytes that are left, so what is allocated is bounded by the input. */
static void *make_rows(struct cur *c, size_t size, size_t *count, bool *no_memory)
{
    *count = cbor_take_array(c, MANIFEST_COUNT_MAX);
    if (*count == 0)
        return NULL;
    void *rows = calloc(*count, size);
    if (rows == NULL) {
        *count = 0;
        *no_memory = true;
        cur_fail(c);
    }
    return rows;
}

static void *take_rows(struct cur *c, enum key key, size_t size, size_t *count, bool *no_memory)
{
    cbor_take_key(c, key);
    return make_rows(c, size, count, no_memory);
}

static struct bytes *take_items(struct cur *c, struct bytes (*take)(struct cur *c), size_t *count,
                                bool *no_memory)
{
    struct bytes *items = make_rows(c, sizeof(*items), count, no_memory);
    if (*count == 0) /* is left out */
        cur_fail(c);
    for (size_t i = 0; i < *count; i++)
        items[i] = take(c);
    return items;
}

static void take_tls(struct cur *c, struct manifest_tls *t)
{
    take_fields(c, TLS_FIELDS);
    t->clients = (enum tls_clients)cbor_take_uint(c, CLIENTS_REQUIRED);
    t->verify = (enum tls_verify)cbor_take_uint(c, VERIFY_ATTESTED);
    t->trust = (size_t)cbor_take_uint(c, MANIFEST_COUNT_MAX);
    t->server_name = cbor_take_text(c);
    t->alpn = cbor_take_bytes(c);
}

static void take_tls_streams(struct cur *c, struct manifest *m)
{
    const size_t count = count_tls(m);
    if (count == 0)
        cur_fail(c);
    take_fields(c, count);
    for (size_t i = 0; i < m->stream_count; i++) {
        if (manifest_stream_is_tls(&m->streams[i]))
            take_tls(c, &m->streams[i].tls);
    }
}

static void take_steward(struct cur *c, struct manifest *m)
{
    take_fields(c, STEWARD_FIELDS);
    m->steward = cbor_take_text(c);
    m->steward_ca = (size_t)cbor_take_uint(c, MANIFEST_COUNT_MAX);
    if (m->steward.size == 0) /* is left out */
        cur_fail(c);
}

static void take_pair(struct cur *c, uint64_t key, struct manifest *m, bool *no_memory)
{
    if (key == KEY_SECRET_ENV)
        m->secret_env = take_items(c, cbor_take_text, &m->secret_env_count, no_memory);
    if (key == KEY_SECRET_FILES)
        m->secret_files = take_items(c, cbor_take_text, &m->secret_file_count, no_memory);
    if (key == KEY_TLS)
        take_tls_streams(c, m);
    if (key == KEY_CAS)
        m->cas = take_items(c, cbor_take_bytes, &m->ca_count, no_memory);
    if (key == KEY_POLICIES)
        m->policies = take_items(c, cbor_take_text, &m->policy_count, no_memory);
    if (key == KEY_CERT_NAMES)
        m->cert_names = take_items(c, cbor_take_text, &m->cert_name_count, no_memory);
    if (key == KEY_STEWARD)
        take_steward(c, m);
}

/* The last pairs of the map, ascending as all of it. */
static void take_optional(struct cur *c, size_t pairs, struct manifest *m, bool *no_memory)
{
    uint64_t last = KEY_FILES;
    bool tls = false;
    for (; pairs > 0 && cur_ok(c); pairs--) {
        const uint64_t key = cbor_take_uint(c, PAIRS_MAX);
        if (key <= last)
            cur_fail(c);
        last = key;
        tls |= key == KEY_TLS;
        if (cur_ok(c))
            take_pair(c, key, m, no_memory);
    }
    if (count_tls(m) > 0 && !tls)
        cur_fail(c);
}

/* 0, or -ENOMEM; what is malformed fails the cursor. */
static int take(struct cur *c, struct manifest *m)
{
    bool no_memory = false;
    const size_t pairs = cbor_take_map(c, PAIRS_MAX);
    if (pairs < PAIRS_MIN)
        cur_fail(c);
    if (take_uint(c, KEY_VERSION, MANIFEST_VERSION) != MANIFEST_VERSION)
        cur_fail(c);
    cbor_take_key(c, KEY_MODULE_DIGEST);
    take_digest(c, m->module_digest);
    m->module_size = take_uint(c, KEY_MODULE_SIZE, UINT64_MAX);
    m->compiler = (enum compiler)take_uint(c, KEY_COMPILER, COMPILER_WINCH);
    m->memory_size = take_uint(c, KEY_MEMORY_SIZE, UINT64_MAX);
    m->files_size = take_uint(c, KEY_FILES_SIZE, UINT64_MAX);
    m->args = take_rows(c, KEY_ARGS, sizeof(*m->args), &m->arg_count, &no_memory);
    for (size_t i = 0; i < m->arg_count; i++)
        m->args[i] = cbor_take_text(c);
    m->env = take_rows(c, KEY_ENV, sizeof(*m->env), &m->env_count, &no_memory);
    for (size_t i = 0; i < m->env_count; i++)
        take_env(c, &m->env[i]);
    m->streams = take_rows(c, KEY_STREAMS, sizeof(*m->streams), &m->stream_count, &no_memory);
    for (size_t i = 0; i < m->stream_count; i++)
        take_stream(c, &m->streams[i]);
    m->dirs = take_rows(c, KEY_DIRS, sizeof(*m->dirs), &m->dir_count, &no_memory);
    for (size_t i = 0; i < m->dir_count; i++)
        take_dir(c, &m->dirs[i]);
    m->files = take_rows(c, KEY_FILES, sizeof(*m->files), &m->file_count, &no_memory);
    for (size_t i = 0; i < m->file_count; i++)
        take_file(c, &m->files[i]);
    if (cur_ok(c))
        take_optional(c, pairs - PAIRS_MIN, m, &no_memory);
    return no_memory ? -ENOMEM : 0;
}

int manifest_parse(struct bytes from, struct manifest *out)
{
    *out = (struct manifest){0};
    if (from.size > MANIFEST_SIZE_MAX)
        return -EBADMSG;
    struct manifest m = {0};
    struct cur c = cur_init(from);
    int error = take(&c, &m);
    if (error == 0)
        error = cur_done(&c) ? manifest_check(&m) : -EBADMSG;
    if (error < 0) {
        manifest_fini(&m);
        return error;
    }
    *out = m;
    return 0;
}

void manifest_fini(struct manifest *m)
{
    free(m->args);
    free(m->env);
    free(m->streams);
    free(m->dirs);
    free(m->files);
    free(m->secret_env);
    free(m->secret_files);
    free(m->cas);
    free(m->policies);
    free(m->cert_names);
    *m = (struct manifest){0};
}
