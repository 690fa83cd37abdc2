/* SPDX-License-Identifier: Apache-2.0 */
/* Copies directories of the host into memory; see tree_copy.h. What lies in them
 * may change meanwhile and be anything: names are opened one by one without
 * following symlinks, and a file counts only if it ends where it did before. */
#define _GNU_SOURCE
#include "host/tree_copy.h"

#include "base/utf8.h"
#include "crypto/digest.h"
#include "host/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One --dir being copied. */
struct source {
    const char *host;
    size_t prefix; /* bytes of a row's path before what is relative to host */
    int root;
};

/* Something in a source. */
struct item {
    const struct source *source;
    int dir;
    const char *name; /* in dir */
    const char *path; /* relative to the source */
    struct stat stat;
};

static struct bytes text(const char *t) { return bytes_of_text(t); }

/* ---- messages ---- */

static int refuse(const struct tree_import *m, const struct item *item, int error, const char *why)
{
    return fault_set(m->fault, error, "--dir %s: %s/%s %s", item->source->host, item->source->host,
                     item->path, why);
}

static int cannot(const struct tree_import *m, const struct item *item, int error, const char *what)
{
    return fault_system(m->fault, error, "--dir %s: cannot %s %s/%s", item->source->host, what,
                        item->source->host, item->path);
}

static int out_of_memory(const struct tree_import *m)
{
    return fault_set(m->fault, -ENOMEM, "--dir: out of memory");
}

/* ---- rows ---- */

static int charge(struct tree_import *m, const char *host, uint64_t size)
{
    if (size <= m->left) {
        m->left -= size;
        return 0;
    }
    return fault_set(m->fault, -EFBIG,
                     "--dir %s: all files given to the keep would take more than %llu bytes, the "
                     "most that it may hold; give a smaller directory",
                     host, (unsigned long long)m->size_max);
}

static int reserve(struct tree_import *m)
{
    if (m->count < m->capacity)
        return 0;
    if (m->count >= MANIFEST_COUNT_MAX)
        return fault_set(m->fault, -EFBIG, "--dir: more than %u files and directories",
                         MANIFEST_COUNT_MAX);
    size_t capacity = m->capacity == 0 ? 256 : m->capacity * 2;
    struct tree_row *rows = realloc(m->rows, capacity * sizeof(*rows));
    if (rows == NULL)
        return out_of_memory(m);
    m->rows = rows;
    m->capacity = capacity;
    return 0;
}

int tree_add_row(struct tree_import *m, struct bytes path, enum manifest_file_type type,
                 uint64_t mtime)
{
    int error = reserve(m);
    if (error < 0)
        return error;
    char *copy = strndup((const char *)path.data, path.size);
    if (copy == NULL)
        return out_of_memory(m);
    m->rows[m->count++] = (struct tree_row){
        .file = {.type = type, .path = text(copy), .mtime = mtime},
    };
    return 0;
}

static uint64_t mtime_of(const struct stat *s)
{
    if (s->st_mtim.tv_sec < 0)
        return 0;
    return (uint64_t)s->st_mtim.tv_sec * 1000000000u + (uint64_t)s->st_mtim.tv_nsec;
}

/* ---- contents ---- */

/* Exactly `size` bytes and then the end. */
static int read_whole(int fd, uint8_t *to, size_t size)
{
    size_t have = 0;
    for (;;) {
        uint8_t beyond;
        ssize_t n = have < size ? read(fd, to + have, size - have) : read(fd, &beyond, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0 || have == size)
            return n == 0 && have == size ? 0 : -EAGAIN;
        have += (size_t)n;
    }
}

static int read_content(struct tree_import *m, const struct item *item, int fd,
                        struct tree_row *row)
{
    size_t size = (size_t)item->stat.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (data == NULL)
        return out_of_memory(m);
    row->content = (struct bytes){.data = data, .size = size};
    row->file.size = size;
    int error = read_whole(fd, data, size);
    if (error == -EAGAIN)
        return refuse(m, item, error, "changed while it was read; try again");
    if (error < 0)
        return cannot(m, item, error, "read");
    error = sha256(row->content, row->file.digest);
    return error < 0 ? out_of_memory(m) : 0;
}

