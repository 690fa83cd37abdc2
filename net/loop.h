/* SPDX-License-Identifier: Apache-2.0 */
/* One loop for everything that a service waits for: descriptors and their callbacks, over
 * epoll(7), level-triggered. One thread. Trusts the kernel. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/attr.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 64

/* A descriptor that is waited for. The caller's memory, and the caller's descriptor. */
struct watch {
    int fd;
    uint32_t events; /* what is waited for; the loop's to set */
    void (*ready)(void *context, uint32_t events);
    void *context;
};

struct loop {
    int fd;
    struct epoll_event batch[LOOP_BATCH]; /* being worked off */
    size_t count, next;
};

/* 0 or -errno. */
must_use int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* From now on waits for `events` of watch->fd: EPOLLIN, EPOLLOUT, or none, which leaves
 * EPOLLERR and EPOLLHUP. 0 or -errno. */
must_use int loop_add(struct loop *loop, struct watch *watch, uint32_t events);
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);

/* Before the descriptor is closed. What it was found ready for already is forgotten. */
void loop_remove(struct loop *loop, struct watch *watch);

/* Waits, at most that long (-1: for ever), and calls back. 0 or -errno. */
must_use int loop_run(struct loop *loop, int timeout_ms);

#endif
