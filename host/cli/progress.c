/* SPDX-License-Identifier: Apache-2.0 */
/* Progress by a timer; see progress.h. Trusts the system's clock. */
#define _GNU_SOURCE
#include "host/cli/progress.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST  1 /* second */
#define PERIOD 10

static bool is_over(const struct progress *p)
{
    struct stat st;
    return p->until_fd >= 0 && (fstat(p->until_fd, &st) < 0 || st.st_size > 0);
}

/* The rest may be called from a signal handler. */
static size_t append(char *line, size_t length, const char *text)
{
    size_t size = strlen(text);
    memcpy(line + length, text, size);
    return length + size;
}

static size_t append_number(char *line, size_t length, unsigned number)
{
    char digits[12];
    char *start = digits + sizeof(digits) - 1;
    *start = '\0';
    do {
        *--start = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return append(line, length, start);
}

static void put_line(const struct progress *p)
{
    char line[128];
    if (strlen(p->what) > 64)
        return;
    size_t length = append(line, 0, "enarx: ");
    length = append(line, length, p->what);
    length = append(line, length, ": ");
    length = append_number(line, length, (unsigned)p->seconds);
    length = append(line, length, " s so far\n");
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* a line less */
}

static void tick(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (info->si_code != SI_TIMER)
        return; /* from someone else, without a progress */
    int error = errno;
    struct progress *p = info->si_value.sival_ptr;
    p->seconds++;
    if ((p->seconds == FIRST || p->seconds % PERIOD == 0) && !is_over(p))
        put_line(p);
    errno = error;
}

void progress_begin(struct progress *p, enum port_level most, const char *what, int until_fd)
{
    *p = (struct progress){.what = what, .until_fd = until_fd};
    if (most < PORT_LOG_INFO || !isatty(STDERR_FILENO))
        return;
    struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART};
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
    signal(SIGALRM, SIG_IGN); /* one may be on its way */
    timer_delete(p->timer);
    p->started = false;
}
