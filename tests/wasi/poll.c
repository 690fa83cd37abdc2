/* SPDX-License-Identifier: Apache-2.0 */
/* poll_oneoff: clocks, files and standard output in one wait. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>
#include <wasi/api.h>

#define MS 1000000ull

static uint64_t now(__wasi_clockid_t clock)
{
    __wasi_timestamp_t t;
    CHECK(__wasi_clock_time_get(clock, 1, &t) == 0);
    return t;
}

static __wasi_subscription_t after(uint64_t userdata, __wasi_clockid_t clock, uint64_t timeout,
                                   uint16_t flags)
{
    __wasi_subscription_t s = {.userdata = userdata};
    s.u.tag = __WASI_EVENTTYPE_CLOCK;
    s.u.u.clock.id = clock;
    s.u.u.clock.timeout = timeout;
    s.u.u.clock.flags = flags;
    return s;
}

static __wasi_subscription_t on(uint64_t userdata, uint8_t type, int fd)
{
    __wasi_subscription_t s = {.userdata = userdata};
    s.u.tag = type;
    s.u.u.fd_read.file_descriptor = (__wasi_fd_t)fd;
    return s;
}

static __wasi_size_t poll(const __wasi_subscription_t *in, __wasi_event_t *out, size_t count)
{
    __wasi_size_t events = 99;
    CHECK(__wasi_poll_oneoff(in, out, count, &events) == 0);
    return events;
}

static void check_clocks(void)
{
    __wasi_event_t out[2];
    uint64_t start = now(__WASI_CLOCKID_MONOTONIC);
    __wasi_subscription_t in[2] = {after(1, __WASI_CLOCKID_MONOTONIC, 3600000 * MS, 0),
                                   after(2, __WASI_CLOCKID_REALTIME, 10 * MS, 0)};
    CHECK(poll(in, out, 2) == 1);
    CHECK(out[0].userdata == 2 && out[0].error == 0 && out[0].type == __WASI_EVENTTYPE_CLOCK);
    CHECK(now(__WASI_CLOCKID_MONOTONIC) - start >= 10 * MS);

    for (unsigned clock = 0; clock < 2; clock++) {
        uint64_t deadline = now((__wasi_clockid_t)clock) + 10 * MS;
        in[0] = after(3, (__wasi_clockid_t)clock, deadline,
                      __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
        CHECK(poll(in, out, 1) == 1 && out[0].userdata == 3);
        CHECK(now((__wasi_clockid_t)clock) >= deadline);
        CHECK(poll(in, out, 1) == 1); /* long past */
    }
}

static void check_files(void)
{
    __wasi_event_t out[3];
    int fd = open("/file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0 && write(fd, "12345", 5) == 5 && lseek(fd, 2, SEEK_SET) == 2);
    const __wasi_subscription_t in[3] = {on(1, __WASI_EVENTTYPE_FD_READ, fd),
                                         on(2, __WASI_EVENTTYPE_FD_WRITE, fd),
                                         after(3, __WASI_CLOCKID_MONOTONIC, 3600000 * MS, 0)};
    CHECK(poll(in, out, 3) == 2);
    CHECK(out[0].userdata == 1 && out[0].error == 0 && out[0].type == __WASI_EVENTTYPE_FD_READ);
    CHECK(out[0].fd_readwrite.nbytes > 0);
    CHECK(out[1].userdata == 2 && out[1].error == 0 && out[1].type == __WASI_EVENTTYPE_FD_WRITE);
    CHECK(close(fd) == 0 && unlink("/file") == 0);
}

static void check_output(void)
{
    __wasi_event_t out[2];
    const __wasi_subscription_t in[2] = {on(1, __WASI_EVENTTYPE_FD_WRITE, 2),
                                         after(2, __WASI_CLOCKID_MONOTONIC, 10000 * MS, 0)};
    uint64_t start = now(__WASI_CLOCKID_MONOTONIC);
    CHECK(poll(in, out, 2) == 1 && out[0].userdata == 1 && out[0].error == 0);
    CHECK(now(__WASI_CLOCKID_MONOTONIC) - start < 5000 * MS);
}

static void check_errors(void)
{
    __wasi_event_t out[2];
    __wasi_size_t events;
    __wasi_subscription_t in = after(1, __WASI_CLOCKID_MONOTONIC, 0, 0);
    CHECK(__wasi_poll_oneoff(&in, out, 0, &events) == __WASI_ERRNO_INVAL);
    in = after(1, __WASI_CLOCKID_THREAD_CPUTIME_ID, 0, 0);
    CHECK(__wasi_poll_oneoff(&in, out, 1, &events) == __WASI_ERRNO_INVAL);
}

int main(void)
{
    check_clocks();
    check_files();
    check_output();
    check_errors();
    return 0;
}
