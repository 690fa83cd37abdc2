/* SPDX-License-Identifier: Apache-2.0 */
/* Into the enclave of the model and out of it: registers, frames, faults. What is
 * expected is the manual's [SDM 3D 36, 38], unless a test says otherwise. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "tests/model/rig.h"

#include "sim/sgx/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name)                 \
    static void name##_body(void); \
    static void name(void **state) \
    {                              \
        (void)state;               \
        rig_run(name##_body);      \
    }                              \
    static void name##_body(void)

#define SSA       (rig.base + ENCLAVE_SSA)
#define GPR(n)    ((struct sgx_gpr *)(SSA + ((n) + 1) * 4096 - sizeof(struct sgx_gpr)))
#define EXINFO(n) ((struct sgx_exinfo *)((uint8_t *)GPR(n) - sizeof(struct sgx_exinfo)))

static const uint64_t heap_page = ENCLAVE_HEAP;

static uint64_t place(const uint8_t *in_image)
{
    return rig.base + (uint64_t)(in_image - enclave_image);
}

static void report_to_handler(uint64_t skip)
{
    rig.reports = true;
    *rig_word(DATA_SKIP) = skip;
}

TEST(enters_and_exits)
{
    rig_start();
    CHECK(rig_do(DO_NOTHING, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 1);
    CHECK(rig.exits[0].function == SGX_EEXIT);
    CHECK(rig.exits[0].rdi == LEFT_DONE);
    CHECK(rig.exits[0].rsi == 2); /* passed through */
    CHECK((uint64_t)rig.exits[0].rsp == *rig_word(DATA_URSP));
    CHECK(*rig_word(DATA_CSSA) == 0);
    CHECK(*rig_word(DATA_FS) == rig.base + ENCLAVE_DATA);
    CHECK(*rig_word(DATA_EXIT) == (uintptr_t)model_exit_point);
    CHECK(model_counters()->eenter == 1 && model_counters()->eexit == 1);
}

TEST(syscall_is_undefined)
{
    rig_start();
    report_to_handler(2);
    CHECK(rig_do(DO_SYSCALL, 39, 0, 0, 0) == 0);
    CHECK(rig.count == 3);
    CHECK(rig.exits[0].function == SGX_ERESUME); /* what ENCLU at AEP would do */
    CHECK(rig.exits[0].vector == 6 && rig.exits[0].error == 0 && rig.exits[0].address == 0);
    CHECK(rig.exits[1].rdi == LEFT_HANDLED && rig.exits[2].rdi == LEFT_DONE);
    CHECK(GPR(0)->rip == place(enclave_syscall) + 2);
    CHECK(GPR(0)->rax == 39);
    CHECK(GPR(0)->exit_info == 0x80000306);
    CHECK(*rig_word(DATA_CSSA) == 1);
    CHECK(model_counters()->aex_syscall == 1 && model_counters()->eresume == 1);
}

static void fill(void)
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

/* SSA frame and ERESUME: every register as it was. */
TEST(registers_survive)
{
    rig_start();
    fill();
    report_to_handler(2);
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 3);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(((*rig_word(DATA_OUT + 128) ^ *rig_word(DATA_IN + 128)) & 0xcd5) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
    CHECK(*(uint32_t *)rig_data(DATA_MXCSR2) == 0x7f80);
    CHECK(memcmp(rig_data(DATA_OPERAND), "\x35\xc2\x68\x21\xa2\xda\x0f\xc9\x00\x40", 10) ==
          0); /* pi */
    if (*rig_word(DATA_AVX512) != 0) {
        CHECK(memcmp(rig_data(DATA_ZMM2), rig_data(DATA_ZMM), 64) == 0);
        CHECK(*rig_word(DATA_K2) == *rig_word(DATA_K));
    }
}

