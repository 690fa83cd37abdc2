/* SPDX-License-Identifier: Apache-2.0 */
/* A keep in a thread; see deployed_keep.h. */
#define _GNU_SOURCE
#include "tests/unit/deployed_keep.h"

#include "exec/engine.h"
#include "exec/network.h"
#include "exec/provision.h"
#include "exec/report.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

struct fake_host host;
program *keep_program;
uint8_t memory[MEMORY_SIZE];

static struct {
    pthread_t thread;
    bool joined;
    atomic_bool killed; /* by the test, which has seen enough */
    atomic_ullong passed;
    struct boot_record boot;
} keep;

/* What a keep takes lives as long as it does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

/* The test's own OpenSSL has begun already. */
int crypto_wipe_freed(void);
int crypto_wipe_freed(void) { return 0; }

/* ---- the port ---- */

static uint64_t now(uint64_t clock)
{
    struct timespec t;
    clock_gettime(clock == PORT_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + keep.passed;
}

void time_passes(uint64_t ns) { keep.passed += ns; }

static int64_t result_of(ssize_t n) { return n < 0 ? -errno : n; }

static int64_t poll_rows(const struct port_call *c)
{
    static struct pollfd polls[PORT_POLL_MAX];
    struct port_poll_row {
        int32_t handle;
        uint16_t want, ready;
    } *rows = c->out;
    const size_t count = c->in_size / sizeof(*rows);
    const uint64_t start = now(PORT_CLOCK_MONOTONIC);
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){
            .fd = rows[i].handle,
            .events = (short)((rows[i].want & PORT_POLL_READ ? POLLIN : 0) |
                              (rows[i].want & PORT_POLL_WRITE ? POLLOUT : 0)),
        };
    int ready = 0;
    while (ready == 0) {
        ready = poll(polls, count, c->arg[0] == 0 ? 0 : 2);
        if (keep.killed)
            pthread_exit(NULL);
        if (now(PORT_CLOCK_MONOTONIC) - start >= c->arg[0])
            break;
    }
    for (size_t i = 0; i < count; i++)
        rows[i].ready = (uint16_t)((polls[i].revents & (POLLIN | POLLHUP) ? PORT_POLL_READ : 0) |
                                   (polls[i].revents & POLLOUT ? PORT_POLL_WRITE : 0) |
                                   (polls[i].revents & POLLHUP ? PORT_POLL_HANGUP : 0));
    return ready;
}

static int64_t log_line(const struct port_call *c)
{
    const size_t length = strlen(host.log);
    snprintf(host.log + length, sizeof(host.log) - length, "%.*s\n", (int)c->in_size,
             (const char *)c->in);
    return 0;
}

