/* SPDX-License-Identifier: Apache-2.0 */
/* Sends output directories; see output.h. Small records share a part. */
#include "exec/output.h"

#include "base/put.h"
#include "conf/manifest.h"
#include "exec/surroundings.h"
#include "exec/vfs/vfs.h"
#include "include/archive.h"

#include <errno.h>
#include <string.h>

struct writer {
    const struct surroundings *to;
    uint8_t buffer[PORT_CHUNK];
    size_t size;
    uint32_t directory; /* index in the manifest */
};

static int writer_send(const struct writer *w, struct bytes part)
{
    return w->to->output(w->to->context, part);
}

static int writer_flush(struct writer *w)
{
    int error = writer_send(w, (struct bytes){.data = w->buffer, .size = w->size});
    w->size = 0;
    return error;
}

static int writer_add(struct writer *w, struct bytes data)
{
    if (data.size > sizeof(w->buffer) - w->size) {
        int error = writer_flush(w);
        if (error < 0)
            return error;
    }
    if (data.size > sizeof(w->buffer))
        return writer_send(w, data);
    if (data.size > 0)
        memcpy(w->buffer + w->size, data.data, data.size);
    w->size += data.size;
    return 0;
}

static int add_record(struct writer *w, enum archive_type type, const struct vfs_entry *e)
{
    uint8_t bytes[ARCHIVE_RECORD_SIZE];
    struct put p = put_init(bytes, sizeof(bytes));
    put_le32(&p, type);
    put_le32(&p, w->directory);
    put_le32(&p, (uint32_t)e->name.size);
    put_le32(&p, 0);
    put_le64(&p, e->mtime_ns);
    put_le64(&p, e->size);
    int error = writer_add(w, put_done(&p));
    if (error == 0)
        error = writer_add(w, e->name);
    if (error == 0)
        error = writer_add(w, (struct bytes){.data = e->data, .size = (size_t)e->size});
    return error;
}

static int add_entry(void *context, const struct vfs_entry *e)
{
    static const enum archive_type types[] = {
        [NODE_FILE] = ARCHIVE_FILE,
        [NODE_DIR] = ARCHIVE_DIRECTORY,
        [NODE_SYMLINK] = ARCHIVE_SYMLINK,
    };
    if (e->name.size > ARCHIVE_PATH_MAX)
        return -ENAMETOOLONG;
    return add_record(context, types[e->type], e);
}

static int add_header(struct writer *w)
{
    uint8_t bytes[ARCHIVE_HEADER_SIZE];
    struct put p = put_init(bytes, sizeof(bytes));
    put_le32(&p, ARCHIVE_MAGIC);
    put_le32(&p, ARCHIVE_VERSION);
    return writer_add(w, put_done(&p));
}

static int add_end(struct writer *w)
{
    w->directory = 0;
    int error = add_record(w, ARCHIVE_END, &(struct vfs_entry){0});
    return error < 0 ? error : writer_flush(w);
}

int output_send(const struct manifest *m, struct vfs *v, const struct surroundings *to)
{
    static struct writer w;
    w.to = to;
    w.size = 0; /* of what was cut short */
    bool begun = false;
    for (size_t i = 0; i < m->dir_count; i++) {
        if (!m->dirs[i].output)
            continue;
        int error = begun ? 0 : add_header(&w);
        begun = true;
        w.directory = (uint32_t)i;
        if (error == 0)
            error = vfs_walk(v, m->dirs[i].path, add_entry, &w);
        if (error < 0)
            return error;
    }
    return begun ? add_end(&w) : 0;
}
