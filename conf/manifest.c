/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest from CBOR; see manifest.h and manifest_map.h. Trusts nothing in it: decode first,
 * then check the meaning, then publish. */
#include "conf/manifest.h"

#include "base/cbor.h"
#include "conf/manifest_check.h"
#include "conf/manifest_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    const size_t count = manifest_count_tls(m->streams, m->stream_count);
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
    if (manifest_count_tls(m->streams, m->stream_count) > 0 && !tls)
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
