/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the workload and runs it; see workload.h. The manifest is what the
 * workload is; all that comes after is checked against it. */
#include "exec/workload.h"

#include "base/wipe.h"
#include "conf/manifest_check.h"
#include "conf/secrets.h"
#include "crypto/digest.h"
#include "exec/check.h"
#include "exec/output.h"
#include "exec/port.h"
#include "exec/report.h"
#include "exec/surroundings.h"
#include "exec/vfs/vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The error, told where it is one. */
static int told(int error, const char *what)
{
    if (error < 0)
        report(PORT_LOG_ERROR, "cannot take the %s: %s", what, strerror(-error));
    return error;
}

static bool has_digest(struct bytes data, const uint8_t *expected)
{
    uint8_t digest[SHA256_SIZE];
    return sha256(data, digest) == 0 && memcmp(digest, expected, sizeof(digest)) == 0;
}

/* ---- secrets ---- */

static int parse_secrets(struct workload *w, struct bytes given)
{
    w->secrets = calloc(secrets_count(&w->manifest) + 1, sizeof(*w->secrets));
    w->secret_bytes = malloc(given.size + 1);
    if (w->secrets == NULL || w->secret_bytes == NULL)
        return -ENOMEM;
    if (given.size > 0)
        memcpy(w->secret_bytes, given.data, given.size);
    w->secret_size = given.size;
    const struct bytes own = {.data = w->secret_bytes, .size = w->secret_size};
    return secrets_parse(own, &w->manifest, w->secrets);
}

static int take_secrets(struct workload *w)
{
    const struct source *source = w->surroundings->source;
    struct bytes given;
    if (source->secrets == NULL && secrets_count(&w->manifest) == 0)
        return 0;
    if (source->secrets == NULL) {
        report(PORT_LOG_ERROR, "the workload has secrets, and only 'enarx deploy' brings them");
        return -EOPNOTSUPP;
    }
    int error = source->secrets(source->context, &given);
    return told(error < 0 ? error : parse_secrets(w, given), "secrets");
}

/* ---- files ---- */

/* Public files are numbered as in the manifest, secret ones from there on. */
static int load_file(void *context, size_t index, void *to, size_t size)
{
    const struct workload *w = context;
    const struct manifest *m = &w->manifest;
    if (index >= m->file_count) {
        memcpy(to, w->secrets[m->secret_env_count + index - m->file_count].data, size);
        return 0;
    }
    const struct source *source = w->surroundings->source;
    const struct manifest_file *file = &m->files[index];
    int error = source->file(source->context, index, to, size);
    if (error == 0 && !CHECK(file_digest, has_digest((struct bytes){to, size}, file->digest)))
        error = -EBADMSG;
    if (error < 0)
        report(PORT_LOG_ERROR, "file %.*s is not what the manifest says; changed while being read?",
               (int)file->path.size, (const char *)file->path.data);
    return error;
}

static int add_file(struct vfs *v, const struct manifest_file *file, size_t index)
{
    switch (file->type) {
    case FILE_DIRECTORY:
        return vfs_add_dir(v, file->path, file->mtime);
    case FILE_SYMLINK:
        return vfs_add_symlink(v, file->path, file->target, file->mtime);
    default:
        return vfs_add_file(v, file->path, file->size, file->mtime, index);
    }
}

static int open_files(struct workload *w, uint64_t size_max)
{
    const struct manifest *m = &w->manifest;
    uint64_t size = m->files_size < size_max ? m->files_size : size_max;
    int error = told(vfs_new(size, load_file, w, &w->vfs), "file system");
    for (size_t i = 0; error == 0 && i < m->file_count; i++)
        error = told(add_file(w->vfs, &m->files[i], i), "list of files");
    for (size_t i = 0; error == 0 && i < m->secret_file_count; i++) {
        const uint64_t secret_size = w->secrets[m->secret_env_count + i].size;
        const size_t index = m->file_count + i;
        error = told(vfs_add_file(w->vfs, m->secret_files[i], secret_size, 0, index),
                     "list of secret files");
    }
    return error;
}

/* ---- streams ---- */

static int open_stream(struct workload *w, size_t index, struct object **out)
{
    const struct surroundings *around = w->surroundings;
    const enum stream_kind kind = w->manifest.streams[index].kind;
    switch (kind) {
    case STREAM_NULL:
        return 0;
    case STREAM_LISTEN:
    case STREAM_CONNECT:
        return network_open(&w->network, index, out);
    default:
        *out = around->standard(around->context, kind - STREAM_STDIN);
        return *out == NULL ? told(-ENOMEM, "streams") : 0;
    }
}

/* ---- the WASI instance ---- */

