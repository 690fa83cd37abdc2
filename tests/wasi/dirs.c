/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: made, listed while they change, renamed, removed. */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT 300

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0);
    CHECK(close(fd) == 0);
}

static void check_listing(void)
{
    char path[32];
    CHECK(mkdir("/list", 0755) == 0);
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof(path), "/list/file-%d", i);
        make(path);
    }
    DIR *d = opendir("/list");
    CHECK(d != NULL);
    char seen[COUNT] = {0};
    struct dirent *e;
    while ((e = readdir(d)) != NULL) {
        int i;
        if (sscanf(e->d_name, "file-%d", &i) != 1)
            continue;
        CHECK(e->d_type == DT_REG && i >= 0 && i < COUNT && !seen[i]);
        seen[i] = 1;
        CHECK(unlinkat(dirfd(d), e->d_name, 0) == 0);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(seen[i]);
    CHECK(closedir(d) == 0);
    CHECK(rmdir("/list") == 0);
}

static void check_make_and_remove(void)
{
    struct stat s;
    CHECK(mkdir("/dir", 0755) == 0);
    CHECK_FAILS(mkdir("/dir", 0755), EEXIST);
    CHECK_FAILS(mkdir("/missing/dir", 0755), ENOENT);
    make("/dir/file");
    CHECK_FAILS(mkdir("/dir/file/x", 0755), ENOTDIR);
    CHECK_FAILS(rmdir("/dir"), ENOTEMPTY);
    CHECK_FAILS(rmdir("/dir/file"), ENOTDIR);
    CHECK(unlink("/dir/file") == 0);
    CHECK(stat("/dir", &s) == 0 && S_ISDIR(s.st_mode));
    CHECK(rmdir("/dir") == 0);
    CHECK_FAILS(stat("/dir", &s), ENOENT);
}

static void check_rename(void)
{
    struct stat before, after;
    make("/a");
    make("/b");
    CHECK(stat("/a", &before) == 0);
    CHECK(rename("/a", "/b") == 0);
    CHECK(stat("/b", &after) == 0 && before.st_ino == after.st_ino);
    CHECK_FAILS(stat("/a", &before), ENOENT);
    CHECK_FAILS(rename("/a", "/c"), ENOENT);
    CHECK(mkdir("/d", 0755) == 0 && mkdir("/d/e", 0755) == 0);
    CHECK_FAILS(rename("/d", "/d/e/f"), EINVAL);
    CHECK_FAILS(rename("/b", "/d"), EISDIR);
    CHECK_FAILS(rename("/d", "/b"), ENOTDIR);
    CHECK(rename("/b", "/d/e/b") == 0);
    CHECK(rename("/d/e", "/e") == 0);
    CHECK(unlink("/e/b") == 0 && rmdir("/e") == 0 && rmdir("/d") == 0);
}

/* Relative to a directory that is open. */
static void check_at(void)
{
    CHECK(mkdir("/at", 0755) == 0);
    int dir = open("/at", O_RDONLY | O_DIRECTORY);
    CHECK(dir >= 0);
    int fd = openat(dir, "file", O_RDWR | O_CREAT, 0644);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    CHECK(openat(dir, "../", O_RDONLY) == -1); /* what is above is not reached this way */
    CHECK_FAILS(openat(fd, "x", O_RDONLY), EBADF);
    CHECK(unlinkat(dir, "file", 0) == 0);
    CHECK(close(dir) == 0 && rmdir("/at") == 0);
}

int main(void)
{
    check_listing();
    check_make_and_remove();
    check_rename();
    check_at();
    return 0;
}
