/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the kernel's; see small_file.h. */
#define _GNU_SOURCE
#include "host/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void small_file_read(int dir, const char *path, char *text, size_t size)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
}

int small_file_write(int dir, const char *path, const char *text)
{
    int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const ssize_t size = (ssize_t)strlen(text);
    const ssize_t written = write(fd, text, (size_t)size);
    const int error = written < 0 ? -errno : written < size ? -EIO : 0;
    close(fd);
    return error;
}