/* [SDM 35.9; SDM 1 13.4] */
TEST(frame_layout)
{
    rig_start();
    fill();
    memset((void *)SSA, 0xee, 4096);
    rig.gives_up = true;
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == -5);
    const uint8_t *frame = (const uint8_t *)SSA;
    const uint8_t *g = frame + 4096 - 184;
    CHECK(memcmp(g, rig_data(DATA_IN), 128) == 0);
    uint64_t words[23];
    memcpy(words, g, 184);
    CHECK(((words[16] ^ *rig_word(DATA_IN + 128)) & 0xfd7) == 0); /* RFLAGS */
    CHECK(words[17] > rig.base && words[17] < rig.base + 4096);   /* RIP */
    CHECK(memcmp((const void *)words[17], "\x0f\x0b", 2) == 0);
    CHECK(words[18] == *rig_word(DATA_URSP));    /* URSP */
    CHECK((uint32_t)words[20] == 0x80000306);    /* EXITINFO */
    CHECK(words[21] == rig.base + ENCLAVE_DATA); /* FSBASE */
    CHECK(words[22] == rig.base + ENCLAVE_STACK);
    uint64_t header[3];
    memcpy(header, frame + 512, 24);
    CHECK(header[0] == 7 && header[1] == 0 && header[2] == 0);
    CHECK(memcmp(frame + 160, rig_data(DATA_YMM_IN), 16) == 0); /* XMM0 */
    CHECK(memcmp(frame + 576, rig_data(DATA_YMM_IN) + 16, 16) == 0);
    CHECK(memcmp(frame + 24, "\x80\x7f\x00\x00", 4) == 0);
    for (unsigned i = 832; i < 4096 - 184; i++) /* #UD has no EXINFO */
        CHECK(frame[i] == 0xee);
}

static bool holds(const uint8_t *at, size_t size, const uint8_t *what, size_t length)
{
    return memmem(at, size, what, length) != NULL;
}

/* Nothing of the enclave is left where the host would see it. */
TEST(registers_are_cleansed)
{
    stack_t stack;
    uint64_t r15;
    rig_start();
    fill();
    rig.gives_up = true;
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].rdi == 6 && rig.exits[0].rsi == 0 && rig.exits[0].rdx == 0);
    CHECK(rig.exits[0].r8 == 0 && rig.exits[0].r9 == 0);
    r15 = 0x5e11000000000000u + 15 * 0x111111111u;
    sigaltstack(NULL, &stack);
    for (unsigned i = 0; i < 32; i++)
        CHECK(!holds(stack.ss_sp, stack.ss_size, rig_data(DATA_YMM_IN) + 16 * i, 16));
    CHECK(!holds(stack.ss_sp, stack.ss_size, (const uint8_t *)&r15, 8));
    CHECK(!holds((const uint8_t *)&model_cpu, sizeof(model_cpu), (const uint8_t *)&r15, 8));
    CHECK(!holds((const uint8_t *)&model_cpu, sizeof(model_cpu), rig_data(DATA_YMM_IN), 16));
}

TEST(vector_registers_are_initial_outside)
{
    uint8_t ymm[32] = {1};
    uint32_t mxcsr = 0;
    rig_start();
    fill();
    rig.gives_up = true;
    /* without the handler: no code between the exit and the reading */
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    *rig_word(DATA_WHAT) = DO_REGISTERS;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == 0);
    __asm__ volatile("vmovdqu %%ymm9, %0; stmxcsr %1" : "=m"(ymm), "=m"(mxcsr));
    for (unsigned i = 0; i < 32; i++)
        CHECK(ymm[i] == 0);
    CHECK(mxcsr == 0x1f80);
    CHECK(run.function == SGX_ERESUME && run.exception_vector == 6);
}

