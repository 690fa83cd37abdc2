/* SPDX-License-Identifier: Apache-2.0 */
/* One keep; see hosted.h. What its process says and leaves behind is hostile. */
#define _GNU_SOURCE
#include "svc/agent/hosted.h"

#include "host/clock.h"
#include "svc/agent/check.h"
#include "svc/agent/keeps.h"
#include "svc/agent/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_RATE     8192u       /* bytes a second of one keep's log */
#define ALONE_MS     5000u       /* to end, for a keep whose owner is gone for good */
#define MEMORY_SLACK (16u << 20) /* bytes: stacks, which RLIMIT_DATA does not count */

/* ---- the process' end ---- */

static void set_failure(struct hosted *h, const char *text)
{
    snprintf(h->failure, sizeof(h->failure), "%s", text);
}

/* What the keep's process left behind is copied once. */
static void judge_exit(struct hosted *h, int status)
{
    const struct keep_report report =
        *(const volatile struct keep_report *)&h->process.page->report;
    if (status != 0)
        set_failure(h, report.entered == 1 ? "it stopped; its log may say why"
                                           : "it could not start; its log says why");
    else if (!CHECK(said_word, report.set == 1))
        set_failure(h, "it left without a word");
    else if (report.end != PORT_END_DONE)
        set_failure(h, "it says that it failed; its owner has been told why");
}

