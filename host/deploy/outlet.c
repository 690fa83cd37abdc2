/* SPDX-License-Identifier: Apache-2.0 */
/* Where output goes; see outlet.h. */
#define _GNU_SOURCE
#include "host/deploy/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK on `fd` itself would be on the descriptors of others, too. */
static int open_twin(int fd)
{
    char self[40];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    return open(self, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void outlet_open(struct outlet *o, int fd)
{
    struct stat st;
    memset(o, 0, offsetof(struct outlet, buffer));
    o->fd = fd;
    if (fstat(fd, &st) < 0)
        return;
    o->socket = S_ISSOCK(st.st_mode);
    const bool waits = S_ISFIFO(st.st_mode) || isatty(fd);
    const int twin = waits ? open_twin(fd) : -1;
    o->own = twin >= 0;
    if (o->own)
        o->fd = twin;
}

void outlet_close(struct outlet *o)
{
    if (o->own)
        close(o->fd);
    o->own = false;
}

static ssize_t write_some(const struct outlet *o, struct bytes from)
{
    ssize_t n;
    do
        n = o->socket ? send(o->fd, from.data, from.size, MSG_DONTWAIT | MSG_NOSIGNAL)
                      : write(o->fd, from.data, from.size);
    while (n < 0 && errno == EINTR);
    return n;
}

/* How many bytes are done with. */
static size_t write_most(struct outlet *o, struct bytes from)
{
    size_t done = 0;
    while (o->error == 0 && done < from.size) {
        const ssize_t n = write_some(o, (struct bytes){from.data + done, from.size - done});
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return done;
        if (n < 0)
            o->error = -errno;
        else
            done += (size_t)n;
    }
    return o->error == 0 ? done : from.size;
}

size_t outlet_pending(const struct outlet *o) { return o->end - o->start; }

size_t outlet_flush(struct outlet *o)
{
    const size_t done = write_most(o, (struct bytes){o->buffer + o->start, outlet_pending(o)});
    o->start += done;
    if (o->start == o->end)
        o->start = o->end = 0;
    return done;
}

size_t outlet_put(struct outlet *o, struct bytes from)
{
    const size_t done = outlet_pending(o) == 0 ? write_most(o, from) : 0;
    const size_t left = from.size - done;
    if (left == 0)
        return done;
    if (left > sizeof(o->buffer) - o->end) {
        memmove(o->buffer, o->buffer + o->start, outlet_pending(o));
        o->end -= o->start;
        o->start = 0;
    }
    memcpy(o->buffer + o->end, from.data + done, left);
    o->end += left;
    return done;
}