TEST(first_touch)
{
    rig_start();
    uint64_t page = rig.base + heap_page;
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, page + 0x123, 0) == -5);
    CHECK(rig.exits[0].vector == 14);
    CHECK(rig.exits[0].error == 0x8007); /* P W U SGX: pending */
    CHECK(rig.exits[0].address == page); /* the kernel does not see the rest */
    CHECK(EXINFO(0)->maddr == page + 0x123);
    CHECK(EXINFO(0)->errcd == 0x8007);
    CHECK(GPR(0)->exit_info == 0x8000030e);
    CHECK(model_counters()->aex_eaug == 1 && model_counters()->aex_touch == 1);
    CHECK(model_counters()->eaug == 1);
}

/* The handler accepts, and the access happens. */
TEST(first_touch_accepted)
{
    rig_start();
    uint64_t page = rig.base + heap_page;
    *(uint64_t *)rig_data(DATA_SECINFO) = 0x20b;
    *rig_word(DATA_LEAF) = SGX_EACCEPT;
    *rig_word(DATA_H_RBX) = rig.base + ENCLAVE_DATA + DATA_SECINFO;
    *rig_word(DATA_H_RCX) = page;
    CHECK(rig_do(DO_WRITE, 7, 0, page + 0x123, 0) == 0);
    CHECK(rig.count == 3 && *rig_word(DATA_H_RAX) == 0);
    CHECK(((uint8_t *)page)[0x123] == 7 && ((uint8_t *)page)[0] == 0);
    CHECK(rig_do(DO_READ, 0, 0, page + 0x123, 0) == 0);
    CHECK(rig.count == 1 && *rig_word(DATA_RAX) == 7);
}

/* EACCEPT at CSSA 1 of a page that is not there: the kernel serves it. */
TEST(accept_brings_the_page)
{
    rig_start();
    CHECK(rig_leaf(SGX_EACCEPT, 0x20b, rig.base + heap_page, 0) == 0);
    CHECK(rig.count == 1);
    CHECK((*rig_word(DATA_FLAGS) & 0x8d5) == 0); /* CF was set */
    CHECK(model_counters()->aex_eaug == 1 && model_counters()->aex_touch == 0);
    CHECK(rig_leaf(SGX_EACCEPT, 0x20b, rig.base + heap_page, 0) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    CHECK((*rig_word(DATA_FLAGS) & 0x8d5) == 0x40); /* ZF */
}

TEST(write_to_code_faults)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, rig.base + 8, 0) == -5);
    CHECK(rig.exits[0].vector == 14 &&
          rig.exits[0].error == 7); /* the page tables', not the EPCM's */
    CHECK(EXINFO(0)->maddr == rig.base + 8);
}

TEST(fetch_from_data_faults)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_CALL, 0, 0, rig.base + ENCLAVE_DATA + 5, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && rig.exits[0].error == 0x15);
    CHECK(GPR(0)->rip == rig.base + ENCLAVE_DATA + 5);
}

TEST(tcs_is_inaccessible)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_READ, 0, 0, rig.base + ENCLAVE_TCS, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && rig.exits[0].error == 0x8005);
}

TEST(fault_outside)
{
    uint8_t *at = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_READ, 0, 0, (uintptr_t)at + 9, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && (rig.exits[0].error & ~1) == 4);
    CHECK(rig.exits[0].address == (uintptr_t)at && EXINFO(0)->maddr == (uintptr_t)at + 9);
}

TEST(general_protection)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_NON_CANONICAL, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 13 && rig.exits[0].error == 0 && rig.exits[0].address == 0);
    CHECK(GPR(0)->exit_info == 0x8000030d);
    CHECK(EXINFO(0)->errcd == 0);
}

TEST(division)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_DIVIDE, 1, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 0 && GPR(0)->exit_info == 0x80000300);
}

TEST(undefined)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 6 && GPR(0)->rip == place(enclave_ud2));
}

static int resume(void)
{
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    int result = sgx_model.entry()(0, 0, 0, SGX_ERESUME, 0, 0, &run);
    CHECK(result == 0);
    return run.function == SGX_EEXIT ? 0 : run.exception_vector;
}

