/* SPDX-License-Identifier: Apache-2.0 */
/* One thing after the other with the stream at descriptor 3, as argv[1] says: a
 * connection, or a listener of which it takes one. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM 3

static char data[1 << 20];

static int failed(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

static int ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    const int n = poll(&p, 1, timeout_ms);
    return n == 1 ? p.revents : n;
}

/* All up to the end: how much, or -1. */
static long read_all(int fd)
{
    long total = 0;
    for (ssize_t n; (n = read(fd, data, sizeof(data))) != 0; total += n) {
        if (n < 0)
            return -1;
    }
    return total;
}

static int write_all(int fd, const char *from, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, from, size);
        if (n < 0)
            return -1;
        from += n;
        size -= (size_t)n;
    }
    return 0;
}

/* What is there after the end of a record: nothing lies on the wire, and poll knows. */
static int poll_buffered(int fd)
{
    char part[4];
    if (!(ready(fd, POLLIN, -1) & POLLIN))
        return failed("poll");
    for (int left = 12; left > 0; left -= 4) {
        if (!(ready(fd, POLLIN, 0) & POLLIN))
            return failed("poll of what is buffered");
        if (recv(fd, part, 4, MSG_PEEK) != 4 || recv(fd, part, 4, 0) != 4)
            return failed("recv");
        printf("%.4s\n", part);
    }
    if (ready(fd, POLLIN, 0) != 0)
        return failed("poll of nothing");
    if (!(ready(fd, POLLOUT, 0) & POLLOUT) || ready(fd, POLLIN, 50) != 0)
        return failed("poll to write");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (recv(fd, part, 4, MSG_PEEK) != -1 || errno != EAGAIN)
        return failed("peek at nothing");
    return write_all(fd, "done", 4);
}

/* Ends its side first and hears the other out. */
static int half_close(int fd)
{
    if (write_all(fd, "question", 8) < 0 || shutdown(fd, SHUT_WR) < 0)
        return failed("shutdown");
    if (write(fd, "x", 1) != -1 || errno != EPIPE)
        return failed("write after shutdown");
    const long n = read_all(fd);
    printf("heard %ld\n", n);
    return n < 0;
}

/* Hears all, then answers. */
static int answer(int fd)
{
    const long n = read_all(fd);
    if (n < 0)
        return failed("read");
    snprintf(data, sizeof(data), "heard %ld", n);
    return write_all(fd, data, strlen(data));
}

static int sink(int fd)
{
    const long n = read_all(fd);
    printf(n < 0 ? "read: %s\n" : "heard %s\n", n < 0 ? strerror(errno) : "an end");
    return 0;
}

/* So many bytes, and away, without looking whether anybody takes them. */
static int flood(int fd, long size)
{
    memset(data, 'x', sizeof(data));
    for (; size > 0; size -= (long)sizeof(data)) {
        if (write_all(fd, data, size < (long)sizeof(data) ? (size_t)size : sizeof(data)) < 0)
            return failed("write");
    }
    return 0;
}

static int talk(int fd)
{
    if (write_all(fd, "hello\n", 6) < 0)
        return failed("write");
    const ssize_t n = read(fd, data, sizeof(data));
    if (n < 0)
        return failed("read");
    return fwrite(data, 1, (size_t)n, stdout) != (size_t)n;
}

static int run(const char *what, int fd, long size)
{
    if (strcmp(what, "poll") == 0)
        return poll_buffered(fd);
    if (strcmp(what, "half-close") == 0)
        return half_close(fd);
    if (strcmp(what, "answer") == 0)
        return answer(fd);
    if (strcmp(what, "sink") == 0)
        return sink(fd);
    if (strcmp(what, "flood") == 0)
        return flood(fd, size);
    if (strcmp(what, "trap") == 0) {
        (void)!write(fd, "half", 4);
        __builtin_trap();
    }
    return talk(fd);
}

int main(int argc, char **argv)
{
    const int accepted = accept(STREAM, NULL, NULL);
    if (accepted < 0 && errno != ENOTSUP && errno != EINVAL)
        return failed("accept");
    return run(argc > 1 ? argv[1] : "talk", accepted < 0 ? STREAM : accepted,
               argc > 2 ? atol(argv[2]) : 0);
}
