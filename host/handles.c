/* SPDX-License-Identifier: Apache-2.0 */
/* The table of handles; see handles.h. Trusts the kernel. */
#define _GNU_SOURCE
#include "host/handles.h"

#include "host/check.h"
#include "include/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A write of this size to a pipe that is ready never waits [POSIX PIPE_BUF]. */
#define SHARED_WRITE_MAX 4096u

/* The same pipe or terminal with a file status of our own: O_NONBLOCK on the
 * inherited descriptor would change it for the user's shell as well. */
static struct handle open_private(int fd, int access)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int own = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own < 0)
        return (struct handle){.fd = fd, .kind = HANDLE_SHARED};
    return (struct handle){.fd = own, .kind = HANDLE_STREAM};
}

static struct handle standard_stream(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0 || fstat(fd, &st) < 0)
        return (struct handle){.fd = -1, .kind = HANDLE_FREE};
    if (S_ISREG(st.st_mode))
        return (struct handle){.fd = fd, .kind = HANDLE_FILE};
    if (S_ISSOCK(st.st_mode))
        return (struct handle){.fd = fd, .kind = HANDLE_SOCKET};
    return open_private(fd, flags & O_ACCMODE); /* pipe, terminal, other device */
}

int handles_init(struct handles *h, bool standard)
{
    struct handle *rows = calloc(HANDLES_MAX, sizeof(*rows));
    if (rows == NULL)
        return -ENOMEM;
    for (int fd = 0; fd < 3; fd++)
        rows[fd] = standard ? standard_stream(fd) : (struct handle){.fd = -1};
    *h = (struct handles){.rows = rows, .count = 3, .lowest = 3};
    return 0;
}

void handles_fini(struct handles *h) { free(h->rows); }

static struct handle *find(struct handles *h, uint64_t handle)
{
    if (!CHECK(handle_number, handle < h->count) ||
        !CHECK(handle_open, h->rows[handle].kind != HANDLE_FREE))
        return NULL;
    return &h->rows[handle];
}

int64_t handle_add(struct handles *h, int fd)
{
    while (h->lowest < h->count && h->rows[h->lowest].kind != HANDLE_FREE)
        h->lowest++;
    if (!CHECK(handle_most, h->lowest < HANDLES_MAX)) {
        close(fd);
        return -EMFILE;
    }
    h->count += h->lowest == h->count;
    h->rows[h->lowest] = (struct handle){.fd = fd, .kind = HANDLE_SOCKET};
    return (int64_t)h->lowest++;
}

static bool is_ready(int fd, short events)
{
    struct pollfd row = {.fd = fd, .events = events};
    return poll(&row, 1, 0) == 1;
}

static int64_t result_of(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

int64_t handle_read(struct handles *h, uint64_t handle, void *to, size_t size, bool peek)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    if (row->kind == HANDLE_SOCKET)
        return result_of(recv(row->fd, to, size, MSG_DONTWAIT | (peek ? MSG_PEEK : 0)));
    if (peek)
        return -ENOTSOCK;
    if (row->kind == HANDLE_SHARED && !is_ready(row->fd, POLLIN))
        return -EAGAIN;
    return result_of(read(row->fd, to, size));
}

int64_t handle_write(struct handles *h, uint64_t handle, const void *from, size_t size)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    if (row->kind == HANDLE_SOCKET)
        return result_of(send(row->fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (row->kind == HANDLE_SHARED) {
        if (!is_ready(row->fd, POLLOUT))
            return -EAGAIN;
        size = size < SHARED_WRITE_MAX ? size : SHARED_WRITE_MAX;
    }
    return result_of(write(row->fd, from, size));
}

int64_t handle_accept(struct handles *h, uint64_t handle)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    if (row->kind != HANDLE_SOCKET)
        return -ENOTSOCK;
    int fd = accept4(row->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == ENFILE)
        return -EMFILE;
    return fd < 0 ? result_of(fd) : handle_add(h, fd);
}

int64_t handle_shutdown(struct handles *h, uint64_t handle, int how)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    return shutdown(row->fd, how) < 0 ? -errno : 0;
}

int64_t handle_close(struct handles *h, uint64_t handle)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    if (handle >= 3) {
        close(row->fd);
        h->lowest = handle < h->lowest ? (size_t)handle : h->lowest;
    }
    row->kind = HANDLE_FREE;
    return 0;
}

struct poll_row {
    int32_t handle;
    uint16_t want;
    uint16_t ready;
};
_Static_assert(sizeof(struct poll_row) == PORT_POLL_ROW, "poll row layout");

static struct pollfd poll_of(struct handles *h, struct poll_row row)
{
    struct handle *handle = row.handle < 0 ? NULL : find(h, (uint64_t)row.handle);
    short events = 0;
    if (row.want & PORT_POLL_READ)
        events |= POLLIN;
    if (row.want & PORT_POLL_WRITE)
        events |= POLLOUT;
    return (struct pollfd){.fd = handle == NULL ? -1 : handle->fd, .events = events};
}

static uint16_t ready_of(const struct pollfd *p, uint16_t want)
{
    if (p->fd < 0) /* an unknown handle: let the next call on it say so */
        return want;
    uint16_t ready = 0;
    if (p->revents & (POLLIN | POLLHUP | POLLERR))
        ready |= PORT_POLL_READ;
    if (p->revents & (POLLOUT | POLLERR))
        ready |= PORT_POLL_WRITE;
    if (p->revents & POLLHUP)
        return (uint16_t)((ready & want) | PORT_POLL_HANGUP);
    return ready & want;
}

static int wait_for(struct pollfd *rows, size_t count, bool at_once, uint64_t timeout_ns)
{
    struct timespec limit = {0};
    if (!at_once) {
        limit.tv_sec = (time_t)(timeout_ns / 1000000000u);
        limit.tv_nsec = (long)(timeout_ns % 1000000000u);
    }
    bool forever = !at_once && timeout_ns == PORT_FOREVER;
    int n = ppoll(rows, count, forever ? NULL : &limit, NULL);
    return n < 0 && errno == EINTR ? 0 : n;
}

int64_t handle_poll(struct handles *h, const void *in, void *out, size_t count, uint64_t timeout_ns)
{
    struct poll_row rows[PORT_POLL_MAX];
    struct pollfd polls[PORT_POLL_MAX];
    memcpy(rows, in, count * sizeof(rows[0]));
    bool at_once = false;
    for (size_t i = 0; i < count; i++) {
        polls[i] = poll_of(h, rows[i]);
        at_once |= polls[i].fd < 0;
    }
    if (wait_for(polls, count, at_once, timeout_ns) < 0)
        return -errno;
    int64_t ready_count = 0;
    for (size_t i = 0; i < count; i++) {
        rows[i].ready = ready_of(&polls[i], rows[i].want);
        ready_count += rows[i].ready != 0;
    }
    memcpy(out, rows, count * sizeof(rows[0]));
    return ready_count;
}
