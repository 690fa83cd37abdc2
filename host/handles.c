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
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A write of this size to a pipe that is ready never waits [POSIX PIPE_BUF]. */
#define SHARED_WRITE_MAX 4096u

/* As many rows may as well be polled as they are: one call in place of two, and each ready
 * row costs half. Where none is ready, a set is the faster one from 8 to 16 rows on. */
#define FEW_ROWS 32u

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
    const int set = rows == NULL ? -1 : epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) {
        free(rows);
        return rows == NULL ? -ENOMEM : -errno;
    }
    for (int fd = 0; fd < 3; fd++)
        rows[fd] = standard ? standard_stream(fd) : (struct handle){.fd = -1};
    *h = (struct handles){.rows = rows, .count = 3, .lowest = 3, .set = set};
    return 0;
}

void handles_fini(struct handles *h)
{
    close(h->set);
    free(h->rows);
}

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
    return ppoll(&row, 1, &(struct timespec){0}, NULL) == 1;
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

/* Has the kernel watch for those events, or for none. It refuses some, such as regular files. */
static bool watch(struct handles *h, uint32_t handle, short events)
{
    struct handle *row = &h->rows[handle];
    struct epoll_event event = {.events = (uint32_t)events, .data.u32 = handle};
    const int how = events == 0 ? EPOLL_CTL_DEL : row->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(h->set, how, row->fd, &event) < 0)
        return false;
    row->watched = events;
    return true;
}

/* Others may have the same socket open: it does not leave the set by being closed. */
int64_t handle_close(struct handles *h, uint64_t handle)
{
    struct handle *row = find(h, handle);
    if (row == NULL)
        return -EBADF;
    if (row->watched != 0)
        (void)watch(h, (uint32_t)handle, 0);
    if (handle >= 3) {
        close(row->fd);
        h->lowest = handle < h->lowest ? (size_t)handle : h->lowest;
    }
    row->kind = HANDLE_FREE;
    return 0;
}

/* ---- polling ---- */

struct poll_row {
    int32_t handle;
    uint16_t want;
    uint16_t ready;
};
_Static_assert(sizeof(struct poll_row) == PORT_POLL_ROW, "poll row layout");

static struct handle *find_polled(struct handles *h, const struct poll_row *row)
{
    return row->handle < 0 ? NULL : find(h, (uint64_t)row->handle);
}

static short events_of(uint16_t want)
{
    return (short)((want & PORT_POLL_READ ? POLLIN : 0) | (want & PORT_POLL_WRITE ? POLLOUT : 0));
}

static uint16_t ready_of(short events, uint16_t want)
{
    uint16_t ready = 0;
    if (events & (POLLIN | POLLHUP | POLLERR))
        ready |= PORT_POLL_READ;
    if (events & (POLLOUT | POLLERR))
        ready |= PORT_POLL_WRITE;
    if (events & POLLHUP)
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
    return n < 0 && errno != EINTR ? -errno : 0;
}

static int poll_rows(struct handles *h, struct poll_row *rows, size_t count, uint64_t timeout_ns)
{
    struct pollfd polls[PORT_POLL_MAX];
    bool at_once = false;
    for (size_t i = 0; i < count; i++) {
        const struct handle *handle = find_polled(h, &rows[i]);
        polls[i] = (struct pollfd){.fd = handle == NULL ? -1 : handle->fd,
                                   .events = events_of(rows[i].want)};
        at_once |= handle == NULL;
    }
    const int error = wait_for(polls, count, at_once, timeout_ns);
    for (size_t i = 0; error == 0 && i < count; i++)
        rows[i].ready = polls[i].fd < 0 ? rows[i].want : ready_of(polls[i].revents, rows[i].want);
    return error;
}

/* What this poll wants of each handle, which several rows may name; of POLLHUP the kernel tells
 * in any case. Whether one is unknown: the next call on it says so, and there is no wait. */
static bool gather(struct handles *h, const struct poll_row *rows, size_t count)
{
    bool at_once = false;
    h->turn++;
    for (size_t i = 0; i < count; i++) {
        struct handle *handle = find_polled(h, &rows[i]);
        at_once |= handle == NULL;
        if (handle == NULL)
            continue;
        const short others = handle->turn == h->turn ? handle->wanted : POLLHUP;
        handle->wanted = (short)(others | events_of(rows[i].want));
        handle->ready = 0;
        handle->turn = h->turn;
    }
    return at_once;
}

/* Tells the kernel what has changed. */
static bool watch_all(struct handles *h, const struct poll_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct handle *handle = find_polled(h, &rows[i]);
        if (handle != NULL && handle->watched != handle->wanted &&
            !watch(h, (uint32_t)rows[i].handle, handle->wanted))
            return false;
    }
    return true;
}

/* What only an earlier poll named is watched until it happens: most will be named again. */
static int take_events(struct handles *h)
{
    struct epoll_event events[HANDLES_MAX];
    const int count = epoll_wait(h->set, events, HANDLES_MAX, 0);
    for (int i = 0; i < count; i++) {
        struct handle *handle = &h->rows[events[i].data.u32];
        if (handle->turn == h->turn)
            handle->ready = (short)events[i].events;
        else
            (void)watch(h, events[i].data.u32, 0);
    }
    return count < 0 ? -errno : 0;
}

static int poll_set(struct handles *h, struct poll_row *rows, size_t count, uint64_t timeout_ns)
{
    const bool at_once = gather(h, rows, count);
    if (!watch_all(h, rows, count))
        return poll_rows(h, rows, count, timeout_ns);
    struct pollfd set = {.fd = h->set, .events = POLLIN};
    int error = wait_for(&set, 1, at_once, timeout_ns);
    if (error == 0)
        error = take_events(h);
    for (size_t i = 0; error == 0 && i < count; i++) {
        const struct handle *handle = find_polled(h, &rows[i]);
        rows[i].ready = handle == NULL ? rows[i].want : ready_of(handle->ready, rows[i].want);
    }
    return error;
}

int64_t handle_poll(struct handles *h, const void *in, void *out, size_t count, uint64_t timeout_ns)
{
    struct poll_row rows[PORT_POLL_MAX];
    memcpy(rows, in, count * sizeof(rows[0]));
    const int error = count > FEW_ROWS ? poll_set(h, rows, count, timeout_ns)
                                       : poll_rows(h, rows, count, timeout_ns);
    if (error < 0)
        return error;
    int64_t ready_count = 0;
    for (size_t i = 0; i < count; i++)
        ready_count += rows[i].ready != 0;
    memcpy(out, rows, count * sizeof(rows[0]));
    return ready_count;
}
