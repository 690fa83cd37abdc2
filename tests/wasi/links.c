/* SPDX-License-Identifier: Apache-2.0 */
/* Hard and symbolic links, and that none of them leads out. */
#include "check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(close(fd) == 0);
}

static void check_hard(void)
{
    struct stat a, b;
    make("/file", "text");
    CHECK(link("/file", "/other") == 0);
    CHECK(stat("/file", &a) == 0 && stat("/other", &b) == 0);
    CHECK(a.st_ino == b.st_ino && a.st_nlink == 2);
    CHECK_FAILS(link("/file", "/other"), EEXIST);
    CHECK_FAILS(link("/missing", "/x"), ENOENT);
    CHECK(unlink("/file") == 0);
    CHECK(stat("/other", &b) == 0 && b.st_nlink == 1 && b.st_size == 4);
    CHECK(unlink("/other") == 0);
}

static void check_symbolic(void)
{
    struct stat s;
    char target[64] = "";
    CHECK(mkdir("/dir", 0755) == 0);
    make("/dir/file", "text");
    CHECK(symlink("dir/file", "/sym") == 0);
    CHECK(readlink("/sym", target, sizeof(target)) == 8 && strcmp(target, "dir/file") == 0);
    CHECK(readlink("/sym", target, 3) == 3);
    CHECK(lstat("/sym", &s) == 0 && S_ISLNK(s.st_mode) && s.st_size == 8);
    CHECK(stat("/sym", &s) == 0 && S_ISREG(s.st_mode) && s.st_size == 4);
    CHECK_FAILS(readlink("/dir/file", target, sizeof(target)), EINVAL);
    CHECK_FAILS(open("/sym", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK(unlink("/dir/file") == 0);
    CHECK_FAILS(stat("/sym", &s), ENOENT);
    CHECK(unlink("/sym") == 0 && rmdir("/dir") == 0);
}

static void check_loop(void)
{
    CHECK(symlink("b", "/a") == 0 && symlink("a", "/b") == 0);
    CHECK_FAILS(open("/a", O_RDONLY), ELOOP);
    CHECK(unlink("/a") == 0 && unlink("/b") == 0);
}

static void check_ways_out(void)
{
    struct stat s;
    CHECK(symlink("../../etc", "/out") == 0);
    CHECK(stat("/out/passwd", &s) == -1);
    CHECK(symlink("/etc", "/absolute") == -1);
    CHECK(stat("/../etc/passwd", &s) == -1);
    CHECK(unlink("/out") == 0);
}

int main(void)
{
    check_hard();
    check_symbolic();
    check_loop();
    check_ways_out();
    return 0;
}
