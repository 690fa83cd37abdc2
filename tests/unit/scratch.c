/* SPDX-License-Identifier: Apache-2.0 */
/* Directories for tests; see scratch.h. */
#define _GNU_SOURCE
#include "tests/unit/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_open(void **state)
{
    char path[] = "/tmp/enarx-test.XXXXXX";
    if (mkdtemp(path) == NULL || chdir(path) < 0)
        return -1;
    *state = strdup(path);
    return *state == NULL ? -1 : 0;
}

static int drop(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s, (void)type, (void)at;
    return remove(path);
}

int scratch_close(void **state)
{
    int error = chdir("/") < 0 ? -1 : nftw(*state, drop, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return error;
}

void scratch_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(fd);
}

bool scratch_holds(const char *path, struct bytes text)
{
    struct stat s;
    if (lstat(path, &s) < 0 || !S_ISREG(s.st_mode) || (size_t)s.st_size != text.size)
        return false;
    uint8_t *data = malloc(text.size + 1);
    int fd = open(path, O_RDONLY);
    bool same = fd >= 0 && data != NULL && read(fd, data, text.size) == (ssize_t)text.size &&
                bytes_equal((struct bytes){.data = data, .size = text.size}, text);
    close(fd);
    free(data);
    return same;
}

size_t scratch_count(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    size_t count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}
