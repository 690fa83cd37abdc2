/* SPDX-License-Identifier: Apache-2.0 */
/* The host's loop and its port; see host.h. */
#define _GNU_SOURCE
#include "tests/keep/host.h"

#include "host/sgx/image.h"
#include "host/sgx/measure.h"
#include "host/sgx/sigstruct.h"
#include "sim/sgx/model.h"
#include "tests/keep/attacks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIME_LIMIT 20u  /* seconds: a keep that hangs has not stopped */
#define SLOW_LIMIT 300u /* in stepping mode */
#define EXITS_MAX  400000u

extern struct sgx_image keep_image; /* main.c: made once */
extern struct sgx_sigstruct keep_sigstruct;

static struct outcome *told;

_Noreturn static void finish(enum ending ending, uint64_t code)
{
    told->ending = ending;
    told->code = code;
    _exit(0);
}

_Noreturn void host_fail(const char *why)
{
    snprintf(told->host, sizeof(told->host), "%s", why);
    finish(END_HOST, 0);
}

_Noreturn void host_end(const struct port_frame *f)
{
    finish(END_EXIT, f->arg[1] << 8 | f->arg[0]);
}

/* ---- the port ---- */

static void take_log(const struct host *h, const struct port_frame *f)
{
    const size_t used = strlen(told->log);
    size_t size = f->in_size < 200 ? f->in_size : 200;
    if (used + size + 2 > sizeof(told->log))
        return;
    memcpy(told->log + used, h->block + PORT_DATA_OFFSET, size);
    told->log[used + size] = '\n';
}

static int64_t give_manifest(struct host *h, const struct port_frame *f)
{
    const size_t size = strlen(h->test);
    uint8_t *out = h->block + PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64;
    memcpy(out, h->test, size < f->out_size ? size : f->out_size);
    return (int64_t)size;
}

/* A quote in so far as the shim looks at it: its header, then the report's body. */
static int64_t make_quote(struct host *h, const struct port_frame *f)
{
    enum { HEADER = 48, BODY = 384 };
    uint8_t *out = h->block + PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64;
    if (f->arg[0] == SGX_KEEP_QUOTE_TARGET) {
        memset(out, 0, sizeof(struct sgx_targetinfo));
        return sizeof(struct sgx_targetinfo);
    }
    memset(out, 0, HEADER);
    out[0] = 3; /* version */
    memcpy(out + HEADER, h->block + PORT_DATA_OFFSET, BODY);
    return HEADER + BODY;
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
    case PORT_QUOTE:
        return make_quote(h, f);
    default:
        return -9;
    }
}

static int64_t memory(struct host *h, const struct port_frame *f)
{
    const uint64_t offset = f->arg[1] - h->base;
    const uint64_t size = f->arg[2] * SGX_PAGE;
    switch (f->arg[0]) {
    case SGX_KEEP_RESTRICT:
        return sgx_model.restrict_permissions(offset, size, f->arg[3]);
    case SGX_KEEP_TRIM:
        return sgx_model.trim(offset, size);
    default:
        return sgx_model.remove(offset, size);
    }
}

static void serve(struct host *h)
{
    struct port_frame f;
    memcpy(&f, h->block + PORT_FRAME_OFFSET, sizeof(f));
    int64_t result = f.verb == PORT_MEMORY ? memory(h, &f) : honest_answer(h, &f);
    if (h->attack->answer != NULL)
        result = h->attack->answer(h, &f, result);
    else if (f.verb == PORT_EXIT)
        host_end(&f);
    memcpy(h->block + PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
           sizeof(result));
}

/* ---- the loop ---- */

int keep_exit_c(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                struct sgx_enclave_run *run);
int keep_exit(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
              struct sgx_enclave_run *run); /* dirty.S */

/* Filled by keep_exit before any C. */
extern uint8_t exit_vectors[832];
extern uint64_t exit_registers[6]; /* r10 to r15 */

bool registers_are_clear(void)
{
    enum { MXCSR = 24, XMM = 160, XMM_END = 416, HEADER = 512, YMM = 576 };
    uint8_t used = 0;
    uint32_t mxcsr;
    uint64_t general = 0;
    const bool sse = exit_vectors[HEADER] & 2;
    const bool avx = exit_vectors[HEADER] & 4;
    memcpy(&mxcsr, exit_vectors + MXCSR, sizeof(mxcsr));
    for (size_t i = XMM; sse && i < XMM_END; i++)
        used |= exit_vectors[i];
    for (size_t i = YMM; avx && i < sizeof(exit_vectors); i++)
        used |= exit_vectors[i];
    for (size_t i = 0; i < 6; i++)
        general |= exit_registers[i];
    return used == 0 && general == 0 && mxcsr == 0x1f80;
}

