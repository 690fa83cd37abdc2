/* SPDX-License-Identifier: Apache-2.0 */
/* What only this runtime promises: a bad pointer is EFAULT and changes nothing, a
 * bad descriptor in a poll has an event of its own, flags unknown are EINVAL. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#define NOWHERE ((void *)0xfffffff0)

static void check_pointers(int fd)
{
    struct stat s;
    __wasi_size_t size;
    __wasi_iovec_t in = {NOWHERE, 4};
    __wasi_ciovec_t out[] = {{(const uint8_t *)"text", 4}, {NOWHERE, 4}};
    CHECK(__wasi_fd_read((__wasi_fd_t)fd, &in, 1, &size) == __WASI_ERRNO_FAULT);
    CHECK(__wasi_fd_read((__wasi_fd_t)fd, NOWHERE, 1, &size) == __WASI_ERRNO_FAULT);
    CHECK(__wasi_fd_write((__wasi_fd_t)fd, out, 2, &size) == __WASI_ERRNO_FAULT);
    CHECK(__wasi_fd_write((__wasi_fd_t)fd, out, 1, NOWHERE) == __WASI_ERRNO_FAULT);
    CHECK(__wasi_random_get(NOWHERE, 100) == __WASI_ERRNO_FAULT);
    CHECK(__wasi_path_open(3, 0, "new", __WASI_OFLAGS_CREAT, 0, 0, 0, NOWHERE) ==
          __WASI_ERRNO_FAULT);
    CHECK(fstat(fd, &s) == 0 && s.st_size == 0);
    CHECK_FAILS(stat("/new", &s), ENOENT);
}

static void check_flags(int fd)
{
    __wasi_fd_t opened;
    CHECK(__wasi_path_open(3, 0, "file", 1 << 4, 0, 0, 0, &opened) == __WASI_ERRNO_INVAL);
    CHECK(__wasi_path_open(3, 2, "file", 0, 0, 0, 0, &opened) == __WASI_ERRNO_INVAL);
    CHECK(__wasi_path_open(3, 0, "file", 0, 0, 0, 1 << 5, &opened) == __WASI_ERRNO_INVAL);
    CHECK(__wasi_fd_fdstat_set_flags((__wasi_fd_t)fd, 1 << 5) == __WASI_ERRNO_INVAL);
    CHECK(__wasi_fd_filestat_set_times((__wasi_fd_t)fd, 0, 0, 3) == __WASI_ERRNO_INVAL);
    CHECK(__wasi_fd_allocate((__wasi_fd_t)fd, 0, 10) == 0);
    CHECK(lseek(fd, 0, SEEK_END) == 10);
}

static void check_text(void)
{
    CHECK(__wasi_path_create_directory(3, "\xff") == __WASI_ERRNO_ILSEQ);
    CHECK(__wasi_path_create_directory(3, "") == __WASI_ERRNO_NOENT);
    CHECK(__wasi_path_create_directory(1, "x") == __WASI_ERRNO_NOTDIR);
}

static void check_poll(void)
{
    __wasi_event_t out;
    __wasi_size_t events;
    __wasi_subscription_t in = {.userdata = 7};
    in.u.tag = __WASI_EVENTTYPE_FD_READ;
    in.u.u.fd_read.file_descriptor = 1000;
    CHECK(__wasi_poll_oneoff(&in, &out, 1, &events) == 0 && events == 1);
    CHECK(out.userdata == 7 && out.error == __WASI_ERRNO_BADF);
}

/* The memory of the program cannot hide a copy: 64 KiB differ from one another. */
static void check_random(void)
{
    static uint8_t a[65536], b[65536];
    CHECK(__wasi_random_get(a, sizeof(a)) == 0);
    CHECK(__wasi_random_get(b, sizeof(b)) == 0);
    CHECK(memcmp(a, b, sizeof(a)) != 0 && memcmp(a, a + 32768, 32768) != 0);
}

int main(void)
{
    int fd = open("/file", O_RDWR | O_CREAT, 0644);
    CHECK(fd >= 0);
    check_pointers(fd);
    check_flags(fd);
    check_text();
    check_poll();
    check_random();
    CHECK(close(fd) == 0 && unlink("/file") == 0);
    return 0;
}
