/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of files and streams; see filestat.h. */
#include "exec/wasi/filestat.h"

#include "base/put.h"
#include "exec/vfs/vfs.h"
#include "exec/wasi/state.h"

/* The file system's own number; streams have 0. */
#define FILES_DEVICE 1u

enum filetype filetype_of_node(enum node_type type)
{
    switch (type) {
    case NODE_FILE:
        return FILETYPE_REGULAR_FILE;
    case NODE_DIR:
        return FILETYPE_DIRECTORY;
    case NODE_SYMLINK:
        return FILETYPE_SYMBOLIC_LINK;
    }
    return FILETYPE_UNKNOWN;
}

enum filetype filetype_of(const struct fd *f)
{
    return f->node != NULL ? filetype_of_node(node_stat(f->node).type) : f->object->ops->filetype;
}

/* [WASI preview1 filestat] Preview 0 has a smaller count of links. */
void filestat_put(uint8_t *to, enum preview preview, enum filetype type, const struct node *n)
{
    struct node_stat s = {0};
    if (n != NULL)
        s = node_stat(n);
    struct put p = put_init(to, FILESTAT_SIZE(preview));
    put_le64(&p, n != NULL ? FILES_DEVICE : 0);
    put_le64(&p, s.ino);
    put_le32(&p, type);
    if (preview == PREVIEW0) {
        put_le32(&p, s.nlink < UINT32_MAX ? (uint32_t)s.nlink : UINT32_MAX);
    } else {
        put_le32(&p, 0);
        put_le64(&p, s.nlink);
    }
    put_le64(&p, s.size);
    put_le64(&p, s.atime_ns);
    put_le64(&p, s.mtime_ns);
    put_le64(&p, s.ctime_ns);
}

uint32_t filestat_set_times(struct node *n, const uint64_t *args, uint64_t now)
{
    uint64_t flags = args[2];
    if (flags > FST_ALL || (flags & (FST_ATIM | FST_ATIM_NOW)) == (FST_ATIM | FST_ATIM_NOW) ||
        (flags & (FST_MTIM | FST_MTIM_NOW)) == (FST_MTIM | FST_MTIM_NOW))
        return WASI_EINVAL;
    const uint64_t *atime = flags & FST_ATIM ? &args[0] : flags & FST_ATIM_NOW ? &now : NULL;
    const uint64_t *mtime = flags & FST_MTIM ? &args[1] : flags & FST_MTIM_NOW ? &now : NULL;
    return wasi_errno_of(node_set_times(n, atime, mtime));
}