TEST(frames_nest)
{
    rig_start();
    report_to_handler(2);
    *rig_word(DATA_NEST) = 2;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == 0);
    /* #UD at 0, 1 and 2; handled at 3; ERESUME to 2, 1 and 0 */
    CHECK(model_counters()->aex_other == 3 && model_counters()->eresume == 3);
    CHECK(rig.exits[0].vector == 6 && rig.exits[1].vector == 6 && rig.exits[2].vector == 6);
    CHECK(rig.exits[rig.count - 1].rdi == LEFT_DONE);
    CHECK(resume() == 13); /* CSSA is 0 */
}

/* CSSA = NSSA: no more EENTER [SDM 38.4 EENTER]. */
TEST(frames_end)
{
    rig_start();
    rig.gives_up = true;
    for (unsigned i = 0; i < 4; i++) {
        *rig_word(DATA_NEST) = 9;
        CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
        CHECK(rig.exits[0].function == SGX_ERESUME);
        CHECK(rig.exits[0].vector == 6 && *rig_word(DATA_CSSA) == i);
    }
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].function == SGX_EENTER && rig.exits[0].vector == 13);
    CHECK(*rig_word(DATA_CSSA) == 3);
}

static int enter(uint64_t tcs)
{
    struct sgx_enclave_run run = {.tcs = tcs};
    *rig_word(DATA_WHAT) = DO_NOTHING;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == 0);
    if (run.function == SGX_EEXIT)
        return 0;
    CHECK(run.function == SGX_EENTER);
    return run.exception_vector << 16 | run.exception_error_code;
}

TEST(entry_checks)
{
    rig_start();
    CHECK(enter(rig.base + ENCLAVE_TCS + 8) == 13 << 16);
    CHECK(enter(rig.base + ENCLAVE_DATA) >> 16 == 14);
    CHECK(enter(rig.base + heap_page) >> 16 == 14);
    CHECK(enter(0x1000) >> 16 == 14);
    CHECK(enter(rig.base + ENCLAVE_TCS) == 0);
    thread_at(rig.base + ENCLAVE_TCS)->active = true; /* as if another CPU were in it */
    CHECK(enter(rig.base + ENCLAVE_TCS) == 13 << 16);
    CHECK(enter(rig.base + ENCLAVE_TCS2) == 0);
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS};
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EEXIT, 0, 0, &run) == -22);
    run.reserved[215] = 1;
    CHECK(sgx_model.entry()(0, 0, 0, SGX_EENTER, 0, 0, &run) == -22);
}

/* The frame's state is the enclave's to change, within limits [SDM 38.4 ERESUME]. */
TEST(resume_checks)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    struct sgx_gpr good = *GPR(0);
    GPR(0)->rip = 1ull << 63;
    CHECK(resume() == 13);
    *GPR(0) = good;
    GPR(0)->fsbase = 1ull << 50;
    CHECK(resume() == 13);
    *GPR(0) = good;
    ((uint64_t *)SSA)[64] = 8; /* XSTATE_BV beyond XFRM */
    CHECK(resume() == 13);
    ((uint64_t *)SSA)[64] = 7;
    ((uint64_t *)SSA)[65] = 1; /* XCOMP_BV */
    CHECK(resume() == 13);
    ((uint64_t *)SSA)[65] = 0;
    ((uint32_t *)SSA)[6] = 0x10000; /* MXCSR */
    CHECK(resume() == 13);
    ((uint32_t *)SSA)[6] = 0x1f80;
    GPR(0)->rflags |= 0x3100; /* neither TF nor IOPL come in */
    GPR(0)->rip += 2;
    CHECK(resume() == 0);
    CHECK(resume() == 13);
}

/* No TF trap, no lost count: an interrupt is not seen by anybody. */
TEST(interrupts)
{
    const struct itimerval often = {{0, 200}, {0, 200}};
    const struct itimerval never = {0};
    rig_start();
    model_set_interrupts(true);
    setitimer(ITIMER_REAL, &often, NULL);
    CHECK(rig_do(DO_SPIN, 0, 0, 300000000, 0) == 0);
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(rig.count == 1 && *rig_word(DATA_RAX) == 300000000);
    CHECK(model_counters()->aex_interrupt > 10);
    CHECK(model_counters()->aex_interrupt == model_counters()->eresume);
    CHECK(GPR(0)->exit_info == 0);
    model_set_interrupts(false);
}

