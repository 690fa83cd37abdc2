/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, sleeping, and the times of files. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    CHECK(clock_gettime(clock, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check_clocks(void)
{
    struct timespec t;
    CHECK(clock_getres(CLOCK_REALTIME, &t) == 0 && t.tv_sec + t.tv_nsec > 0);
    CHECK(clock_getres(CLOCK_MONOTONIC, &t) == 0 && t.tv_sec + t.tv_nsec > 0);
    double last = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < 1000; i++) {
        double now = seconds(CLOCK_MONOTONIC);
        CHECK(now >= last);
        last = now;
    }
    CHECK(time(NULL) > 1700000000);
}

static void check_sleep(void)
{
    struct timespec t = {.tv_nsec = 20000000};
    double start = seconds(CLOCK_MONOTONIC);
    CHECK(nanosleep(&t, NULL) == 0);
    double passed = seconds(CLOCK_MONOTONIC) - start;
    CHECK(passed >= 0.02 && passed < 5);
    start = seconds(CLOCK_REALTIME);
    t.tv_sec = (time_t)start;
    t.tv_nsec = (long)((start - (double)t.tv_sec) * 1e9);
    CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == 0); /* past: at once */
}

static void check_files(void)
{
    struct stat s;
    struct timespec set[2] = {{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 2000, .tv_nsec = 2}};
    int fd = open("/times", O_RDWR | O_CREAT, 0644);
    CHECK(fd >= 0);
    CHECK(fstat(fd, &s) == 0 && time(NULL) - s.st_mtim.tv_sec < 60);
    CHECK(futimens(fd, set) == 0);
    CHECK(fstat(fd, &s) == 0);
    CHECK(s.st_atim.tv_sec == 1000 && s.st_mtim.tv_sec == 2000 && s.st_mtim.tv_nsec == 2);
    CHECK(__wasi_fd_filestat_set_times((__wasi_fd_t)fd, 7, 7, __WASI_FSTFLAGS_MTIM_NOW) == 0);
    CHECK(stat("/times", &s) == 0);
    CHECK(s.st_atim.tv_sec == 1000 && time(NULL) - s.st_mtim.tv_sec < 60);
    set[1].tv_sec = 5;
    CHECK(utimensat(AT_FDCWD, "/times", set, 0) == 0);
    CHECK(fstat(fd, &s) == 0 && s.st_mtim.tv_sec == 5);
    CHECK(write(fd, "x", 1) == 1);
    CHECK(fstat(fd, &s) == 0 && s.st_mtim.tv_sec > 5);
    CHECK(close(fd) == 0 && unlink("/times") == 0);
}

int main(void)
{
    check_clocks();
    check_sleep();
    check_files();
    return 0;
}
