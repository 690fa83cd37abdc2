/* SPDX-License-Identifier: Apache-2.0 */
/* Regular files through the C library. */
#include "check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void check_stdio(void)
{
    char text[64];
    FILE *f = fopen("/stdio", "w+");
    CHECK(f != NULL);
    CHECK(fprintf(f, "one %d\ntwo\n", 1) == 10);
    rewind(f);
    CHECK(fgets(text, sizeof(text), f) != NULL && strcmp(text, "one 1\n") == 0);
    CHECK(ftell(f) == 6);
    CHECK(fseek(f, -4, SEEK_END) == 0);
    CHECK(fgets(text, sizeof(text), f) != NULL && strcmp(text, "two\n") == 0);
    CHECK(fgets(text, sizeof(text), f) == NULL && feof(f));
    CHECK(fclose(f) == 0);
    CHECK(remove("/stdio") == 0);
    CHECK(fopen("/stdio", "r") == NULL && errno == ENOENT);
}

static void check_offsets(void)
{
    char text[16] = "";
    int fd = open("/offsets", O_RDWR | O_CREAT | O_EXCL, 0644);
    CHECK(fd >= 0);
    CHECK_FAILS(open("/offsets", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
    CHECK(write(fd, "0123456789", 10) == 10);
    CHECK(lseek(fd, 0, SEEK_CUR) == 10);
    CHECK(pread(fd, text, 4, 3) == 4 && memcmp(text, "3456", 4) == 0);
    CHECK(pwrite(fd, "ab", 2, 1) == 2);
    CHECK(lseek(fd, 0, SEEK_CUR) == 10);
    CHECK(lseek(fd, 20, SEEK_SET) == 20);
    CHECK(read(fd, text, 1) == 0);
    CHECK(write(fd, "z", 1) == 1);
    CHECK(pread(fd, text, 16, 8) == 13);
    CHECK(memcmp(text, "89\0\0\0\0\0\0\0\0\0\0z", 13) == 0);
    CHECK_FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK(close(fd) == 0);
    CHECK_FAILS(close(fd), EBADF);
    CHECK(unlink("/offsets") == 0);
}

static void check_vectors(void)
{
    char a[3] = "", b[8] = "";
    struct iovec out[] = {{"head", 4}, {"", 0}, {"body", 4}};
    struct iovec in[] = {{a, 3}, {b, 8}};
    int fd = open("/vectors", O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    ssize_t written = writev(fd, out, 3);
    CHECK(written >= 4 && written <= 8);
    CHECK(pwrite(fd, "headbody", 8, 0) == 8);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    ssize_t n = readv(fd, in, 2);
    CHECK(n >= 3 && n <= 8 && memcmp(a, "hea", 3) == 0);
    CHECK(n == 3 || memcmp(b, "dbody", (size_t)n - 3) == 0);
    CHECK(close(fd) == 0 && unlink("/vectors") == 0);
}

static void check_append(void)
{
    struct stat s;
    int fd = open("/append", O_WRONLY | O_CREAT | O_APPEND, 0644);
    CHECK(fd >= 0);
    CHECK(write(fd, "one", 3) == 3);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK(write(fd, "two", 3) == 3);
    CHECK(lseek(fd, 0, SEEK_CUR) == 6);
    CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    CHECK(fcntl(fd, F_SETFL, 0) == 0);
    CHECK((fcntl(fd, F_GETFL) & O_APPEND) == 0);
    CHECK(pwrite(fd, "O", 1, 0) == 1);
    CHECK(fstat(fd, &s) == 0 && s.st_size == 6 && S_ISREG(s.st_mode));
    CHECK(close(fd) == 0 && unlink("/append") == 0);
}

static void check_size(void)
{
    struct stat s;
    char text[4] = "";
    int fd = open("/size", O_RDWR | O_CREAT, 0644);
    CHECK(write(fd, "0123456789", 10) == 10);
    CHECK(ftruncate(fd, 4) == 0);
    CHECK(fstat(fd, &s) == 0 && s.st_size == 4);
    CHECK(ftruncate(fd, 100) == 0);
    CHECK(fstat(fd, &s) == 0 && s.st_size == 100);
    CHECK(pread(fd, text, 4, 96) == 4 && memcmp(text, "\0\0\0\0", 4) == 0);
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
    CHECK(close(fd) == 0);
    fd = open("/size", O_WRONLY | O_TRUNC);
    CHECK(fd >= 0 && fstat(fd, &s) == 0 && s.st_size == 0);
    CHECK(close(fd) == 0 && unlink("/size") == 0);
}

static void check_access(void)
{
    char c;
    int fd = open("/access", O_WRONLY | O_CREAT, 0644);
    CHECK_FAILS(read(fd, &c, 1), EBADF);
    CHECK(close(fd) == 0);
    fd = open("/access", O_RDONLY);
    CHECK_FAILS(write(fd, "x", 1), EBADF);
    CHECK(close(fd) == 0 && unlink("/access") == 0);
    CHECK_FAILS(open("/", O_RDWR), EISDIR);
}

/* A file without a name lives on while it is open. */
static void check_unlinked(void)
{
    char text[3] = "";
    int fd = open("/unlinked", O_RDWR | O_CREAT, 0644);
    CHECK(unlink("/unlinked") == 0);
    CHECK(write(fd, "abc", 3) == 3);
    CHECK(pread(fd, text, 3, 0) == 3 && memcmp(text, "abc", 3) == 0);
    CHECK(close(fd) == 0);
}

int main(void)
{
    check_stdio();
    check_offsets();
    check_vectors();
    check_append();
    check_size();
    check_access();
    check_unlinked();
    return 0;
}
