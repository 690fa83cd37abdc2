/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the workload from the host; see workload.h. The manifest is what the
 * workload is; all that comes after is checked against it. */
#include "exec/workload.h"

#include "crypto/digest.h"
#include "exec/output.h"
#include "exec/port.h"
#include "exec/report.h"
#include "exec/stream.h"
#include "exec/vfs/vfs.h"
#include "exec/wasi/wasi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_SIZE_MAX (1024u * 1024u * 1024u)

static void check(int error, const char *what)
{
    if (error < 0)
        report_failure("cannot take the %s from the host: %s", what, strerror(-error));
}

static int check_digest(struct bytes data, const uint8_t *expected)
{
    uint8_t digest[SHA256_SIZE];
    int error = sha256(data, digest);
    if (error < 0)
        return error;
    return memcmp(digest, expected, sizeof(digest)) == 0 ? 0 : -EBADMSG;
}

/* ---- files ---- */

static int load_file(void *context, size_t index, void *to, size_t size)
{
    const struct manifest *m = context;
    const struct manifest_file *file = &m->files[index];
    int error = port_fetch_into(PORT_BLOB_FILE, index, to, size);
    if (error == 0)
        error = check_digest((struct bytes){.data = to, .size = size}, file->digest);
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

static void open_files(struct workload *w, uint64_t size_max)
{
    const struct manifest *m = &w->manifest;
    uint64_t size = m->files_size < size_max ? m->files_size : size_max;
    check(vfs_new(size, load_file, &w->manifest, &w->vfs), "file system");
    for (size_t i = 0; i < m->file_count; i++)
        check(add_file(w->vfs, &m->files[i], i), "list of files");
}

/* ---- streams ---- */

static struct object *open_stream(const struct manifest_stream *s, size_t index, uint32_t terminals)
{
    int64_t handle = -1;
    switch (s->kind) {
    case STREAM_NULL:
        return NULL;
    case STREAM_STDIN:
        return stream_new_input(0, terminals & 1);
    case STREAM_STDOUT:
        return stream_new_output(1, terminals & 2);
    case STREAM_STDERR:
        return stream_new_output(2, terminals & 4);
    case STREAM_LISTEN:
        handle = port_listen(index);
        break;
    case STREAM_CONNECT:
        handle = port_connect(index);
        break;
    }
    if (handle < 0)
        report_failure("cannot open stream %.*s: %s", (int)s->name.size, (const char *)s->name.data,
                       strerror((int)-handle));
    return s->kind == STREAM_LISTEN ? stream_new_listener(handle) : stream_new_connection(handle);
}

static struct object **open_streams(const struct manifest *m, uint32_t terminals)
{
    struct object **streams = calloc(m->stream_count + 1, sizeof(*streams));
    if (streams == NULL)
        check(-ENOMEM, "streams");
    for (size_t i = 0; i < m->stream_count; i++)
        streams[i] = open_stream(&m->streams[i], i, terminals);
    return streams;
}

/* ---- the WASI instance ---- */

static void open_wasi(struct workload *w, uint32_t terminals)
{
    const struct manifest *m = &w->manifest;
    struct wasi_env *env = calloc(m->env_count + 1, sizeof(*env));
    struct wasi_preopen *dirs = calloc(m->dir_count + 1, sizeof(*dirs));
    if (env == NULL || dirs == NULL)
        check(-ENOMEM, "environment");
    for (size_t i = 0; i < m->env_count; i++)
        env[i] = (struct wasi_env){.name = m->env[i].name, .value = m->env[i].value};
    for (size_t i = 0; i < m->dir_count; i++)
        dirs[i] = (struct wasi_preopen){.path = m->dirs[i].path, .read_only = m->dirs[i].read_only};
    const struct wasi_config config = {
        .args = m->args,
        .arg_count = m->arg_count,
        .env = env,
        .env_count = m->env_count,
        .streams = open_streams(m, terminals),
        .stream_count = m->stream_count,
        .dirs = dirs,
        .dir_count = m->dir_count,
        .vfs = w->vfs,
        .host = {.wait = stream_wait, .now = port_now},
    };
    check(wasi_new(&config, &w->wasi), "preopened directories");
}

void workload_open(struct workload *w, const struct boot_record *boot)
{
    struct bytes manifest;
    check(port_fetch(PORT_BLOB_MANIFEST, MANIFEST_SIZE_MAX, &manifest), "manifest");
    check(manifest_parse(manifest, &w->manifest), "manifest");
    check(port_fetch(PORT_BLOB_MODULE, MODULE_SIZE_MAX, &w->module), "module");
    if (w->module.size != w->manifest.module_size)
        check(-EBADMSG, "module");
    check(check_digest(w->module, w->manifest.module_digest), "module");
    open_files(w, boot->files_size);
    open_wasi(w, boot->terminals);
}

static bool is_below(struct bytes path, struct bytes dir)
{
    if (dir.size == 1) /* the root */
        return true;
    return path.size >= dir.size && memcmp(path.data, dir.data, dir.size) == 0 &&
           (path.size == dir.size || path.data[dir.size] == '/');
}

static bool is_sent_back(const struct manifest *m, struct bytes path)
{
    for (size_t i = 0; i < m->dir_count; i++) {
        if (m->dirs[i].output && is_below(path, m->dirs[i].path))
            return true;
    }
    return false;
}

void workload_finish(struct workload *w)
{
    const struct manifest *m = &w->manifest;
    int error = output_send(m, w->vfs);
    if (error < 0)
        report(PORT_LOG_ERROR, "cannot send the output directories back: %s", strerror(-error));
    for (size_t i = 0; i < m->dir_count; i++) {
        struct bytes path = m->dirs[i].path;
        if (is_sent_back(m, path) || !vfs_changed(w->vfs, path))
            continue;
        report(PORT_LOG_WARN, "files changed in %.*s are lost; keep them with --dir-out %.*s::HOST",
               (int)path.size, (const char *)path.data, (int)path.size, (const char *)path.data);
    }
}
