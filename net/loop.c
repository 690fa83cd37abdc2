/* SPDX-License-Identifier: Apache-2.0 */
/* The loop; see loop.h. Trusts the kernel. */
#define _GNU_SOURCE
#include "net/loop.h"

#include <errno.h>
#include <unistd.h>

int loop_open(struct loop *loop)
{
    *loop = (struct loop){.fd = epoll_create1(EPOLL_CLOEXEC)};
    return loop->fd < 0 ? -errno : 0;
}

void loop_close(struct loop *loop)
{
    if (loop->fd >= 0)
        close(loop->fd);
    loop->fd = -1;
}

static int control(struct loop *loop, int what, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->fd, what, watch->fd, &event) < 0)
        return -errno;
    watch->events = events;
    return 0;
}

int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, watch, events);
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
    if (watch->events != events)
        (void)!control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
    (void)!control(loop, EPOLL_CTL_DEL, watch, 0);
    for (size_t i = loop->next; i < loop->count; i++) {
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    }
}

int loop_run(struct loop *loop, int timeout_ms)
{
    int count = epoll_wait(loop->fd, loop->batch, LOOP_BATCH, timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    loop->count = (size_t)count;
    for (loop->next = 0; loop->next < loop->count;) {
        const struct epoll_event event = loop->batch[loop->next++];
        const struct watch *watch = event.data.ptr;
        if (watch != NULL)
            watch->ready(watch->context, event.events);
    }
    loop->count = 0;
    return 0;
}
