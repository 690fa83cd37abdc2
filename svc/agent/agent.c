/* SPDX-License-Identifier: Apache-2.0 */
/* The agent from its start to its end; see agent.h. One thread, one loop. */
#define _GNU_SOURCE
#include "svc/agent/agent_parts.h"

#include "host/clock.h"
#include "host/user_dir.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TICK_MS            100  /* while there are keeps */
#define SLOW_TICK_MS       1000 /* while some are remembered */
#define CONNECTIONS_MAX    1024u
#define CONNECTIONS_OF_ONE 768u /* who is alone may have most of them */

/* ---- signals ---- */

static void drain(struct agent *a)
{
    if (a->draining) {
        a->over = true;
        return;
    }
    a->draining = true;
    a->drained_at = clock_ms() + a->config->drain_max;
    audit_say(&a->audit, "asked to end: no new keeps; %u may still end by themselves",
              a->keeps.living);
}

/* What cannot be read leaves what was read before. */
static void reload(struct agent *a)
{
    struct fault fault;
    struct tokens tokens;
    SSL_CTX *tls;
    if (agent_tokens_load(a, &tokens, &fault) < 0) {
        audit_say(&a->audit, "asked to read its files again, which cannot be done: %s", fault.text);
        return;
    }
    if (agent_tls_load(a, &tls, &fault) < 0) {
        tokens_fini(&tokens);
        audit_say(&a->audit, "asked to read its files again, which cannot be done: %s", fault.text);
        return;
    }
    tokens_fini(&a->tokens);
    a->tokens = tokens;
    server_set_tls(a->server, tls);
    SSL_CTX_free(a->tls);
    a->tls = tls;
    audit_say(&a->audit, "has read its files again: %zu tokens", a->tokens.count);
}

static void on_signal(void *context, uint32_t events)
{
    struct agent *a = context;
    struct signalfd_siginfo info;
    (void)events;
    if (read(a->signals.fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo == SIGHUP)
        reload(a);
    else
        drain(a);
}

static int open_signals(struct agent *a)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    a->signals = (struct watch){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = on_signal, .context = a};
    return a->signals.fd < 0 ? -errno : loop_add(&a->loop, &a->signals, EPOLLIN);
}

/* ---- the start ---- */

