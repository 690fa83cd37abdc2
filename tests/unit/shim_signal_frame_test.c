/* SPDX-License-Identifier: Apache-2.0 */
/* The signal frame as the C library's headers have it, a handler that really runs on
 * it, and ways back that must be refused. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cmocka.h>

#include "shim/core/signal_frame.h"
#include "shim/x86/xsave.h"
#include "tests/unit/shim_keep.h"

#define P           PAGE_SIZE
#define SA_RESTORER 0x04000000

static struct kernel k;
static struct frame f;
static uint64_t code;

/* ---- the processor's control words ---- */

static uint32_t mxcsr_get(void)
{
    uint32_t word;
    __asm__ volatile("stmxcsr %0" : "=m"(word));
    return word;
}

static void mxcsr_set(uint32_t word) { __asm__ volatile("ldmxcsr %0" : : "m"(word)); }

static uint16_t fcw_get(void)
{
    uint16_t word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    return word;
}

static void fcw_set(uint16_t word) { __asm__ volatile("fldcw %0" : : "m"(word)); }

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    code = keep_room(&k, P);
    assert_int_equal(SYS(&k, mprotect, code, P, PROT_READ | PROT_EXEC), 0);
    f = (struct frame){.rax = 1,
                       .rcx = 2,
                       .rdx = 3,
                       .rbx = 4,
                       .rsp = f.rsp - 0x5008,
                       .rbp = 6,
                       .rsi = 7,
                       .rdi = 8,
                       .r8 = 9,
                       .r9 = 10,
                       .r10 = 11,
                       .r11 = 12,
                       .r12 = 13,
                       .r13 = 14,
                       .r14 = 15,
                       .r15 = 16,
                       .rip = code + 100,
                       .rflags = 0x10ad7}; /* RF, all of exec's */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mxcsr_set(0x1f80);
    fcw_set(0x37f);
    keep_check(&k);
    keep_fini();
    return 0;
}

static const struct signal_info info = {
    .number = SIGSEGV, .code = SEGV_ACCERR, .address = 0x123456, .vector = 14, .error = 6};

static void push(uint64_t handler, uint64_t restorer)
{
    const struct signal_action a = {.handler = handler, .restorer = restorer};
    assert_true(signal_frame_push(&k, &f, f.rsp - SIGNAL_RED_ZONE, &info, &a));
}

static ucontext_t *context(void) { return (ucontext_t *)f.rdx; }

/* The way back, as from the restorer. */
static bool pop(void)
{
    uint64_t mask;
    struct frame back = f;
    back.rsp += 8;
    const bool ok = signal_frame_pop(&k, &back, &mask);
    if (ok)
        f = back;
    mxcsr_set(0x1f80);
    fcw_set(0x37f);
    return ok;
}

/* ---- layout ---- */

static void the_frame_is_a_ucontext(void **state)
{
    (void)state;
    const struct frame before = f;
    k.signals.blocked = 0x1234;
    k.signals.stack = (struct signal_stack){.address = code, .size = 8192};
    push(0x4242, 0x4343);
    assert_true(f.rip == 0x4242);
    assert_int_equal(f.rdi, SIGSEGV);
    assert_int_equal(f.rax, 0);
    assert_int_equal(f.rflags, 2); /* no TF, DF, AC */
    assert_int_equal(f.rsp % 16, 8);
    assert_true(*(uint64_t *)f.rsp == 0x4343);

    const siginfo_t *si = (const siginfo_t *)f.rsi;
    assert_int_equal(si->si_signo, SIGSEGV);
    assert_int_equal(si->si_errno, 0);
    assert_int_equal(si->si_code, SEGV_ACCERR);
    assert_ptr_equal(si->si_addr, (void *)0x123456);

    const ucontext_t *u = context();
    const struct {
        int reg;
        uint64_t value;
    } regs[] = {{REG_RAX, 1},       {REG_RCX, 2},          {REG_RDX, 3},
                {REG_RBX, 4},       {REG_RSP, before.rsp}, {REG_RBP, 6},
                {REG_RSI, 7},       {REG_RDI, 8},          {REG_R8, 9},
                {REG_R9, 10},       {REG_R10, 11},         {REG_R11, 12},
                {REG_R12, 13},      {REG_R13, 14},         {REG_R14, 15},
                {REG_R15, 16},      {REG_RIP, before.rip}, {REG_EFL, before.rflags},
                {REG_ERR, 6},       {REG_TRAPNO, 14},      {REG_OLDMASK, 0x1234},
                {REG_CR2, 0x123456}};
    for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
        if ((uint64_t)u->uc_mcontext.gregs[regs[i].reg] != regs[i].value)
            fail_msg("register %d", regs[i].reg);
    }
    const uint16_t *segments = (const uint16_t *)&u->uc_mcontext.gregs[REG_CSGSFS];
    assert_int_equal(segments[0], 0x33);
    assert_int_equal(segments[3], 0x2b);
    assert_null(u->uc_link);
    assert_ptr_equal(u->uc_stack.ss_sp, (void *)code);
    assert_int_equal(u->uc_stack.ss_size, 8192);
    assert_true(*(const uint64_t *)&u->uc_sigmask == 0x1234);
    assert_true(u->uc_flags & 1); /* UC_FP_XSTATE */
}