static void judge_signal(struct hosted *h, int signal, const struct rusage *used)
{
    const uint64_t ms = (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
                        (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
    const uint64_t most = h->keeps->config->cpu_max;
    if (signal == SIGKILL && most != 0 && ms + 1000 >= most)
        set_failure(h, "it used up the time on the processor that a keep may have");
    else if (signal == SIGKILL)
        set_failure(h, "the system killed it, for want of memory or on its operator's wish");
    else
        snprintf(h->failure, sizeof(h->failure), "it crashed: signal %d (%s)", signal,
                 strsignal(signal));
}

static void mark_ended(struct hosted *h)
{
    if (h->ended_ms != 0)
        return;
    h->ended = time(NULL);
    h->ended_ms = clock_ms();
}

static void stop_watching(struct hosted *h, struct watch *watch)
{
    if (watch->fd >= 0)
        loop_remove(h->keeps->loop, watch);
    watch->fd = -1;
}

/* As much as there is at once, and no more than it may say in a second. */
static void read_log(struct hosted *h)
{
    uint8_t text[2048];
    while (h->log_left > 0) {
        const size_t most = h->log_left < sizeof(text) ? h->log_left : sizeof(text);
        const ssize_t n = read(h->log.fd, text, most);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            stop_watching(h, &h->log);
            return;
        }
        keep_log_add(&h->said, (struct bytes){.data = text, .size = (size_t)n});
        h->log_left -= (size_t)CHECKED(said_rate, n, 0);
    }
    loop_remove(h->keeps->loop, &h->log);
    h->log_paused = true;
}

static void read_log_again(struct hosted *h)
{
    h->log_left = LOG_RATE;
    if (!h->log_paused)
        return;
    h->log_paused = false;
    if (loop_add(h->keeps->loop, &h->log, EPOLLIN) < 0)
        h->log.fd = -1;
}

static void tell_end(struct hosted *h)
{
    const size_t lines = keep_log_count(&h->said);
    const bool failed = h->failure[0] != '\0';
    audit_say(h->keeps->audit, "keep %s of %s ended%s%s%s%s", h->id, h->owner, failed ? ": " : "",
              h->failure, failed && lines > 0 ? "; it said last: " : "",
              failed && lines > 0 ? keep_log_line(&h->said, lines - 1) : "");
}

/* Its process has been reaped: nothing of it is left but what there is to say. */
static void bury(struct hosted *h, int status, const struct rusage *used)
{
    const bool asked = h->ending;
    h->ending = true;
    mark_ended(h);
    if (h->log.fd >= 0)
        read_log(h);
    if (WIFSIGNALED(status) && (!asked || WTERMSIG(status) != SIGKILL)) /* or it was too late */
        judge_signal(h, WTERMSIG(status), used);
    else if (!asked)
        judge_exit(h, WEXITSTATUS(status));
    stop_watching(h, &h->log);
    stop_watching(h, &h->exit);
    spawned_close(&h->process);
    if (h->grouped)
        cgroup_end(&h->keeps->groups, h->id);
    h->keeps->living--;
    h->keeps->numbers.ended++;
    tell_end(h);
}

void hosted_reap(struct hosted *h)
{
    int status = 0;
    struct rusage used = {0};
    pid_t got;
    do
        got = wait4(h->process.pid, &status, 0, &used);
    while (got < 0 && errno == EINTR);
    bury(h, status, &used);
}

static void on_exit_of_keep(void *context, uint32_t events)
{
    (void)events;
    hosted_reap(context);
}

static void on_log(void *context, uint32_t events)
{
    (void)events;
    read_log(context);
}

void hosted_end(struct hosted *h, const char *failure)
{
    if (h->ending)
        return;
    h->ending = true;
    mark_ended(h);
    if (failure != NULL)
        set_failure(h, failure);
    syscall(SYS_pidfd_send_signal, h->process.pid_fd, SIGKILL, NULL, 0);
}

/* ---- the beginning ---- */

static struct order make_order(const struct keeps *keeps, const struct hosted *h)
{
    const struct agent_config *c = keeps->config;
    struct order order = {
        .size = sizeof(order),
        .isolation = keeps->isolation,
        .memory_max = c->memory_max,
        .cpu_max = (c->cpu_max + 999) / 1000,
        .log_level = c->log_level,
    };
    snprintf(order.backend, sizeof(order.backend), "%s", h->backend->name);
    if (order.isolation.parts & ISOLATION_UID)
        order.isolation.id += h->slot;
    if (h->backend->technology == TECHNOLOGY_SGX && c->signature.size == sizeof(order.signature)) {
        memcpy(&order.signature, c->signature.data, sizeof(order.signature));
        order.signature_size = sizeof(order.signature);
    }
    return order;
}

static int watch_process(struct hosted *h)
{
    struct loop *loop = h->keeps->loop;
    h->exit = (struct watch){.fd = h->process.pid_fd, .ready = on_exit_of_keep, .context = h};
    h->log = (struct watch){.fd = h->process.log_fd, .ready = on_log, .context = h};
    h->log_left = LOG_RATE;
    int error = loop_add(loop, &h->exit, EPOLLIN);
    return error == 0 ? loop_add(loop, &h->log, EPOLLIN) : error;
}

int hosted_start(struct hosted *h, struct fault *fault)
{
    struct keeps *keeps = h->keeps;
    int group = -1;
    if (keeps->groups.fd >= 0) {
        group = cgroup_make(&keeps->groups, h->id, keeps->config->memory_max);
        if (group < 0)
            return fault_system(fault, group, "cannot make a control group");
        h->grouped = true;
    }
    const struct order order = make_order(keeps, h);
    const struct spawn_from from = {.dir_fd = keeps->dir_fd,
                                    .cgroup_fd = group,
                                    .ushers = keeps->ushers,
                                    .collateral = keeps->collateral};
    int error = spawn(&order, h->id, &from, &h->process, fault);
    if (group >= 0)
        close(group);
    if (error < 0) {
        cgroup_end(&keeps->groups, h->id);
        return error;
    }
    keeps->living++;
    error = watch_process(h);
    if (error == 0)
        return 0;
    hosted_end(h, "it could not be watched");
    hosted_reap(h);
    return fault_system(fault, error, "cannot watch a keep");
}

/* ---- sessions ---- */

enum hosted_state hosted_state(const struct hosted *h)
{
    if (h->ending)
        return HOSTED_ENDED;
    if (h->sessions > 0)
        return HOSTED_ATTACHED;
    return *(const volatile uint32_t *)&h->process.page->report.entered == 1 ? HOSTED_READY
                                                                             : HOSTED_STARTING;
}

int hosted_join(struct hosted *h)
{
    if (!CHECK(quota_channels, h->sessions < KEEP_SESSIONS_MAX))
        return -EMFILE;
    int fd = spawned_connect(&h->process);
    if (fd < 0)
        return fd;
    h->sessions++;
    h->claimed = true;
    h->keeps->numbers.sessions++;
    return fd;
}

void hosted_leave(struct hosted *h)
{
    h->sessions--;
    h->left_ms = clock_ms();
}

/* ---- time ---- */

static bool passed(uint64_t now, uint64_t since, uint64_t most)
{
    return most != 0 && now - since >= most;
}

static void check_limits(struct hosted *h, uint64_t now)
{
    const struct agent_config *c = h->keeps->config;
    const uint64_t memory_max = CHECKED(quota_memory, c->memory_max, 0);
    if (passed(now, h->created_ms, CHECKED(quota_lifetime, c->lifetime_max, 0)))
        hosted_end(h, "it lived as long as a keep may");
    else if (!h->claimed &&
             passed(now, h->created_ms, CHECKED(quota_unclaimed, c->unclaimed_max, 0)))
        hosted_end(h, "nobody opened its channel");
    else if (h->attached && h->claimed && h->sessions == 0 &&
             passed(now, h->left_ms, CHECKED(quota_alone, ALONE_MS, 0)))
        hosted_end(h, "its owner has left, and it did not end by itself");
    else if (h->claimed && h->sessions == 0 &&
             passed(now, h->left_ms, CHECKED(quota_idle, c->idle_max, 0)))
        hosted_end(h, "nobody was attached for as long as a keep may be alone");
    else if (!h->grouped && memory_max != 0 &&
             memory_of_process(h->process.pid) > memory_max + MEMORY_SLACK)
        hosted_end(h, "it used more memory than a keep may have");
}

void hosted_tick(struct hosted *h, uint64_t now, bool new_second)
{
    if (!h->ending)
        check_limits(h, now);
    if (new_second && h->log.fd >= 0)
        read_log_again(h);
}
