/* SPDX-License-Identifier: Apache-2.0 */
/* The handles that a keep may use: a bounded table of descriptors, none of which
 * ever waits except in handle_poll. A handle that the table does not hold is
 * -EBADF, whatever descriptor the process may have under that number. Results
 * are counts or negative errnos. */
#ifndef HOST_HANDLES_H
#define HOST_HANDLES_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDLES_MAX 32768u

/* How to use a descriptor without waiting. */
enum handle_kind {
    HANDLE_FREE,
    HANDLE_FILE,   /* regular file: never waits */
    HANDLE_SOCKET, /* MSG_DONTWAIT */
    HANDLE_STREAM, /* pipe or device, opened O_NONBLOCK for us alone */
    HANDLE_SHARED, /* the same, but its mode belongs to others too: poll first */
};

struct handle {
    int fd;
    enum handle_kind kind;
    /* Of polls of many rows, as poll(2) names events: */
    short watched; /* by the kernel, 0: not at all */
    short wanted;  /* in the turn */
    short ready;   /* in the turn */
    uint64_t turn; /* the last that named it */
};

struct handles {
    struct handle *rows;
    size_t count;  /* rows in use or freed since */
    size_t lowest; /* no free row below */
    int set;       /* an epoll set of those that polls of many rows named */
    uint64_t turn; /* counts such polls */
};

/* Takes the standard streams, if they are the keep's, as handles 0, 1 and 2. A closed one
 * stays closed. */
must_use int handles_init(struct handles *h, bool standard);

/* Frees the table, not the descriptors in it. */
void handles_fini(struct handles *h);

/* Adds a socket; the table owns it from here on, even on failure. */
int64_t handle_add(struct handles *h, int fd);

int64_t handle_read(struct handles *h, uint64_t handle, void *to, size_t size, bool peek);
int64_t handle_write(struct handles *h, uint64_t handle, const void *from, size_t size);
int64_t handle_accept(struct handles *h, uint64_t handle);
int64_t handle_shutdown(struct handles *h, uint64_t handle, int how);
int64_t handle_close(struct handles *h, uint64_t handle);

/* `in` and `out` hold `count` rows as in include/port.h; `in` is read once. May return early,
 * with nothing that is ready. */
int64_t handle_poll(struct handles *h, const void *in, void *out, size_t count,
                    uint64_t timeout_ns);

#endif