static int open_state(struct agent *a, struct fault *fault)
{
    static const struct user_dir usual = {"XDG_STATE_HOME", ".local/state", "enarx/host"};
    const char *given = a->config->state_dir;
    a->state_fd =
        given != NULL ? user_dir_open_path(given, true, fault) : user_dir_open(&usual, true, fault);
    if (a->state_fd < 0)
        return a->state_fd;
    if (flock(a->state_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return fault_set(fault, -errno,
                     "another agent uses this state folder; end it, or name another with "
                     "--state-dir");
}

/* Each session takes two descriptors, each keep four, and what it opens another one. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)!setrlimit(RLIMIT_NOFILE, &limit);
}

/* Buffers of connections go back to the system with them: between what is small and lives
 * longer they would leave holes, and glibc raises the bound by itself. Ushers have hardly any
 * memory, and need no heaps of their own. */
static void keep_memory_flat(void)
{
    (void)!mallopt(M_MMAP_THRESHOLD, 32 * 1024);
    (void)!mallopt(M_ARENA_MAX, 1);
}

static void tell_isolation(struct agent *a)
{
    const uint32_t missing = ISOLATION_ALL & ~a->keeps.isolation.parts;
    char list[256] = "";
    for (unsigned i = 0; i < ISOLATION_COUNT; i++) {
        const size_t length = strlen(list);
        if (missing & 1u << i)
            snprintf(list + length, sizeof(list) - length, "%s%s", length > 0 ? ", " : "",
                     isolation_texts[i]);
    }
    if (missing != 0)
        audit_say(&a->audit,
                  "warning: keeps go without: %s; this kernel or user may not give them that, see "
                  "docs/agent.md",
                  list);
    if (a->keeps.groups.fd < 0)
        audit_say(&a->audit, "no control groups to be had here: the memory of keeps is looked at "
                             "ten times a second instead");
}

static int open_server(struct agent *a, struct fault *fault)
{
    const struct server_config config = {
        .address = a->config->listen,
        .tls = a->tls,
        .routes = agent_routes,
        .route_count = agent_route_count,
        .connections_max = CONNECTIONS_MAX,
        .connections_of_one_max = CONNECTIONS_OF_ONE,
        .context = a,
        .answered = agent_answered,
    };
    return server_open(&a->loop, &config, &a->server, fault);
}

/* As many ushers more as there may be keeps: those that are still at something. */
static int open_streams(struct agent *a, struct fault *fault)
{
    const struct agent_config *c = a->config;
    const int error = streams_open(&a->streams, &a->keeps, &a->loop, c->rules, 2 * c->keeps_max);
    a->keeps.ushers = a->streams.ushers;
    return error < 0 ? fault_system(fault, error, "cannot start the agent") : 0;
}

static int start(struct agent *a, struct fault *fault)
{
    int error = loop_open(&a->loop);
    if (error == 0)
        error = open_signals(a);
    if (error == 0)
        error = agent_page_policy(a->page_policy);
    if (error < 0)
        return fault_system(fault, error, "cannot start the agent");
    raise_limit();
    keep_memory_flat();
    error = open_state(a, fault);
    if (error == 0)
        error = agent_tokens_load(a, &a->tokens, fault);
    if (error == 0)
        error = agent_tls_load(a, &a->tls, fault);
    if (error < 0)
        return error;
    platform_open(&a->platform, a->config);
    keeps_open(&a->keeps, &a->loop, a->config, a->state_fd, &a->audit);
    error = open_streams(a, fault);
    if (error == 0)
        error = open_server(a, fault);
    if (error == 0)
        tell_isolation(a);
    return error;
}

/* ---- the rest ---- */

static int shortest(int a, int b) { return a < 0 ? b : b < 0 || a < b ? a : b; }

static int tick(const struct agent *a)
{
    if (a->keeps.living > 0 || a->draining)
        return TICK_MS;
    return a->keeps.list != NULL ? SLOW_TICK_MS : -1;
}

static void serve(struct agent *a)
{
    while (!a->over) {
        if (loop_run(&a->loop, shortest(server_timeout(a->server), tick(a))) < 0)
            break;
        server_run(a->server);
        keeps_tick(&a->keeps);
        platform_refresh(&a->platform);
        if (a->draining && (a->keeps.living == 0 || clock_ms() >= a->drained_at))
            a->over = true;
    }
}

static void stop(struct agent *a)
{
    server_close(a->server);
    if (a->keeps.loop != NULL)
        keeps_close(&a->keeps);
    streams_close(&a->streams);
    if (a->platform.config != NULL)
        platform_close(&a->platform);
    tokens_fini(&a->tokens);
    SSL_CTX_free(a->tls);
    if (a->signals.fd >= 0)
        close(a->signals.fd);
    if (a->state_fd >= 0)
        close(a->state_fd);
    loop_close(&a->loop);
}

int agent_run(const struct agent_config *config, struct fault *fault)
{
    struct agent a = {
        .config = config,
        .loop = {.fd = -1},
        .signals = {.fd = -1},
        .state_fd = -1,
        .started_ms = clock_ms(),
    };
    int error = start(&a, fault);
    if (error == 0) {
        dprintf(STDERR_FILENO, "enarx: listening on https://%s\n", server_address(a.server));
        serve(&a);
        audit_say(&a.audit, "ends: %u keeps are ended with it", a.keeps.living);
    }
    stop(&a);
    if (a.streams.ushers != NULL)
        ushers_leave(a.streams.ushers, 0);
    return error;
}
