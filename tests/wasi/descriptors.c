/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: the standard three, directories found by scanning, numbers. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>
#include <wasi/api.h>

static int open_file(void)
{
    int fd = open("/file", O_RDWR | O_CREAT, 0644);
    CHECK(fd >= 3);
    return fd;
}

static void check_scan(void)
{
    __wasi_prestat_t p;
    uint8_t name[16] = "";
    CHECK(__wasi_fd_prestat_get(3, &p) == 0);
    CHECK(p.tag == __WASI_PREOPENTYPE_DIR && p.u.dir.pr_name_len == 1);
    CHECK(__wasi_fd_prestat_dir_name(3, name, 1) == 0 && name[0] == '/');
    CHECK(__wasi_fd_prestat_dir_name(3, name, 0) == __WASI_ERRNO_NAMETOOLONG);
    int fd = open_file();
    CHECK(__wasi_fd_prestat_get((__wasi_fd_t)fd, &p) == __WASI_ERRNO_BADF);
    CHECK(__wasi_fd_prestat_get(1000, &p) == __WASI_ERRNO_BADF);
    CHECK(close(fd) == 0);
}

static void check_fdstat(void)
{
    __wasi_fdstat_t s;
    CHECK(__wasi_fd_fdstat_get(3, &s) == 0 && s.fs_filetype == __WASI_FILETYPE_DIRECTORY);
    CHECK((s.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) != 0);
    int fd = open_file();
    CHECK(__wasi_fd_fdstat_get((__wasi_fd_t)fd, &s) == 0);
    CHECK(s.fs_filetype == __WASI_FILETYPE_REGULAR_FILE && s.fs_flags == 0);
    CHECK((s.fs_rights_base & __WASI_RIGHTS_FD_SEEK) != 0);
    CHECK(!isatty(fd));
    CHECK(__wasi_fd_fdstat_get(1000, &s) == __WASI_ERRNO_BADF);
    CHECK(close(fd) == 0);
}

static void check_renumber(void)
{
    char c;
    int a = open_file();
    int b = open_file();
    CHECK(a != b);
    CHECK(write(a, "x", 1) == 1);
    CHECK(__wasi_fd_renumber((__wasi_fd_t)a, (__wasi_fd_t)b) == 0);
    CHECK(lseek(b, 0, SEEK_CUR) == 1);
    CHECK_FAILS(read(a, &c, 1), EBADF);
    CHECK(__wasi_fd_renumber((__wasi_fd_t)b, 1000) == __WASI_ERRNO_BADF);
    CHECK(open_file() == a); /* the number is free again */
    CHECK(close(a) == 0 && close(b) == 0);
    CHECK(unlink("/file") == 0);
}

static void check_streams(void)
{
    __wasi_filesize_t offset;
    __wasi_size_t size;
    __wasi_filestat_t s;
    CHECK_FAILS(lseek(0, 0, SEEK_SET), ESPIPE);
    CHECK_FAILS(lseek(1, 0, SEEK_CUR), ESPIPE);
    CHECK(__wasi_fd_tell(2, &offset) == __WASI_ERRNO_SPIPE);
    CHECK(__wasi_fd_filestat_get(1, &s) == 0 && s.size == 0);
    CHECK(__wasi_sock_shutdown(1, __WASI_SDFLAGS_WR) == __WASI_ERRNO_NOTSOCK);
    __wasi_ciovec_t v = {(const uint8_t *)"", 0};
    CHECK(__wasi_sock_send(1, &v, 1, 0, &size) == __WASI_ERRNO_NOTSOCK);
    CHECK(__wasi_fd_write(1, &v, 1, &size) == 0 && size == 0);
    CHECK(__wasi_fd_write(0, &v, 1, &size) == __WASI_ERRNO_BADF);
}

int main(void)
{
    check_scan();
    check_fdstat();
    check_renumber();
    check_streams();
    return 0;
}
