/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting connections; see watchdog.h. Sockets are closed under the lock: what has become
 * somebody else's descriptor is never cut. */
#define _GNU_SOURCE
#include "net/watchdog.h"

#include "host/check.h"
#include "host/clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* [connect(2), AF_UNSPEC] What lies in the kernel unread goes, too: a library would still go
 * through all of it after shutdown(2). */
static void cut(struct watchdog *w)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    w->cut = true;
    for (size_t i = 0; i < w->count; i++) {
        if (connect(w->sockets[i], &nowhere, sizeof(nowhere)) < 0)
            (void)shutdown(w->sockets[i], SHUT_RDWR);
    }
}

static void sleep_until(struct watchdog *w, uint64_t ms)
{
    const struct timespec at = {.tv_sec = (time_t)(ms / 1000),
                                .tv_nsec = (long)(ms % 1000) * 1000000};
    w->wakes = ms;
    if (ms == UINT64_MAX)
        pthread_cond_wait(&w->changed, &w->lock);
    else
        pthread_cond_timedwait(&w->changed, &w->lock, &at);
}

static void *run(void *context)
{
    struct watchdog *w = context;
    pthread_mutex_lock(&w->lock);
    while (w->open) {
        const bool late = w->deadline != 0 && clock_ms() >= w->deadline;
        if (CHECKED(watchdog_cut, late, false)) {
            cut(w);
            w->deadline = 0;
        }
        sleep_until(w, w->deadline != 0 ? w->deadline : UINT64_MAX);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are for the rest of the process. */
static int start(struct watchdog *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

int watchdog_open(struct watchdog *w)
{
    pthread_condattr_t attributes;
    *w = (struct watchdog){.open = true, .wakes = UINT64_MAX};
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* that of clock_ms() */
    pthread_cond_init(&w->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    const int error = start(w);
    w->open = error == 0;
    return error;
}

void watchdog_close(struct watchdog *w)
{
    if (!w->open)
        return;
    pthread_mutex_lock(&w->lock);
    w->open = false;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}

void watchdog_begin(struct watchdog *w, unsigned ms)
{
    pthread_mutex_lock(&w->lock);
    w->cut = false;
    w->deadline = clock_ms() + ms;
    if (w->deadline < w->wakes)
        pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

bool watchdog_end(struct watchdog *w)
{
    pthread_mutex_lock(&w->lock);
    const bool was_cut = w->cut;
    w->cut = false;
    w->deadline = 0;
    pthread_mutex_unlock(&w->lock);
    return was_cut;
}

bool watchdog_add(struct watchdog *w, int fd)
{
    pthread_mutex_lock(&w->lock);
    const bool room = !w->cut && w->count < WATCHDOG_SOCKETS_MAX;
    if (room)
        w->sockets[w->count++] = fd;
    pthread_mutex_unlock(&w->lock);
    return room;
}

int watchdog_close_socket(struct watchdog *w, int fd)
{
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->count; i++) {
        if (w->sockets[i] == fd)
            w->sockets[i] = w->sockets[--w->count];
    }
    const int result = close(fd);
    pthread_mutex_unlock(&w->lock);
    return result;
}
