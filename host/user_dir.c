/* SPDX-License-Identifier: Apache-2.0 */
/* The user's private directories; see user_dir.h. Trusts the environment. */
#define _GNU_SOURCE
#include "host/user_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int user_dir_path(const struct user_dir *dir, char path[static PATH_MAX], struct fault *fault)
{
    const char *base = getenv(dir->variable);
    const char *home = getenv("HOME");
    int size;
    if (base != NULL && base[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/%s", base, dir->below);
    else if (home != NULL && home[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/%s/%s", home, dir->fallback, dir->below);
    else
        return fault_set(fault, -ENOENT, "neither %s nor HOME says where %s is; set one of them",
                         dir->variable, dir->below);
    if (size >= PATH_MAX)
        return fault_set(fault, -ENAMETOOLONG, "the path in %s or HOME is too long", dir->variable);
    return 0;
}

static int make_one(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

/* Makes what is missing of the path. What it says of the last one matters: those above
 * may be there and not be ours to make. */
static int make_path(char *path)
{
    int first = 0;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const int error = make_one(path);
        first = first < 0 ? first : error;
        *slash = '/';
    }
    const int last = make_one(path);
    return last == -ENOENT ? first : last;
}

bool user_dir_is_private(const struct stat *s)
{
    return s->st_uid == geteuid() && (s->st_mode & 077) == 0;
}

static int open_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int user_dir_open_path(const char *name, bool make, struct fault *fault)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s", name) >= (int)sizeof(path))
        return fault_set(fault, -ENAMETOOLONG, "the path %s is too long", name);
    int fd = open_path(path);
    if (fd == -ENOENT && make) {
        int error = make_path(path);
        if (error < 0)
            return fault_system(fault, error, "cannot make directory %s", path);
        fd = open_path(path);
    }
    if (fd < 0)
        return fault_system(fault, fd, "cannot open directory %s", path);
    struct stat found;
    if (fstat(fd, &found) == 0 && user_dir_is_private(&found))
        return fd;
    close(fd);
    return fault_set(fault, -EPERM, "directory %s must be yours and closed to others (chmod 700)",
                     path);
}

int user_dir_open(const struct user_dir *dir, bool make, struct fault *fault)
{
    char path[PATH_MAX];
    int error = user_dir_path(dir, path, fault);
    return error < 0 ? error : user_dir_open_path(path, make, fault);
}

ssize_t user_dir_read(int dir, const char *name, void *out, size_t capacity, struct stat *found)
{
    struct stat s = {0};
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t size = -EPERM;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && user_dir_is_private(&s)) {
        size = read(fd, out, capacity);
        size = size < 0 ? -errno : size;
    }
    close(fd);
    if (found != NULL)
        *found = s;
    return size;
}