static void breakpoint_body(void)
{
    rig_start();
    rig_do(DO_BREAK, 0, 0, 0, 0);
}

static int died_of(void (*body)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

/* The vDSO never gets #BP [Linux asm/sgx.h]. */
static void breakpoint(void **state)
{
    (void)state;
    assert_int_equal(died_of(breakpoint_body), SIGTRAP);
}

static void killed_body(void)
{
    const struct itimerval once = {{0, 0}, {0, 20000}};
    rig_start();
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &once, NULL);
    rig_do(DO_SPIN, 0, 0, 1ull << 60, 0);
}

static void segv_sent_body(void)
{
    rig_start();
    pid_t parent = getpid();
    if (fork() == 0) {
        usleep(20000);
        kill(parent, SIGSEGV);
        _exit(0);
    }
    rig_do(DO_SPIN, 0, 0, 1ull << 60, 0);
}

static void signals_end_it(void **state)
{
    (void)state;
    assert_int_equal(died_of(killed_body), SIGALRM);
    assert_int_equal(died_of(segv_sent_body), SIGSEGV);
}

static void strict_body(void)
{
    rig_start();
    CHECK(rig_do(DO_NOTHING, 0, 0, 0, 0) == 0);
    model_set_strict(true);
    (void)*rig_word(DATA_EXIT);
}

static void strict_code_body(void)
{
    rig_start();
    model_set_strict(true);
    (void)*(volatile uint8_t *)rig.base;
}

/* While outside, the enclave's memory is not there; inside, all works. */
static void strict_mode(void **state)
{
    (void)state;
    assert_int_equal(died_of(strict_body), SIGSEGV);
    assert_int_equal(died_of(strict_code_body), SIGSEGV);
}