static void the_vector_state_is_in_it(void **state)
{
    (void)state;
    mxcsr_set(0x9f80); /* flush to zero */
    fcw_set(0x27f);    /* double precision */
    push(0x4242, 0x4343);
    mxcsr_set(0x1f80);
    const struct _libc_fpstate *fp = context()->uc_mcontext.fpregs;
    assert_int_equal((uint64_t)fp % 64, 0);
    assert_int_equal(fp->mxcsr, 0x9f80);
    assert_int_equal(fp->cwd, 0x27f);
    const struct _fpx_sw_bytes *words = (const struct _fpx_sw_bytes *)((const uint8_t *)fp + 464);
    assert_int_equal(words->magic1, FP_XSTATE_MAGIC1);
    assert_int_equal(words->xstate_size, XSAVE_SIZE);
    assert_int_equal(words->extended_size, XSAVE_SIZE + FP_XSTATE_MAGIC2_SIZE);
    assert_true(words->xstate_bv == XSAVE_COMPONENTS);
    assert_int_equal(*(const uint32_t *)((const uint8_t *)fp + XSAVE_SIZE), FP_XSTATE_MAGIC2);
    const struct _xstate *x = (const struct _xstate *)fp;
    assert_true((x->xstate_hdr.xstate_bv & ~(uint64_t)XSAVE_COMPONENTS) == 0);
    assert_true(pop());
}

/* Nothing of the shim's own stack is in what exec gets: two frames of the same
 * registers are the same, whatever was there before. */
static void no_byte_is_left_over(void **state)
{
    (void)state;
    static uint8_t first[2048];
    const struct frame before = f;
    for (unsigned turn = 0; turn < 2; turn++) {
        f = before;
        volatile uint8_t dirt[4096];
        for (size_t i = 0; i < sizeof(dirt); i++)
            dirt[i] = (uint8_t)(turn + 0x55);
        memset((void *)(before.rsp - 4096), (int)turn, 4096 - 128);
        push(0x4242, 0x4343);
        const struct _xstate *x = (const struct _xstate *)context()->uc_mcontext.fpregs;
        const size_t head = 440;
        if (turn == 0) {
            memcpy(first, (void *)f.rsp, head);
            memcpy(first + head, (const uint8_t *)x + 464, 48 + 64);
        }
        assert_memory_equal(first, (void *)f.rsp, head);
        assert_memory_equal(first + head, (const uint8_t *)x + 464, 48 + 64);
    }
}

/* ---- a handler that runs ---- */

