/* SPDX-License-Identifier: Apache-2.0 */
/* Progress by a timer; see progress.h. */
#define _GNU_SOURCE
#include "host/cli/progress.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ERASE "\r\033[K"

/* In the handler: only what is safe there. */
static void put(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* a line less */
}

static void put_seconds(unsigned seconds)
{
    char digits[12];
    char *start = digits + sizeof(digits) - 1;
    *start = '\0';
    do {
        *--start = (char)('0' + seconds % 10);
        seconds /= 10;
    } while (seconds > 0);
    put(start);
}

static void show(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    int error = errno;
    struct progress *p = info->si_value.sival_ptr;
    p->seconds++;
    put(ERASE "enarx: ");
    put(p->what);
    put(", ");
    put_seconds((unsigned)p->seconds);
    put(" s");
    errno = error;
}

void progress_begin(struct progress *p, enum port_level most, const char *what)
{
    *p = (struct progress){.what = what};
    if (most < PORT_LOG_INFO || !isatty(STDERR_FILENO))
        return;
    struct sigaction action = {.sa_sigaction = show, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    event.sigev_value.sival_ptr = p;
    const struct itimerspec each_second = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
    if (sigaction(SIGALRM, &action, NULL) < 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &p->timer) < 0)
        return;
    p->started = true;
    timer_settime(p->timer, 0, &each_second, NULL);
}

void progress_end(struct progress *p)
{
    if (!p->started)
        return;
    timer_delete(p->timer);
    signal(SIGALRM, SIG_IGN); /* one may be on its way */
    p->started = false;
    if (p->seconds > 0)
        put(ERASE);
}