static int handle_strictly(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                           struct sgx_enclave_run *run)
{
    (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
    rig.count++;
    if (run->function != SGX_EEXIT)
        return SGX_EENTER;
    return rdi == LEFT_HANDLED ? SGX_ERESUME : 0;
}

static void strict_round_body(void)
{
    rig_start();
    fill();
    *rig_word(DATA_SKIP) = 2;
    *rig_word(DATA_WHAT) = DO_REGISTERS;
    model_set_strict(true);
    struct sgx_enclave_run run = {.tcs = rig.base + ENCLAVE_TCS,
                                  .user_handler = (uintptr_t)handle_strictly};
    CHECK(sgx_model.entry()(1, 2, 3, SGX_EENTER, 8, 9, &run) == 0);
    CHECK(rig.count == 3);
    model_set_strict(false);
    memory_sync(0, 16, SGX_W);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
}

static void strict_round(void **state)
{
    (void)state;
    rig_run(strict_round_body);
}

TEST(stepping_sees_cpuid)
{
    rig_start();
    rig.gives_up = true;
    if (!model_cpuid_faults())
        CHECK(rig_do(DO_CPUID, 0, 0, 0, 0) == 0);
    model_set_stepping(true);
    CHECK(model_cpuid_faults());
    CHECK(rig_do(DO_CPUID, 5, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 6);
    CHECK(GPR(0)->rip == place(enclave_cpuid) && GPR(0)->rax == 5);
    CHECK((GPR(0)->rflags & 0x100) == 0);
}

TEST(stepping_hides)
{
    rig_start();
    model_set_stepping(true);
    CHECK(rig_do(DO_FLAGS, 0, 0, 0, 0) == 0);
    CHECK((*rig_word(DATA_RAX) & 0x100) == 0 && (*rig_word(DATA_FLAGS) & 0x100) == 0);
    CHECK(rig_do(DO_SPIN, 0, 0, 100, 0) == 0 && *rig_word(DATA_RAX) == 100);
    CHECK(model_counters()->traps > 300); /* still stepping */
}

/* What comes first after ERESUME is looked at as well. */
TEST(stepping_looks_ahead)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    model_set_stepping(true);
    GPR(0)->rip = place(enclave_cpuid);
    CHECK(resume() == 6);
    CHECK(GPR(0)->rip == place(enclave_cpuid));
}

static void outside(void) {}

TEST(stepping_keeps_inside)
{
    rig_start();
    rig.gives_up = true;
    model_set_stepping(true);
    CHECK(rig_do(DO_CALL, 0, 0, (uintptr_t)outside, 0) == -5);
    CHECK(rig.exits[0].vector == 13 && GPR(0)->rip == (uintptr_t)outside);
}

TEST(syscall_in_stepping)
{
    rig_start();
    model_set_stepping(true);
    report_to_handler(2);
    CHECK(rig_do(DO_SYSCALL, 39, 0, 0, 0) == 0);
    CHECK(rig.exits[0].vector == 6 && GPR(0)->rip == place(enclave_syscall) + 2);
}

/* An interrupt at every instruction, as a hostile kernel can arrange. */
TEST(single_step_attack)
{
    rig_start();
    fill();
    report_to_handler(2);
    model_set_stepping(true);
    model_set_single_step_attack(1);
    CHECK(rig_do(DO_REGISTERS, 0, 0, 0, 0) == 0);
    CHECK(rig.count == 3 && model_counters()->aex_interrupt > 100);
    CHECK(memcmp(rig_data(DATA_OUT), rig_data(DATA_IN), 128) == 0);
    CHECK(memcmp(rig_data(DATA_YMM_OUT), rig_data(DATA_YMM_IN), 512) == 0);
    if (*rig_word(DATA_AVX512) != 0)
        CHECK(memcmp(rig_data(DATA_ZMM2), rig_data(DATA_ZMM), 64) == 0);
}

static uint64_t fake_syscall(void)
{
    uint64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(39) : "rcx", "r11", "memory");
    return result;
}

/* Code outside that runs in enclave mode is found at its first system call. */
TEST(outside_code_is_found)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_CALL, 0, 0, (uintptr_t)fake_syscall, 0) == -5);
    CHECK(rig.exits[0].vector == 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enters_and_exits),
        cmocka_unit_test(syscall_is_undefined),
        cmocka_unit_test(registers_survive),
        cmocka_unit_test(frame_layout),
        cmocka_unit_test(registers_are_cleansed),
        cmocka_unit_test(vector_registers_are_initial_outside),
        cmocka_unit_test(first_touch),
        cmocka_unit_test(first_touch_accepted),
        cmocka_unit_test(accept_brings_the_page),
        cmocka_unit_test(write_to_code_faults),
        cmocka_unit_test(fetch_from_data_faults),
        cmocka_unit_test(tcs_is_inaccessible),
        cmocka_unit_test(fault_outside),
        cmocka_unit_test(general_protection),
        cmocka_unit_test(division),
        cmocka_unit_test(undefined),
        cmocka_unit_test(frames_nest),
        cmocka_unit_test(frames_end),
        cmocka_unit_test(entry_checks),
        cmocka_unit_test(resume_checks),
        cmocka_unit_test(interrupts),
        cmocka_unit_test(breakpoint),
        cmocka_unit_test(signals_end_it),
        cmocka_unit_test(strict_mode),
        cmocka_unit_test(strict_round),
        cmocka_unit_test(stepping_sees_cpuid),
        cmocka_unit_test(stepping_hides),
        cmocka_unit_test(stepping_looks_ahead),
        cmocka_unit_test(stepping_keeps_inside),
        cmocka_unit_test(syscall_in_stepping),
        cmocka_unit_test(single_step_attack),
        cmocka_unit_test(outside_code_is_found),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