int keep_exit_c(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                struct sgx_enclave_run *run)
{
    struct host *h = (struct host *)run->user_data;
    h->exit.rdi = (uint64_t)rdi;
    h->exit.rsi = (uint64_t)rsi;
    h->exit.rdx = (uint64_t)rdx;
    h->exit.rsp = (uint64_t)rsp;
    h->exit.r8 = (uint64_t)r8;
    h->exit.r9 = (uint64_t)r9;
    return 0;
}

static void after_exit(struct host *h)
{
    h->leaf = SGX_EENTER;
    if (h->run.function != SGX_EEXIT)
        return; /* an exception: the handler's turn */
    switch (h->exit.rdi) {
    case SGX_KEEP_EXIT_PORT:
        h->ports++;
        serve(h);
        return;
    case SGX_KEEP_EXIT_RESUME:
        h->resumes++;
        h->leaf = SGX_ERESUME;
        return;
    case SGX_KEEP_EXIT_DEAD:
        if (!h->attack->again || h->done)
            finish(END_STOP, h->exit.rsi);
        h->done = true;
        return;
    default:
        host_fail("an exit of no known reason");
    }
}

static int enter(struct host *h)
{
    static const uint64_t none[3] = {0, 0, 0};
    return dirty_enter(sgx_model.entry(), h->exits == 0 ? h->args : none, h->leaf, &h->run,
                       h->attack->dirty);
}

/* The enclave is to leave to where it was entered from the last time. */
static int enter_deep(struct host *h)
{
    volatile uint8_t below[10000];
    below[0] = 1;
    const int result = enter(h);
    if (below[0] != 1)
        host_fail("the host's stack was written to");
    return result;
}

_Noreturn static void loop(struct host *h)
{
    h->leaf = SGX_EENTER;
    for (;; h->exits++) {
        if (h->exits == EXITS_MAX)
            host_fail("it goes on and on");
        const uint32_t leaf = h->leaf;
        if ((h->deep ? enter_deep(h) : enter(h)) != 0)
            host_fail("not entered");
        if (h->run.function == leaf && leaf == SGX_EENTER && h->run.exception_vector == 13)
            host_fail("the processor refused the entry");
        after_exit(h);
        if (h->attack->exited != NULL)
            h->attack->exited(h);
    }
}

static void must(bool ok, const char *what)
{
    if (!ok)
        host_fail(what);
}

_Noreturn static void run_child(struct host *h)
{
    static struct sgx_secs secs __attribute__((aligned(4096))) = {
        .size = SGX_KEEP_SIZE,
        .ssa_frame_size = SGX_KEEP_SSA_PAGES,
        .miscselect = SGX_KEEP_MISCSELECT,
        .attributes = {.flags = SGX_KEEP_ATTRIBUTES, .xfrm = SGX_KEEP_XFRM},
    };
    alarm(h->attack->slow ? SLOW_LIMIT : TIME_LIMIT);
    must(sgx_model.open() == 0, "the model does not work here");
    secs.base = h->attack->base;
    must(sgx_model.create(&secs) == 0, "ECREATE");
    h->base = secs.base;
    for (size_t i = 0; i < keep_image.count; i++) {
        const struct sgx_run *r = &keep_image.runs[i];
        must(sgx_model.add(r->offset, r->data, r->size, r->flags) == 0, "EADD");
    }
    must(sgx_model.init(&keep_sigstruct) == 0, "EINIT");
    h->block =
        mmap(NULL, PORT_BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct boot_record boot = {
        .magic = BOOT_MAGIC,
        .version = PORT_VERSION,
        .mode = BOOT_LOCAL,
        .cpus = 64,
        .memory_size = 1ull << 32,
        .files_size = 1ull << 32,
    };
    memcpy(h->block + PORT_BOOT_OFFSET, &boot, sizeof(boot));
    h->args[0] = (uint64_t)h->block;
    h->args[1] = (uint64_t)h->exec;
    h->args[2] = (uint64_t)h->nodes;
    h->run = (struct sgx_enclave_run){
        .tcs = h->base + keep_image.entry,
        .user_handler = (uint64_t)keep_exit,
        .user_data = (uint64_t)h,
    };
    if (h->attack->prepare != NULL)
        h->attack->prepare(h);
    if (h->attack->start != NULL)
        h->attack->start(h);
    loop(h);
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
