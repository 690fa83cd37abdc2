/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's files; see service_file.h. */
#define _GNU_SOURCE
#include "host/service_file.h"

#include "base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The group may read, as service managers have it; nobody else, and nobody may write. */
static int check_owner(const struct stat *st, const char *name, struct fault *fault)
{
    if ((st->st_uid == geteuid() || st->st_uid == 0) && (st->st_mode & 037) == 0)
        return 0;
    return fault_set(fault, -EPERM,
                     "%s can be read or changed by others; make it yours alone (chmod 600)", name);
}

static int read_all(int fd, size_t size, struct bytes *out)
{
    uint8_t *data = malloc(size + 1);
    size_t have = 0;
    ssize_t n = data == NULL ? -1 : 1;
    while (n > 0 && have < size) {
        n = read(fd, data + have, size - have);
        have += n > 0 ? (size_t)n : 0;
    }
    const int error = n >= 0 ? 0 : data == NULL ? -ENOMEM : -errno;
    struct bytes got = {.data = data, .size = have};
    if (error < 0)
        service_file_forget(&got);
    *out = got;
    return error;
}

int service_file_read(int dir, const char *name, bool secret, size_t size_max, struct bytes *out,
                      struct fault *fault)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
    if (error < 0)
        fault_system(fault, error, "cannot read %s", name);
    else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > size_max)
        error = fault_set(fault, -EINVAL, "%s is no file of at most %zu bytes", name, size_max);
    else if (secret)
        error = check_owner(&st, name, fault);
    if (error == 0) {
        error = read_all(fd, (size_t)st.st_size, out);
        if (error < 0)
            fault_system(fault, error, "cannot read %s", name);
    }
    if (fd >= 0)
        close(fd);
    return error;
}

void service_file_forget(struct bytes *b)
{
    if (b->data != NULL)
        wipe((void *)b->data, b->size);
    free((void *)b->data);
    *b = (struct bytes){0};
}
