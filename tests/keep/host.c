/* SPDX-License-Identifier: Apache-2.0 */
/* A host's port, and a process for each keep; see host.h. */
#define _GNU_SOURCE
#include "tests/keep/host.h"

#include "tests/keep/attacks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIME_LIMIT 60u  /* seconds: a keep that hangs has not stopped */
#define SLOW_LIMIT 300u /* in stepping mode, or in an emulated machine */

static const struct kind *kind;
static const struct attack *attack;
static struct outcome *told;

_Noreturn void host_finish(enum ending ending, uint64_t code)
{
    told->ending = ending;
    told->code = code;
    if (kind->exits != NULL)
        told->exits = kind->exits();
    if (attack->made != NULL)
        told->made += attack->made();
    _exit(0);
}

void host_made(void) { told->made++; }

void host_again(struct host *h)
{
    h->done = true;
    host_made();
}

_Noreturn void host_fail(const char *why)
{
    snprintf(told->host, sizeof(told->host), "%s", why);
    host_finish(END_HOST, 0);
}

void host_must(bool ok, const char *what)
{
    if (!ok)
        host_fail(what);
}

_Noreturn void host_end(const struct port_frame *f)
{
    host_finish(END_EXIT, f->arg[1] << 8 | f->arg[0]);
}

/* ---- the port ---- */

static void add_line(const void *text, size_t size)
{
    const size_t used = strlen(told->log);
    if (used + size + 2 > sizeof(told->log))
        return;
    memcpy(told->log + used, text, size);
    told->log[used + size] = '\n';
}

void host_said(const char *text) { add_line(text, strlen(text)); }

static void take_log(const struct host *h, const struct port_frame *f)
{
    add_line(h->block + PORT_DATA_OFFSET, f->in_size < 200 ? f->in_size : 200);
}

static int64_t give_manifest(struct host *h, const struct port_frame *f)
{
    const size_t size = strlen(h->test);
    uint8_t *out = h->block + PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64;
    memcpy(out, h->test, size < f->out_size ? size : f->out_size);
    return (int64_t)size;
}

static int64_t honest_answer(struct host *h, const struct port_frame *f)
{
    struct timespec now;
    switch (f->verb) {
    case PORT_EXIT:
        return 0;
    case PORT_LOG:
        take_log(h, f);
        return 0;
    case PORT_EXCHANGE:
        return f->arg[0] == PORT_BLOB_MANIFEST ? give_manifest(h, f) : 0;
    case PORT_CLOCK:
        clock_gettime(f->arg[0] == PORT_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000000 + now.tv_nsec;
    case PORT_POLL:
        if (f->in_size == 0 && f->arg[0] != PORT_FOREVER)
            usleep((useconds_t)(f->arg[0] / 1000) + 1);
        return 0;
    default:
        return h->kind->serve == NULL ? -9 : h->kind->serve(h, f);
    }
}

void host_serve(struct host *h)
{
    struct port_frame f;
    memcpy(&f, h->block + PORT_FRAME_OFFSET, sizeof(f));
    h->ports++;
    int64_t result = honest_answer(h, &f);
    if (h->attack->answer != NULL)
        result = h->attack->answer(h, &f, result);
    else if (f.verb == PORT_EXIT)
        host_end(&f);
    memcpy(h->block + PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
           sizeof(result));
}

/* ---- a keep ---- */

static void make_block(struct host *h)
{
    const struct boot_record boot = {
        .magic = BOOT_MAGIC,
        .version = PORT_VERSION,
        .mode = BOOT_LOCAL,
        .cpus = 64,
        .memory_size = 1ull << 32,
        .files_size = 1ull << 32,
    };
    h->block =
        mmap(NULL, PORT_BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memcpy(h->block + PORT_BOOT_OFFSET, &boot, sizeof(boot));
}

_Noreturn static void run_child(struct host *h)
{
    alarm(h->attack->slow || h->kind->slow ? SLOW_LIMIT : TIME_LIMIT);
    kind = h->kind;
    attack = h->attack;
    make_block(h);
    h->kind->start(h);
    if (h->attack->prepare != NULL)
        h->attack->prepare(h);
    if (h->attack->start != NULL)
        h->attack->start(h);
    h->kind->loop(h);
}

void host_run(const struct host *setup, struct outcome *outcome)
{
    struct host h = *setup;
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t pid = fork();
    if (pid == 0)
        run_child(&h);
    int status = 0;
    waitpid(pid, &status, 0);
    *outcome = *told;
    munmap(told, sizeof(*told));
    if (outcome->ending != END_NONE)
        return;
    outcome->ending = END_HOST;
    if (WIFSIGNALED(status))
        snprintf(outcome->host, sizeof(outcome->host), "signal %d", WTERMSIG(status));
    else
        snprintf(outcome->host, sizeof(outcome->host), "status %d", WEXITSTATUS(status));
}
