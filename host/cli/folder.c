/* SPDX-License-Identifier: Apache-2.0 */
/* Folders that commands fill; see folder.h. Trusts the file system. */
#define _GNU_SOURCE
#include "host/cli/folder.h"

#include "host/cli/message.h"
#include "host/newfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_path(struct folder *folder)
{
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->fd < 0 ? fail("cannot open %s: %s", folder->path, strerror(errno)) : 0;
}

int folder_open(const char *path, struct folder *folder)
{
    *folder = (struct folder){.fd = -1};
    const int length = snprintf(folder->path, sizeof(folder->path), "%s", path);
    if (length >= (int)sizeof(folder->path))
        return fail("cannot make %s: %s", path, strerror(ENAMETOOLONG));
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        return fail("cannot make %s: %s", path, strerror(errno));
    return open_path(folder);
}

/* 0 for nothing, or an empty folder. */
static int check_free(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? 0 : fail("cannot write to %s: %s", path, strerror(errno));
    size_t count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count > 2
               ? fail("%s is not empty; name a folder that is, or that does not exist yet", path)
               : 0;
}

int folder_stage(const char *path, struct folder *folder)
{
    *folder = (struct folder){.fd = -1};
    int status = check_free(path);
    if (status != 0)
        return status;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const int size = snprintf(folder->path, sizeof(folder->path), "%.*s.XXXXXX", (int)length, path);
    if (size >= (int)sizeof(folder->path))
        return fail("cannot make %s: %s", path, strerror(ENAMETOOLONG));
    if (mkdtemp(folder->path) == NULL)
        return fail("cannot make %s: %s", path, strerror(errno));
    folder->final = path;
    return open_path(folder);
}

/* mkdtemp(3) closes it to others, whatever the user's mask says. */
static int open_to_others(const struct folder *folder)
{
    const mode_t mask = umask(0);
    umask(mask);
    return fchmod(folder->fd, 0777 & ~mask) < 0 ? -errno : 0;
}

int folder_commit(struct folder *folder)
{
    int error = open_to_others(folder);
    if (error == 0 && rename(folder->path, folder->final) < 0)
        error = -errno;
    if (error < 0)
        return fail("cannot make %s: %s", folder->final, strerror(-error));
    folder->final = NULL;
    return 0;
}

static int write_all(int fd, struct bytes content)
{
    while (content.size > 0) {
        const ssize_t n = write(fd, content.data, content.size);
        if (n < 0 && errno != EINTR)
            return -errno;
        content.data += n > 0 ? n : 0;
        content.size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int folder_write(const struct folder *folder, const char *name, struct bytes content)
{
    struct newfile file;
    int error = newfile_open(folder->fd, 0666, &file);
    if (error < 0)
        return error;
    error = write_all(file.fd, content);
    if (error == 0)
        error = newfile_commit(&file, name, true);
    newfile_close(&file);
    return error;
}

int folder_put(const struct folder *folder, const char *name, struct bytes content)
{
    int error = folder_write(folder, name, content);
    const char *path = folder->final != NULL ? folder->final : folder->path;
    return error < 0 ? fail("cannot write %s/%s: %s", path, name, strerror(-error)) : 0;
}

static void drop(const struct folder *folder)
{
    DIR *dir = fdopendir(dup(folder->fd));
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir))
        unlinkat(folder->fd, e->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder->path);
}

void folder_close(struct folder *folder)
{
    if (folder->fd < 0)
        return;
    if (folder->final != NULL)
        drop(folder);
    close(folder->fd);
    folder->fd = -1;
}
