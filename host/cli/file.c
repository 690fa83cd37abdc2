/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole files; see file.h. */
#define _GNU_SOURCE
#include "host/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPACITY_MIN 65536u /* where the system knows no size */

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

static int reserve(struct buffer *b, size_t capacity)
{
    uint8_t *data = realloc(b->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    b->data = data;
    b->capacity = capacity;
    return 0;
}

static int read_rest(int fd, size_t size_max, struct buffer *b)
{
    for (;;) {
        int error = b->size == b->capacity ? reserve(b, 2 * b->capacity) : 0;
        if (error < 0)
            return error;
        ssize_t n = read(fd, b->data + b->size, b->capacity - b->size);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        b->size += n > 0 ? (size_t)n : 0;
        if (b->size > size_max)
            return -EFBIG;
    }
}

/* One byte more than the file has shows its end without another allocation. */
static int read_open(int fd, size_t size_max, struct buffer *b)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (st.st_size > 0 && (uint64_t)st.st_size > size_max)
        return -EFBIG;
    int error = reserve(b, st.st_size > 0 ? (size_t)st.st_size + 1 : CAPACITY_MIN);
    return error < 0 ? error : read_rest(fd, size_max, b);
}

static int write_all(int fd, struct bytes data)
{
    while (data.size > 0) {
        ssize_t n = write(fd, data.data, data.size);
        if (n < 0 && errno != EINTR)
            return -errno;
        data.data += n > 0 ? n : 0;
        data.size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int file_write(const char *path, struct bytes data, unsigned mode, bool replace)
{
    if (path == NULL)
        return write_all(STDOUT_FILENO, data);
    const int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (replace ? O_TRUNC : O_EXCL);
    int fd = open(path, how, mode);
    if (fd < 0)
        return -errno;
    int error = write_all(fd, data);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    if (error < 0 && !replace)
        unlink(path);
    return error;
}

int file_read(const char *path, size_t size_max, struct bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    struct buffer b = {0};
    int error = read_open(fd, size_max, &b);
    close(fd);
    if (error < 0) {
        free(b.data);
        return error;
    }
    *out = (struct bytes){.data = b.data, .size = b.size};
    return 0;
}
