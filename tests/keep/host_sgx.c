/* SPDX-License-Identifier: Apache-2.0 */
/* The host's loop for SGX; see host_sgx.h. */
#define _GNU_SOURCE
#include "tests/keep/host_sgx.h"

#include "host/sgx/image.h"
#include "host/sgx/measure.h"
#include "host/sgx/sigstruct.h"
#include "sim/sgx/model.h"
#include "tests/keep/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sgx_host sgx_host;

/* Made once. */
static struct sgx_image image;
static struct sgx_sigstruct sigstruct;

static void open_shim(const char *path)
{
    size_t size;
    uint8_t mrenclave[32];
    EVP_PKEY *key;
    const uint8_t *file = host_read_file(path, &size);
    if (sgx_image_parse((struct bytes){file, size}, &image) < 0 ||
        sgx_measure(&image, SGX_KEEP_SIZE, SGX_KEEP_SSA_PAGES, NULL, mrenclave) < 0 ||
        rsa_new(&key) < 0 || sgx_sigstruct_sign(key, mrenclave, 0x20260101, &sigstruct) < 0) {
        fprintf(stderr, "keep: %s is no shim\n", path);
        exit(2);
    }
    EVP_PKEY_free(key);
}

/* ---- the port ---- */

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

static int64_t memory(const struct port_frame *f)
{
    const uint64_t offset = f->arg[1] - sgx_host.base;
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

static int64_t serve(struct host *h, const struct port_frame *f)
{
    switch (f->verb) {
    case PORT_QUOTE:
        return make_quote(h, f);
    case PORT_MEMORY:
        return memory(f);
    default:
        return -9;
    }
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
    (void)run;
    sgx_host.exit.rdi = (uint64_t)rdi;
    sgx_host.exit.rsi = (uint64_t)rsi;
    sgx_host.exit.rdx = (uint64_t)rdx;
    sgx_host.exit.rsp = (uint64_t)rsp;
    sgx_host.exit.r8 = (uint64_t)r8;
    sgx_host.exit.r9 = (uint64_t)r9;
    return 0;
}

static void after_exit(struct host *h)
{
    sgx_host.leaf = SGX_EENTER;
    if (sgx_host.run.function != SGX_EEXIT)
        return; /* an exception: the handler's turn */
    switch (sgx_host.exit.rdi) {
    case SGX_KEEP_EXIT_PORT:
        host_serve(h);
        return;
    case SGX_KEEP_EXIT_RESUME:
        sgx_host.resumes++;
        sgx_host.leaf = SGX_ERESUME;
        return;
    case SGX_KEEP_EXIT_DEAD:
        if (!h->attack->again || h->done)
            host_finish(END_STOP, sgx_host.exit.rsi);
        host_again(h);
        return;
    default:
        host_fail("an exit of no known reason");
    }
}

/* What dirty.S left in the registers for the entry. */
extern uint64_t entry_flags;
extern uint32_t entry_mxcsr;
extern uint8_t entry_vector[32];

static bool entered_dirty(void)
{
    static const uint8_t clean[32] = {0};
    return (entry_flags & 0x40400) == 0x40400 && entry_mxcsr == 0xffc0 &&
           memcmp(entry_vector, clean, sizeof(clean)) != 0;
}

static int enter(struct host *h)
{
    static const uint64_t none[3] = {0, 0, 0};
    const int result = dirty_enter(sgx_model.entry(), h->exits == 0 ? sgx_host.args : none,
                                   sgx_host.leaf, &sgx_host.run, h->attack->dirty);
    if (h->attack->dirty && entered_dirty())
        host_made();
    return result;
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
    sgx_host.leaf = SGX_EENTER;
    for (;; h->exits++) {
        if (h->exits == HOST_EXITS_MAX)
            host_fail("it goes on and on");
        const uint32_t leaf = sgx_host.leaf;
        if ((sgx_host.deep ? enter_deep(h) : enter(h)) != 0)
            host_fail("not entered");
        if (sgx_host.run.function == leaf && leaf == SGX_EENTER &&
            sgx_host.run.exception_vector == 13)
            host_fail("the processor refused the entry");
        after_exit(h);
        if (h->attack->exited != NULL)
            h->attack->exited(h);
    }
}

static void start(struct host *h)
{
    static struct sgx_secs secs __attribute__((aligned(4096))) = {
        .size = SGX_KEEP_SIZE,
        .ssa_frame_size = SGX_KEEP_SSA_PAGES,
        .miscselect = SGX_KEEP_MISCSELECT,
        .attributes = {.flags = SGX_KEEP_ATTRIBUTES, .xfrm = SGX_KEEP_XFRM},
    };
    host_must(sgx_model.open() == 0, "the model does not work here");
    secs.base = h->attack->base;
    host_must(sgx_model.create(&secs) == 0, "ECREATE");
    for (size_t i = 0; i < image.count; i++) {
        const struct sgx_run *r = &image.runs[i];
        host_must(sgx_model.add(r->offset, r->data, r->size, r->flags) == 0, "EADD");
    }
    host_must(sgx_model.init(&sigstruct) == 0, "EINIT");
    sgx_host = (struct sgx_host){
        .base = secs.base,
        .args = {(uint64_t)h->block, (uint64_t)h->exec, (uint64_t)h->nodes},
        .run =
            {
                .tcs = secs.base + image.entry,
                .user_handler = (uint64_t)keep_exit,
                .user_data = (uint64_t)h,
            },
    };
}

static const char *const stops[] = {
#define TEXT(name, text) #name,
    SGX_KEEP_STOPS(TEXT)
#undef TEXT
};

const struct kind sgx_kind = {
    .name = "sgx",
    .attacks = sgx_attacks,
    .stops = stops,
    .stop_count = SGX_KEEP_STOP_COUNT,
    .open = open_shim,
    .start = start,
    .loop = loop,
    .serve = serve,
};
