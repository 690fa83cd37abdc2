/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest to CBOR; see manifest.h and manifest_map.h. Trusts the manifest, which is its
 * caller's. */
#include "base/cbor.h"
#include "conf/manifest_check.h"
#include "conf/manifest_map.h"

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

/* What is left out when it is empty. */
static void put_optional(struct put *p, const struct manifest *m)
{
    put_items(p, KEY_SECRET_ENV, cbor_put_text, m->secret_env, m->secret_env_count);
    put_items(p, KEY_SECRET_FILES, cbor_put_text, m->secret_files, m->secret_file_count);
    put_tls_streams(p, m, manifest_count_tls(m->streams, m->stream_count));
    put_items(p, KEY_CAS, cbor_put_bytes, m->cas, m->ca_count);
    put_items(p, KEY_POLICIES, cbor_put_text, m->policies, m->policy_count);
    put_items(p, KEY_CERT_NAMES, cbor_put_text, m->cert_names, m->cert_name_count);
    put_steward(p, m);
}

static size_t count_pairs(const struct manifest *m)
{
    return PAIRS_MIN + (m->secret_env_count > 0) + (m->secret_file_count > 0) +
           (manifest_count_tls(m->streams, m->stream_count) > 0) + (m->ca_count > 0) +
           (m->policy_count > 0) + (m->cert_name_count > 0) + (m->steward.size > 0);
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
