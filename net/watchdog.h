/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts connections of a library's that does not come back. TLS libraries go on by themselves
 * as long as records come that hold no data, KeyUpdates [RFC 8446 4.6.3], and look at no clock
 * meanwhile: whoever sends those without end would hold up their caller for ever. A thread
 * waits beside it. Trusts the library to name its sockets. */
#ifndef NET_WATCHDOG_H
#define NET_WATCHDOG_H

#include "base/attr.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHDOG_SOCKETS_MAX 16u

/* Stays where it is while it is open. */
struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool open;
    uint64_t deadline; /* of clock_ms(); 0: nobody is at anything */
    uint64_t wakes;    /* when the thread looks again; UINT64_MAX: when it is told to */
    bool cut;
    int sockets[WATCHDOG_SOCKETS_MAX];
    size_t count;
};

/* 0 or -errno. */
must_use int watchdog_open(struct watchdog *w);

/* Zeroes are none. No socket of its own is left. */
void watchdog_close(struct watchdog *w);

/* The library begins with something, for which it has that long: then its connections are
 * cut, and it gets no more. */
void watchdog_begin(struct watchdog *w, unsigned ms);

/* It has come back. True: it was cut. */
bool watchdog_end(struct watchdog *w);

/* ---- called by the library ---- */

/* It has opened a socket. False: it may not have it. */
must_use bool watchdog_add(struct watchdog *w, int fd);

/* Closes one of those. 0 or -1, as close(2). */
int watchdog_close_socket(struct watchdog *w, int fd);

#endif