/* Leaves for the frame and comes back at the restorer, whose rsp it returns. */
uint64_t run_handler(const struct frame *f);
void handler_restorer(void);
__asm__(".data\n.balign 8\nhandler_caller: .quad 0\n.text\n"
        ".globl run_handler\n.type run_handler, @function\n"
        "run_handler:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, handler_caller(%rip)\n"
        "mov %rdi, %rax\n"
        "mov 56(%rax), %rdi\n" /* struct frame: rdi, rsi, rdx, rsp, rip */
        "mov 48(%rax), %rsi\n"
        "mov 16(%rax), %rdx\n"
        "mov 32(%rax), %rsp\n"
        "mov 136(%rax), %rax\n"
        "jmp *%rax\n"
        ".globl handler_restorer\n.type handler_restorer, @function\n"
        "handler_restorer:\n"
        "mov %rsp, %rax\n"
        "mov handler_caller(%rip), %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");

static uint64_t seen_address;
static uint64_t seen_rip;

/* What wasmtime's does: looks at the registers and goes on elsewhere. */
__attribute__((no_sanitize("address", "undefined"))) static void handler(int number, siginfo_t *si,
                                                                         void *context)
{
    ucontext_t *u = context;
    double on_its_stack[4] __attribute__((aligned(32))) = {number};
    seen_address = (uint64_t)si->si_addr;
    seen_rip = (uint64_t)u->uc_mcontext.gregs[REG_RIP] + (on_its_stack[0] < 0);
    u->uc_mcontext.gregs[REG_RIP] += 7;
    u->uc_mcontext.gregs[REG_RAX] = 0x77;
    u->uc_mcontext.fpregs->mxcsr |= 0x8000;
    sigaddset(&u->uc_sigmask, SIGUSR1);
}

static void a_handler_runs_and_returns(void **state)
{
    (void)state;
    const struct frame before = f;
    uint64_t mask;
    push((uint64_t)handler, (uint64_t)handler_restorer);
    f.rsp = run_handler(&f);
    assert_true(seen_address == 0x123456);
    assert_true(seen_rip == before.rip);
    assert_true(signal_frame_pop(&k, &f, &mask));
    const uint32_t control = mxcsr_get();
    mxcsr_set(0x1f80);
    assert_int_equal(control & ~0x3fu, 0x9f80); /* but for what is only noted */
    assert_true(mask == 1ull << (SIGUSR1 - 1));
    struct frame expected = before;
    expected.rip += 7;
    expected.rax = 0x77;
    expected.rflags = 0xad7 & 0xcd7;
    assert_memory_equal(&f, &expected, sizeof(f));
}

/* ---- ways back that are none ---- */

static void only_flags_of_execs_come_back(void **state)
{
    (void)state;
    /* carry, parity, adjust, zero, sign, direction, overflow [SDM 1 3.4.3] */
    const uint64_t execs = 1 | 4 | 0x10 | 0x40 | 0x80 | 0x400 | 0x800;
    const struct frame before = f;
    for (unsigned bit = 0; bit < 64; bit++) {
        f = before;
        push(0x4242, 0x4343);
        context()->uc_mcontext.gregs[REG_EFL] = (greg_t)(1ull << bit);
        assert_true(pop());
        assert_true(f.rflags == ((1ull << bit & execs) | 2));
    }
}

static void it_returns_to_execs_code_alone(void **state)
{
    (void)state;
    const uint64_t bad[] = {
        0,
        code - 1,
        code + P, /* where nothing is */
        (uint64_t)keep.base,
        (uint64_t)keep.base + KEEP_RUN,
        f.rsp,              /* no code */
        k.memory.exec_base, /* constants */
        k.memory.space.end,
        1ull << 47, /* not canonical */
        1ull << 63,
        UINT64_MAX,
        (uint64_t)handler, /* outside */
    };
    push(0x4242, 0x4343);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        context()->uc_mcontext.gregs[REG_RIP] = (greg_t)bad[i];
        if (pop())
            fail_msg("case %zu", i);
    }
    context()->uc_mcontext.gregs[REG_RIP] = (greg_t)(code + P - 1);
    assert_true(pop());
}

static void it_returns_to_execs_stack_alone(void **state)
{
    (void)state;
    const uint64_t bad[] = {0,
                            k.memory.space.start - 1,
                            (uint64_t)keep.base + KEEP_RUN,
                            k.memory.space.end + 1,
                            1ull << 47,
                            1ull << 63,
                            UINT64_MAX};
    push(0x4242, 0x4343);
    const greg_t rsp = context()->uc_mcontext.gregs[REG_RSP];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        context()->uc_mcontext.gregs[REG_RSP] = (greg_t)bad[i];
        if (pop())
            fail_msg("case %zu", i);
    }
    context()->uc_mcontext.gregs[REG_RSP] = rsp;
    assert_true(pop());
}

