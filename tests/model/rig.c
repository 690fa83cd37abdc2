/* SPDX-License-Identifier: Apache-2.0 */
/* See rig.h. */
#define _GNU_SOURCE
#define OPENSSL_API_COMPAT 0x10101000L
#include "tests/model/rig.h"

#include "sim/sgx/quoting.h"
#include "tests/model/sign.h"

#include <errno.h>
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct rig rig;

_Noreturn void rig_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    _exit(1);
}

void rig_run(void (*body)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        fail_msg("died of signal %d", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int handle(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                  struct sgx_enclave_run *run)
{
    if (rig.count == EXITS_MAX)
        rig_fail(__FILE__, __LINE__, "too many exits");
    rig.exits[rig.count++] = (struct exit){
        .function = run->function,
        .vector = run->exception_vector,
        .error = run->exception_error_code,
        .address = run->exception_addr,
        .rdi = rdi,
        .rsi = rsi,
        .rdx = rdx,
        .rsp = rsp,
        .r8 = r8,
        .r9 = r9,
    };
    if (run->function != SGX_EEXIT)
        return rig.gives_up || run->function == SGX_EENTER ? -5 : SGX_EENTER;
    return rdi == LEFT_HANDLED ? SGX_ERESUME : 0;
}

volatile uint64_t *rig_word(unsigned offset)
{
    return (volatile uint64_t *)(rig.base + ENCLAVE_DATA + offset);
}

uint8_t *rig_data(unsigned offset) { return (uint8_t *)(rig.base + ENCLAVE_DATA + offset); }

int rig_do(unsigned what, uint64_t rax, uint64_t rbx, uint64_t rcx, uint64_t rdx)
{
    struct sgx_enclave_run run = {.tcs = rig.base + rig.tcs, .user_handler = (uintptr_t)handle};
    rig.count = 0;
    *rig_word(DATA_WHAT) = what;
    *rig_word(DATA_RAX) = rax;
    *rig_word(DATA_RBX) = rbx;
    *rig_word(DATA_RCX) = rcx;
    *rig_word(DATA_RDX) = rdx;
    return sgx_model.entry()(1, 2, 3, SGX_EENTER, 8, 9, &run);
}

long rig_leaf(unsigned leaf, uint64_t flags, uint64_t rcx, uint64_t rdx)
{
    struct sgx_secinfo secinfo = {.flags = flags};
    memcpy(rig_data(DATA_SECINFO), &secinfo, sizeof(secinfo));
    bool before = rig.gives_up;
    rig.gives_up = true;
    int result = rig_do(DO_ENCLU, leaf, rig.base + ENCLAVE_DATA + DATA_SECINFO, rcx, rdx);
    rig.gives_up = before;
    return result != 0 ? -(long)rig.exits[rig.count - 1].vector : (long)*rig_word(DATA_RAX);
}

/* ---- the enclave, and its measurement by other code than the model's ---- */

static const struct {
    uint32_t from;
    uint32_t to;
    uint32_t flags; /* as measured */
} parts[] = {
    {ENCLAVE_CODE, ENCLAVE_DATA, 0x205},
    {ENCLAVE_DATA, ENCLAVE_TCS, 0x203},
    {ENCLAVE_TCS, ENCLAVE_SSA, 0x100},
    {ENCLAVE_SSA, ENCLAVE_TOP, 0x203},
};

static void record(SHA256_CTX *ctx, const char *name, uint64_t first, uint64_t second)
{
    uint64_t words[8] = {0, first, second};
    strncpy((char *)words, name, 8);
    SHA256_Update(ctx, words, sizeof(words));
}

static void measure(uint8_t mrenclave[static 32])
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    /* SSAFRAMESIZE has 4 bytes, SIZE follows at once */
    record(&ctx, "ECREATE", 1 | (uint64_t)ENCLAVE_SIZE << 32, 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (uint32_t page = parts[i].from; page < parts[i].to; page += 4096) {
            record(&ctx, "EADD", page, parts[i].flags);
            for (uint32_t at = page; at < page + 4096; at += 256) {
                record(&ctx, "EEXTEND", at, 0);
                SHA256_Update(&ctx, enclave_image + at, 256);
            }
        }
    SHA256_Final(mrenclave, &ctx);
}

static const char *const made[] = {"enarx/sim/processor.key", "enarx/sim", "enarx", ""};
static char home[] = "/tmp/model_test.XXXXXX";

int rig_setup(void **state)
{
    struct sgx_sigstruct sig = {0};
    (void)state;
    sigstruct_sign(&sig); /* makes the key for all children */
    return mkdtemp(home) == NULL || setenv("XDG_STATE_HOME", home, 1) < 0;
}

int rig_teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", home, made[i]);
        remove(path);
    }
    return 0;
}

void rig_start(void)
{
    struct sgx_secs secs = {
        .size = ENCLAVE_SIZE,
        .base = ENCLAVE_BASE,
        .ssa_frame_size = 1,
        .miscselect = SGX_MISC_EXINFO,
        .attributes = {SGX_ATTR_MODE64BIT, SGX_XFRM_X87 | SGX_XFRM_SSE | SGX_XFRM_AVX},
    };
    struct sgx_sigstruct sig;
    uint8_t mrenclave[32];
    CHECK(sgx_model.open() == 0);
    CHECK(sgx_model.create(&secs) == 0);
    rig.base = secs.base;
    rig.tcs = ENCLAVE_TCS;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        CHECK(sgx_model.add(parts[i].from, enclave_image + parts[i].from,
                            parts[i].to - parts[i].from, parts[i].flags) == 0);
    measure(mrenclave);
    sigstruct_make(&secs, mrenclave, &sig);
    sigstruct_sign(&sig);
    CHECK(sgx_model.init(&sig) == 0);
}

/* ---- what tests do with it ---- */

uint64_t rig_place(const uint8_t *in_image)
{
    return rig.base + (uint64_t)(in_image - enclave_image);
}

void rig_report_to_handler(uint64_t skip)
{
    rig.reports = true;
    *rig_word(DATA_SKIP) = skip;
}

void rig_fill(void)
{
    for (unsigned i = 0; i < 16; i++)
        *rig_word(DATA_IN + 8 * i) = 0x5e11000000000000u + i * 0x111111111u;
    *rig_word(DATA_IN + 128) = 0xcd7 | 0x202; /* CF PF AF ZF SF DF OF IF */
    for (unsigned i = 0; i < 512; i++)
        rig_data(DATA_YMM_IN)[i] = (uint8_t)(i * 7 + 3);
    *(uint32_t *)rig_data(DATA_MXCSR) = 0x7f80;
    *rig_word(DATA_AVX512) =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    memset(rig_data(DATA_ZMM), 0xa5, 64);
    *rig_word(DATA_K) = 0x1234567890abcdef;
}

int rig_resume(void)
{
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    int result = sgx_model.entry()(0, 0, 0, SGX_ERESUME, 0, 0, &run);
    CHECK(result == 0);
    return run.function == SGX_EEXIT ? 0 : run.exception_vector;
}

/* ---- no quoting here ---- */

int quoting_target(struct sgx_targetinfo *target)
{
    (void)target;
    return -ENOSYS;
}

int quoting_sign(const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    (void)report;
    (void)quote;
    (void)size;
    return -ENOSYS;
}