static int add_file(struct tree_import *m, struct item *item, struct tree_row *row)
{
    int fd = openat(item->dir, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return cannot(m, item, -errno, "read");
    int error;
    if (fstat(fd, &item->stat) < 0)
        error = cannot(m, item, -errno, "read");
    else if (!S_ISREG(item->stat.st_mode))
        error = refuse(m, item, -EAGAIN, "changed while it was read; try again");
    else
        error = charge(m, item->source->host, (uint64_t)item->stat.st_size);
    if (error == 0)
        error = read_content(m, item, fd, row);
    close(fd);
    return error;
}

static int add_symlink(struct tree_import *m, struct item *item, struct tree_row *row)
{
    char target[GUEST_PATH_MAX + 1];
    ssize_t size = readlinkat(item->dir, item->name, target, sizeof(target));
    if (size < 0)
        return cannot(m, item, -errno, "read");
    if (size > (ssize_t)GUEST_PATH_MAX)
        return refuse(m, item, -ENAMETOOLONG, "is a symlink that is too long for a keep");
    target[size] = '\0';
    if (!utf8_check(text(target)))
        return refuse(m, item, -EILSEQ, "is a symlink to a name that is not UTF-8");
    if (!beneath_target_ok(text(item->path), text(target)))
        return refuse(m, item, -EXDEV,
                      "is a symlink that leads out of the directory; remove it, or put a copy of "
                      "what it means in its place");
    char *copy = strdup(target);
    if (copy == NULL)
        return out_of_memory(m);
    row->file.target = text(copy);
    return charge(m, item->source->host, row->file.target.size);
}

/* ---- directories ---- */

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFSOCK:
        return "is a socket, which cannot be given to a keep";
    case S_IFIFO:
        return "is a FIFO, which cannot be given to a keep";
    default:
        return "is a device, which cannot be given to a keep";
    }
}

static int add_item(struct tree_import *m, struct item *item, struct bytes path)
{
    if (fstatat(item->dir, item->name, &item->stat, AT_SYMLINK_NOFOLLOW) < 0)
        return cannot(m, item, -errno, "read");
    mode_t mode = item->stat.st_mode;
    if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
        return refuse(m, item, -EINVAL, kind_of(mode));
    enum manifest_file_type type = S_ISREG(mode)   ? FILE_REGULAR
                                   : S_ISDIR(mode) ? FILE_DIRECTORY
                                                   : FILE_SYMLINK;
    int error = charge(m, item->source->host, strlen(item->name));
    if (error == 0)
        error = tree_add_row(m, path, type, mtime_of(&item->stat));
    if (error < 0 || type == FILE_DIRECTORY)
        return error;
    struct tree_row *row = &m->rows[m->count - 1];
    return type == FILE_REGULAR ? add_file(m, item, row) : add_symlink(m, item, row);
}

/* True when another --dir has its place here. */
static bool is_hidden(const struct tree_import *m, struct bytes path)
{
    for (size_t i = 0; i < m->tree->dir_count; i++) {
        if (m->hosts[i] != NULL && bytes_equal(m->tree->dirs[i].path, path))
            return true;
    }
    return false;
}

static int add_name(struct tree_import *m, const struct source *source, int dir,
                    struct bytes parent, const char *name)
{
    char path[GUEST_PATH_MAX + 1];
    const char *above = parent.size == 1 ? "" : (const char *)parent.data;
    int size = snprintf(path, sizeof(path), "%s/%s", above, name);
    struct item item = {.source = source, .dir = dir, .name = name, .path = path + source->prefix};
    if (size > (int)GUEST_PATH_MAX)
        return refuse(m, &item, -ENAMETOOLONG, "... has a path that is too long for a keep");
    if (!utf8_check(text(name)))
        return refuse(m, &item, -EILSEQ, "has a name that is not UTF-8");
    if (is_hidden(m, text(path)))
        return 0;
    return add_item(m, &item, text(path));
}

/* Adds a row for everything in the directory of `row`. */
static int add_entries(struct tree_import *m, const struct source *source, size_t row)
{
    struct bytes path = m->rows[row].file.path;
    struct bytes below = {0};
    if (path.size > source->prefix)
        below = text((const char *)path.data + source->prefix);
    const struct item item = {.source = source,
                              .path = below.size > 0 ? (const char *)below.data : ""};
    int fd = beneath_open_dir(source->root, below, O_RDONLY);
    if (fd < 0)
        return cannot(m, &item, fd, "read");
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return out_of_memory(m);
    }
    int error = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL && errno != 0)
            error = cannot(m, &item, -errno, "read");
        if (entry == NULL || error < 0)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = add_name(m, source, fd, path, entry->d_name);
    }
    closedir(dir);
    return error;
}

static int open_host(const struct tree_import *m, const char *host, struct stat *stat)
{
    int fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, stat) == 0)
        return fd;
    int error = -errno;
    if (fd >= 0)
        close(fd);
    if (error == -ENOENT)
        return fault_set(m->fault, error, "--dir %s: there is no such directory", host);
    if (error == -ENOTDIR)
        return fault_set(m->fault, error, "--dir %s: this is a file; give a directory", host);
    return fault_system(m->fault, error, "--dir %s: cannot open the directory", host);
}

/* The rows are the list of directories still to read, too. */
int tree_copy(struct tree_import *m, const char *host, struct bytes guest)
{
    struct stat stat;
    struct source source = {.host = host, .prefix = guest.size == 1 ? 1 : guest.size + 1};
    source.root = open_host(m, host, &stat);
    if (source.root < 0)
        return source.root;
    size_t next = m->count;
    int error = tree_add_row(m, guest, FILE_DIRECTORY, mtime_of(&stat));
    for (; error == 0 && next < m->count; next++) {
        if (m->rows[next].file.type == FILE_DIRECTORY)
            error = add_entries(m, &source, next);
    }
    close(source.root);
    return error;
}