/* XRSTOR would fault on each of these, in the shim. */
static void a_bad_vector_state_is_refused(void **state)
{
    (void)state;
    push(0x4242, 0x4343);
    uint8_t *x = (uint8_t *)context()->uc_mcontext.fpregs;
    for (unsigned bit = 3; bit < 64; bit++) { /* components that there are not */
        x[512 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(pop());
        x[512 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned i = 520; i < 576; i++) { /* XCOMP_BV and reserved [SDM 1 13.4.2] */
        x[i] ^= 0x80;
        assert_false(pop());
        x[i] ^= 0x80;
    }
    for (unsigned bit = 16; bit < 32; bit++) { /* MXCSR [SDM 1 10.2.3] */
        x[24 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(pop());
        x[24 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(pop());
}

static void a_vector_state_elsewhere_is_refused(void **state)
{
    (void)state;
    push(0x4242, 0x4343);
    const fpregset_t good = context()->uc_mcontext.fpregs;
    const uint64_t bad[] = {1,
                            (uint64_t)keep.base + KEEP_RUN,
                            k.memory.space.end - 100,
                            UINT64_MAX,
                            UINT64_MAX - 831,
                            1ull << 63,
                            k.memory.space.start - 64};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        context()->uc_mcontext.fpregs = (fpregset_t)bad[i];
        if (pop())
            fail_msg("case %zu", i);
    }
    /* copied, so alignment does not matter */
    memmove((uint8_t *)good - 8, good, XSAVE_SIZE);
    context()->uc_mcontext.fpregs = (fpregset_t)((uint8_t *)good - 8);
    assert_true(pop());
}

static void without_a_vector_state_it_is_the_initial_one(void **state)
{
    (void)state;
    uint64_t mask;
    push(0x4242, 0x4343);
    context()->uc_mcontext.fpregs = NULL;
    mxcsr_set(0xbf80);
    fcw_set(0x27f);
    f.rsp += 8;
    assert_true(signal_frame_pop(&k, &f, &mask));
    assert_int_equal(mxcsr_get(), 0x1f80);
    assert_int_equal(fcw_get(), 0x37f);
}

static void a_frame_elsewhere_is_refused(void **state)
{
    (void)state;
    push(0x4242, 0x4343);
    const struct frame good = f;
    const uint64_t bad[] = {0,
                            7,
                            (uint64_t)keep.base + KEEP_RUN,
                            k.memory.space.end,
                            k.memory.space.end - 439,
                            UINT64_MAX,
                            1ull << 63,
                            k.memory.space.start - 8};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f = good;
        f.rsp = bad[i];
        if (pop())
            fail_msg("case %zu", i);
        f.rsp = bad[i] + 8; /* as rt_sigreturn finds it */
        assert_int_equal(ENDING(signal_rt_sigreturn(&k, &f)), EXITED);
    }
    f = good;
    assert_true(pop());
}

/* A refusal changes nothing, and no signal is ever blocked that cannot be. */
static void the_mask_comes_back_without_what_cannot_be_blocked(void **state)
{
    (void)state;
    push(0x4242, 0x4343);
    memset(&context()->uc_sigmask, 0xff, 8);
    f.rsp += 8;
    assert_int_equal(signal_rt_sigreturn(&k, &f), 1); /* rax */
    assert_true(k.signals.blocked == ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_frame_is_a_ucontext, setup, teardown),
        cmocka_unit_test_setup_teardown(the_vector_state_is_in_it, setup, teardown),
        cmocka_unit_test_setup_teardown(no_byte_is_left_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_handler_runs_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(only_flags_of_execs_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(it_returns_to_execs_code_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(it_returns_to_execs_stack_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_vector_state_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_vector_state_elsewhere_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_vector_state_it_is_the_initial_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_frame_elsewhere_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_mask_comes_back_without_what_cannot_be_blocked, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
