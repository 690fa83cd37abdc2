/* SPDX-License-Identifier: Apache-2.0 */
/* Files named when complete; see newfile.h. Trusts the kernel. */
#define _GNU_SOURCE
#include "host/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static int pick_name(struct newfile *file)
{
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    snprintf(file->temp, sizeof(file->temp), ".enarx-%016llx", (unsigned long long)random);
    return 0;
}

static int open_named(struct newfile *file, mode_t mode)
{
    int error = pick_name(file);
    if (error < 0)
        return error;
    file->fd = openat(file->dir, file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file->fd >= 0)
        return 0;
    error = -errno;
    file->temp[0] = '\0';
    return error;
}

int newfile_open(int dir, mode_t mode, struct newfile *file)
{
    *file = (struct newfile){.dir = dir};
    file->fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
    if (file->fd >= 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != EISDIR)
        return -errno;
    return open_named(file, mode);
}

int newfile_write(const struct newfile *file, struct bytes content)
{
    while (content.size > 0) {
        const ssize_t size = write(file->fd, content.data, content.size);
        if (size < 0 && errno != EINTR)
            return -errno;
        if (size > 0)
            content = (struct bytes){content.data + size, content.size - (size_t)size};
    }
    return 0;
}

static int give_name(struct newfile *file)
{
    if (file->temp[0] != '\0')
        return 0;
    int error = pick_name(file);
    if (error < 0)
        return error;
    char self[40];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
    if (linkat(AT_FDCWD, self, file->dir, file->temp, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    error = -errno;
    file->temp[0] = '\0';
    return error;
}

int newfile_commit(struct newfile *file, const char *name, bool replace)
{
    int error = give_name(file);
    if (error < 0)
        return error;
    if (!replace)
        return linkat(file->dir, file->temp, file->dir, name, 0) < 0 ? -errno : 0;
    if (renameat(file->dir, file->temp, file->dir, name) < 0)
        return -errno;
    file->temp[0] = '\0';
    return 0;
}

void newfile_close(struct newfile *file)
{
    if (file->temp[0] != '\0')
        unlinkat(file->dir, file->temp, 0);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct newfile){.fd = -1};
}

int newfile_put(int dir, const char *name, struct bytes content, bool replace)
{
    struct newfile file;
    int error = newfile_open(dir, 0600, &file);
    if (error < 0)
        return error;
    error = newfile_write(&file, content);
    if (error == 0)
        error = newfile_commit(&file, name, replace);
    newfile_close(&file);
    return error;
}