/* Null when memory is short. */
static struct wasi_env *make_env(const struct workload *w)
{
    const struct manifest *m = &w->manifest;
    struct wasi_env *env = calloc(m->env_count + m->secret_env_count + 1, sizeof(*env));
    if (env == NULL)
        return NULL;
    for (size_t i = 0; i < m->env_count; i++)
        env[i] = (struct wasi_env){.name = m->env[i].name, .value = m->env[i].value};
    for (size_t i = 0; i < m->secret_env_count; i++)
        env[m->env_count + i] = (struct wasi_env){.name = m->secret_env[i], .value = w->secrets[i]};
    return env;
}

static int fill_config(struct workload *w, struct wasi_config *config)
{
    const struct manifest *m = &w->manifest;
    struct wasi_env *env = make_env(w);
    struct wasi_preopen *dirs = calloc(m->dir_count + 1, sizeof(*dirs));
    struct object **streams = calloc(m->stream_count + 1, sizeof(struct object *));
    if (env == NULL || dirs == NULL || streams == NULL)
        return told(-ENOMEM, "environment");
    for (size_t i = 0; i < m->dir_count; i++)
        dirs[i] = (struct wasi_preopen){.path = m->dirs[i].path, .read_only = m->dirs[i].read_only};
    for (size_t i = 0; i < m->stream_count; i++) {
        int error = open_stream(w, i, &streams[i]);
        if (error < 0)
            return error;
    }
    *config = (struct wasi_config){
        .args = m->args,
        .arg_count = m->arg_count,
        .env = env,
        .env_count = m->env_count + m->secret_env_count,
        .streams = streams,
        .stream_count = m->stream_count,
        .dirs = dirs,
        .dir_count = m->dir_count,
        .vfs = w->vfs,
        .host = w->network.host,
    };
    return 0;
}

static int open_wasi(struct workload *w)
{
    struct wasi_config config;
    int error = fill_config(w, &config);
    return error < 0 ? error : told(wasi_new(&config, &w->wasi), "preopened directories");
}

static int take(struct workload *w)
{
    const struct source *source = w->surroundings->source;
    struct bytes manifest;
    int error = source->manifest(source->context, &manifest);
    if (error == 0)
        error = manifest_parse(manifest, &w->manifest);
    if (error == 0)
        error = sha256(manifest, w->digest);
    if (error < 0)
        return told(error, "manifest");
    error = source->module(source->context, &w->module);
    if (error == 0 && w->module.size != w->manifest.module_size)
        error = -EBADMSG;
    if (error == 0 && !CHECK(module_digest, has_digest(w->module, w->manifest.module_digest)))
        error = -EBADMSG;
    return told(error, "module");
}

int workload_open(struct workload *w, const struct boot_record *boot,
                  const struct surroundings *surroundings)
{
    *w = (struct workload){.surroundings = surroundings};
    int error = take(w);
    if (error == 0)
        error = take_secrets(w);
    if (error == 0)
        error = open_files(w, boot->files_size);
    if (error == 0)
        error = network_init(&w->network, &w->manifest, w->digest, &surroundings->host);
    return error < 0 ? error : open_wasi(w);
}

/* ---- running ---- */

static bool is_sent_back(const struct manifest *m, struct bytes path)
{
    for (size_t i = 0; i < m->dir_count; i++) {
        if (m->dirs[i].output && manifest_path_below(path, m->dirs[i].path))
            return true;
    }
    return false;
}

struct engine_result workload_run(struct workload *w, const struct boot_record *boot)
{
    const struct manifest *m = &w->manifest;
    const uint64_t asked = m->memory_size;
    const struct engine_config config = {
        .compiler = m->compiler,
        .threads = boot->cpus > 1,
        .memory_size = asked < boot->memory_size ? asked : boot->memory_size,
    };
    const struct engine_result result = engine_run(&config, w->module, m->module_digest, w->wasi);
    if (!result.trapped)
        network_end(&w->network);
    return result;
}

int workload_send_output(const struct workload *w)
{
    const int error = output_send(&w->manifest, w->vfs, w->surroundings);
    if (error < 0 && error != -ENOTCONN)
        report(PORT_LOG_ERROR, "cannot send the output directories back: %s", strerror(-error));
    return error;
}

void workload_warn(const struct workload *w)
{
    const struct manifest *m = &w->manifest;
    for (size_t i = 0; i < m->dir_count; i++) {
        struct bytes path = m->dirs[i].path;
        if (is_sent_back(m, path) || !vfs_changed(w->vfs, path))
            continue;
        report(PORT_LOG_WARN, "files changed in %.*s are lost; keep them with --dir-out %.*s::HOST",
               (int)path.size, (const char *)path.data, (int)path.size, (const char *)path.data);
    }
}

void workload_close(struct workload *w)
{
    if (w->secret_bytes != NULL)
        wipe(w->secret_bytes, w->secret_size);
}
