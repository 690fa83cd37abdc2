/* SPDX-License-Identifier: Apache-2.0 */
/* The keeps of an agent; see keeps.h. */
#define _GNU_SOURCE
#include "svc/agent/keeps.h"

#include "base/hex.h"
#include "host/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_RATE      8192u              /* bytes a second of one keep's log */
#define MEMORY_SLACK  (16u << 20)        /* bytes: stacks, which RLIMIT_DATA does not count */
#define ENDED_MAX     256u               /* that are remembered */
#define ENDED_KEPT_MS (10u * 60u * 1000u) /* and how long */

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
        set_failure(h, report.entered == 1
                           ? "it stopped; its log may say why"
                           : "it could not start; its log says why");
    else if (report.set != 1)
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
        h->log_left -= (size_t)n;
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
    audit_say(h->keeps->audit, "keep %s of %s ended%s%s%s%s", h->id, h->owner,
              failed ? ": " : "", h->failure, failed && lines > 0 ? "; it said last: " : "",
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
    if (!asked && WIFSIGNALED(status))
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

/* Waits for it where it is not gone yet. */
static void reap(struct hosted *h)
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
    reap(context);
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

void keeps_end_all(struct keeps *keeps, const char *failure)
{
    for (struct hosted *h = keeps->list; h != NULL; h = h->next)
        hosted_end(h, failure);
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

/* A user that no living keep is. */
static uint32_t free_slot(const struct keeps *keeps)
{
    uint32_t slot = 0;
    for (const struct hosted *h = keeps->list; h != NULL;) {
        const bool taken = h->exit.fd >= 0 && h->slot == slot;
        slot += taken;
        h = taken ? keeps->list : h->next;
    }
    return slot;
}

static int watch_process(struct hosted *h)
{
    struct loop *loop = h->keeps->loop;
    h->exit = (struct watch){
        .fd = h->process.pid_fd, .ready = on_exit_of_keep, .context = h};
    h->log = (struct watch){.fd = h->process.log_fd, .ready = on_log, .context = h};
    h->log_left = LOG_RATE;
    int error = loop_add(loop, &h->exit, EPOLLIN);
    return error == 0 ? loop_add(loop, &h->log, EPOLLIN) : error;
}

static int start(struct hosted *h, struct fault *fault)
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
    int error = spawn(&order, h->id, keeps->dir_fd, group, &h->process, fault);
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
    reap(h);
    return fault_system(fault, error, "cannot watch a keep");
}

static int make_id(char id[static KEEP_ID_SIZE])
{
    uint8_t random[(KEEP_ID_SIZE - 2) / 2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    id[0] = 'k';
    hex_put((struct bytes){.data = random, .size = sizeof(random)}, id + 1);
    return 0;
}

static int check_quota(const struct keeps *keeps, const char *owner, struct fault *fault)
{
    const struct agent_config *c = keeps->config;
    uint32_t own = 0;
    for (const struct hosted *h = keeps->list; h != NULL; h = h->next)
        own += h->exit.fd >= 0 && strcmp(h->owner, owner) == 0;
    if (own >= c->keeps_of_one_max)
        return fault_set(fault, -EDQUOT,
                         "you have %" PRIu32 " keeps here, as many as one may have; end one first",
                         own);
    if (keeps->living >= c->keeps_max)
        return fault_set(fault, -ENOSPC, "this host has as many keeps as it takes; try again later");
    return 0;
}

int keeps_create(struct keeps *keeps, const struct backend *backend, const char *owner,
                 struct hosted **out, struct fault *fault)
{
    int error = check_quota(keeps, owner, fault);
    struct hosted *h = error < 0 ? NULL : calloc(1, sizeof(*h));
    if (h == NULL)
        return error < 0 ? error : fault_set(fault, -ENOMEM, "out of memory");
    h->keeps = keeps;
    h->backend = backend;
    h->exit.fd = h->log.fd = -1;
    h->slot = free_slot(keeps);
    h->created = time(NULL);
    h->created_ms = h->left_ms = clock_ms();
    snprintf(h->owner, sizeof(h->owner), "%s", owner);
    error = make_id(h->id);
    error = error < 0 ? fault_set(fault, error, "there are no random numbers")
                      : start(h, fault);
    if (error < 0) {
        keeps->numbers.failed++;
        free(h);
        return error;
    }
    h->next = keeps->list;
    keeps->list = h;
    keeps->numbers.created++;
    audit_say(keeps->audit, "keep %s of %s begins: %s", h->id, h->owner, backend->name);
    *out = h;
    return 0;
}

/* ---- sessions ---- */

struct hosted *keeps_find(const struct keeps *keeps, const char *id, const char *owner)
{
    for (struct hosted *h = keeps->list; h != NULL; h = h->next) {
        if (strcmp(h->id, id) == 0)
            return strcmp(h->owner, owner) == 0 ? h : NULL;
    }
    return NULL;
}

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
    if (h->sessions >= KEEP_SESSIONS_MAX)
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

/* The number in a line "name:  N kB" of /proc/PID/status, in bytes. 0 when there is none. */
static uint64_t status_bytes(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * 1024;
}

/* What it holds beside files, whoever it may share that with. */
static uint64_t memory_of(const struct hosted *h)
{
    char path[32], text[2048];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)h->process.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return status_bytes(text, "\nRssAnon:") + status_bytes(text, "\nRssShmem:");
}

static bool passed(uint64_t now, uint64_t since, uint64_t most)
{
    return most != 0 && now - since >= most;
}

static void check_limits(struct hosted *h, uint64_t now)
{
    const struct agent_config *c = h->keeps->config;
    if (passed(now, h->created_ms, c->lifetime_max))
        hosted_end(h, "it lived as long as a keep may");
    else if (!h->claimed && passed(now, h->created_ms, c->unclaimed_max))
        hosted_end(h, "nobody opened its channel");
    else if (h->claimed && h->sessions == 0 && passed(now, h->left_ms, c->idle_max))
        hosted_end(h, "nobody was attached for as long as a keep may be alone");
    else if (c->memory_max != 0 && memory_of(h) > c->memory_max + MEMORY_SLACK)
        hosted_end(h, "it used more memory than a keep may have");
}

/* Sessions hold on to it. */
static bool is_forgettable(const struct hosted *h, uint64_t now, size_t ended)
{
    return h->exit.fd < 0 && h->sessions == 0 &&
           (ended > ENDED_MAX || now - h->ended_ms >= ENDED_KEPT_MS);
}

static void forget(struct hosted **at)
{
    struct hosted *h = *at;
    h->keeps->numbers.received += h->received;
    h->keeps->numbers.sent += h->sent;
    *at = h->next;
    free(h);
}

void keeps_tick(struct keeps *keeps)
{
    const uint64_t now = clock_ms();
    const bool new_second = keeps->second != now / 1000;
    size_t ended = 0;
    keeps->second = now / 1000;
    for (struct hosted **at = &keeps->list; *at != NULL;) {
        struct hosted *h = *at;
        if (!h->ending)
            check_limits(h, now);
        if (new_second && h->log.fd >= 0)
            read_log_again(h);
        ended += h->exit.fd < 0;
        if (is_forgettable(h, now, ended))
            forget(at);
        else
            at = &h->next;
    }
}

/* ---- all of them ---- */

void keeps_open(struct keeps *keeps, struct loop *loop, const struct agent_config *config,
                int dir_fd, struct audit *audit)
{
    const struct isolation wish = {.parts = ISOLATION_ALL, .id = config->id_first};
    *keeps = (struct keeps){
        .loop = loop,
        .config = config,
        .audit = audit,
        .dir_fd = dir_fd,
        .isolation = {.parts = isolation_probe(&wish), .id = config->id_first},
        .groups.fd = -1,
    };
    (void)!cgroups_open(&keeps->groups);
}

void keeps_close(struct keeps *keeps)
{
    keeps_end_all(keeps, NULL);
    while (keeps->list != NULL) {
        if (keeps->list->exit.fd >= 0)
            reap(keeps->list);
        forget(&keeps->list);
    }
    cgroups_close(&keeps->groups);
}