static int64_t entry(const struct port_call *c)
{
    host.calls[c->verb]++;
    const int fd = (int)c->arg[0];
    const size_t most =
        host.write_max != 0 && host.write_max < c->in_size ? host.write_max : c->in_size;
    switch (c->verb) {
    case PORT_EXIT:
        host.end = c->arg[0];
        host.status = c->arg[1];
        pthread_exit(NULL);
    case PORT_LOG:
        return log_line(c);
    case PORT_LISTEN:
        return c->arg[0] == 0 ? dup(host.listener) : -ENOENT;
    case PORT_ACCEPT:
        return result_of(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    case PORT_READ:
        return result_of(recv(fd, c->out, c->out_size, MSG_DONTWAIT));
    case PORT_WRITE:
        return result_of(send(fd, c->in, most, MSG_DONTWAIT | MSG_NOSIGNAL));
    case PORT_CLOSE:
        return close(fd);
    case PORT_POLL:
        return poll_rows(c);
    default: /* a deployment asks its host for nothing else */
        return -EIO;
    }
}

static int64_t give_evidence(const uint8_t report_data[REPORT_DATA_BYTES], void *evidence,
                             size_t size)
{
    if (host.evidence != 0 || size < sizeof(HOST_EVIDENCE))
        return host.evidence;
    memcpy(host.report_data, report_data, REPORT_DATA_BYTES);
    memcpy(evidence, HOST_EVIDENCE, sizeof(HOST_EVIDENCE));
    return sizeof(HOST_EVIDENCE);
}

unsigned long getauxval(unsigned long type)
{
    switch (type) {
    case AT_ENARX_PORT:
        return (unsigned long)entry;
    case AT_ENARX_BOOT:
        return (unsigned long)&keep.boot;
    case AT_ENARX_CLOCK:
        return (unsigned long)now;
    case AT_ENARX_EVIDENCE:
        return host.proves ? (unsigned long)give_evidence : 0;
    default:
        return 0;
    }
}

/* ---- the keep ---- */

struct engine_result engine_run(const struct engine_config *config, struct bytes module,
                                const uint8_t digest[static DIGEST_SIZE], struct wasi *wasi)
{
    (void)config;
    (void)module;
    (void)digest;
    const uint32_t status = keep_program(wasi);
    if (status == TRAPS)
        report(PORT_LOG_ERROR, "the program trapped: in the function secret_function");
    return (struct engine_result){
        .trapped = status == TRAPS,
        .status = status == WASI_EXITED ? wasi_exit_status(wasi) : status % TRAPS,
    };
}

static void *run_keep(void *context)
{
    (void)context;
    provision(&keep.boot);
}

int keep_start(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    memset(memory, 0, sizeof(memory));
    keep.joined = false;
    keep.killed = false;
    keep.passed = 0;
    keep.boot = (struct boot_record){.magic = BOOT_MAGIC,
                                     .version = PORT_VERSION,
                                     .mode = BOOT_DEPLOY,
                                     .cpus = 1,
                                     .memory_size = 1 << 20,
                                     .files_size = 1 << 20};
    host.proves = true;
    host.end = UINT64_MAX;
    host.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sa_family_t anywhere = AF_UNIX;
    if (host.listener < 0 ||
        bind(host.listener, (const struct sockaddr *)&anywhere, sizeof(anywhere)) < 0 ||
        listen(host.listener, 16) < 0)
        return -1;
    return pthread_create(&keep.thread, NULL, run_keep, NULL);
}

static bool join(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    keep.joined = keep.joined || pthread_timedjoin_np(keep.thread, NULL, &until) == 0;
    return keep.joined;
}

int keep_stop(void **state)
{
    (void)state;
    keep.killed = true;
    const bool ended = join();
    close(host.listener);
    return ended ? 0 : -1;
}

void keep_ends(enum port_end end)
{
    if (!join())
        fail_msg("the keep goes on");
    assert_int_equal(host.end, end);
    assert_int_equal(host.status, 0);
}

/* ---- for programs ---- */

uint32_t call(struct wasi *w, const char *name, const uint64_t *args)
{
    const struct wasi_func *f = wasi_preview1;
    while (strcmp(f->name, name) != 0)
        f++;
    return wasi_invoke(w, f, (struct mem){.base = memory, .size = sizeof(memory)}, args);
}

static void put32(uint32_t at, uint32_t value) { memcpy(memory + at, &value, sizeof(value)); }
static void put64(uint32_t at, uint64_t value) { memcpy(memory + at, &value, sizeof(value)); }

static int64_t transfer(struct wasi *w, const char *name, uint32_t fd, uint32_t size)
{
    uint32_t done = 0;
    put32(0, BUFFER);
    put32(4, size);
    const uint32_t e = call(w, name, (const uint64_t[]){fd, 0, 1, 8});
    memcpy(&done, memory + 8, sizeof(done));
    return e == 0 ? (int64_t)done : -(int64_t)e;
}

int64_t read_once(struct wasi *w, uint32_t fd, uint32_t size)
{
    return transfer(w, "fd_read", fd, size);
}

int64_t write_once(struct wasi *w, uint32_t fd, const void *data, uint32_t size)
{
    memmove(memory + BUFFER, data, size);
    return transfer(w, "fd_write", fd, size);
}

bool write_all(struct wasi *w, uint32_t fd, const void *data, uint32_t size)
{
    return write_once(w, fd, data, size) == (int64_t)size;
}

bool write_text(struct wasi *w, uint32_t fd, const char *text)
{
    return write_all(w, fd, text, (uint32_t)strlen(text));
}

/* [WASI preview1 subscription] */
uint32_t sleep_ns(struct wasi *w, uint64_t ns)
{
    memset(memory, 0, 48);
    put32(16, 1); /* monotonic */
    put64(24, ns);
    return CALL(w, poll_oneoff, 0, 64, 1, 128);
}

/* ---- what its host opens ---- */

opener *keep_opens;

int network_init(struct network *n, maybe_unused const struct manifest *manifest,
                 maybe_unused const uint8_t *digest, const struct wasi_host *outer)
{
    *n = (struct network){.host = *outer};
    return 0;
}

int network_open(struct network *n, maybe_unused size_t index, maybe_unused struct object **out)
{
    return keep_opens(&n->host);
}

void network_end(struct network *n) { assert_false(n->speaks_tls); }
