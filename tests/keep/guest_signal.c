/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of faults that become signals, as a run-time that relies on them uses them:
 * the handler looks at what it is told and decides where to go on. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

#define SIGILL  4
#define SIGABRT 6
#define SIGFPE  8
#define SIGSEGV 11

#define SA_SIGINFO  4u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK  0x08000000u

#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

struct action {
    uint64_t handler, flags, restorer, mask;
};

/* Words of the ucontext that a handler gets. */
enum {
    CONTEXT = 5,
    RSP = CONTEXT + 15,
    RIP,
    RFLAGS,
    ERROR = CONTEXT + 19,
    TRAPNO,
    CR2 = CONTEXT + 22
};

struct info {
    int32_t number, error, code, zero;
    uint64_t address;
};

static struct {
    int count;
    int number;
    int code;
    uint64_t address;
    uint64_t trap;
    uint64_t cr2;
    uint64_t rsp;    /* in the handler */
    uint64_t skip;   /* bytes of the instruction to go on behind */
    uint64_t target; /* or where to go on */
} seen;

__asm__("restorer: mov $15, %eax\n"
        "    syscall\n");
extern const uint8_t restorer[];

static void handler(int number, const struct info *info, uint64_t *context)
{
    seen.count++;
    seen.number = number;
    seen.code = info->code;
    seen.address = info->address;
    seen.trap = context[TRAPNO];
    seen.cr2 = context[CR2];
    seen.rsp = (uint64_t)__builtin_frame_address(0);
    context[RIP] = seen.target != 0 ? seen.target : context[RIP] + seen.skip;
    if (seen.target != 0)
        context[RSP] = ((context[RSP] + (1u << 20)) & ~15ull) - 8; /* there is room */
}

static void install(int number, uint64_t flags)
{
    const struct action a = {(uint64_t)handler, flags | SA_SIGINFO | SA_RESTORER,
                             (uint64_t)restorer, 0};
    check(sys4(__NR_rt_sigaction, number, &a, 0, 8) == 0);
}

/* mov (%rdi), %al: two bytes */
static void load(uint64_t address)
{
    __asm__ volatile("movb (%0), %%al" : : "D"(address) : "rax", "memory");
}

static void store(uint64_t address)
{
    __asm__ volatile("movb %%al, (%0)" : : "D"(address), "a"(0) : "memory");
}

static void segv(void)
{
    install(SIGSEGV, 0);
    seen.skip = 2;
    uint8_t *at = map(4 * PAGE, 0);
    load((uint64_t)at + PAGE + 123);
    check(seen.count == 1 && seen.number == SIGSEGV && seen.code == SEGV_ACCERR);
    check(seen.address == (uint64_t)at + PAGE + 123 && seen.cr2 == seen.address && seen.trap == 14);
    check(sys3(__NR_mprotect, at, 4 * PAGE, 1) == 0);
    load((uint64_t)at + 2 * PAGE);
    check(seen.count == 1);
    store((uint64_t)at + 2 * PAGE + 7);
    check(seen.count == 2 && seen.code == SEGV_ACCERR &&
          seen.address == (uint64_t)at + 2 * PAGE + 7);
    check(sys2(__NR_munmap, at, 4 * PAGE) == 0);
    load((uint64_t)at + 3);
    check(seen.count == 3 && seen.code == SEGV_MAPERR && seen.address == (uint64_t)at + 3);
    load(16);
    check(seen.count == 4 && seen.code == SEGV_MAPERR && seen.address == 16);
}

static void illegal(void)
{
    install(SIGILL, 0);
    seen.skip = 2;
    for (int i = 1; i <= 100; i++) {
        __asm__ volatile("ud2");
        check(seen.count == i && seen.number == SIGILL && seen.trap == 6);
    }
}

static void division(void)
{
    install(SIGFPE, 0);
    uint64_t quotient = 9;
    uint64_t rest = 0;
    const uint32_t zero = 0;
    seen.skip = 2;
    __asm__ volatile("divl %2" : "+a"(quotient), "+d"(rest) : "c"(zero));
    check(seen.count == 1 && seen.number == SIGFPE && seen.code == 1 && seen.trap == 0);
    seen.skip = 3;
    __asm__ volatile("idivq %2" : "+a"(quotient), "+d"(rest) : "c"((uint64_t)zero));
    check(seen.count == 2);
}

static void other_stack(void)
{
    uint8_t *stack = map(16 * PAGE, 3);
    const uint64_t ss[3] = {(uint64_t)stack, 0, 16 * PAGE};
    uint64_t old[3];
    check(sys2(__NR_sigaltstack, ss, 0) == 0);
    check(sys2(__NR_sigaltstack, 0, old) == 0 && old[0] == ss[0] && old[2] == ss[2]);
    install(SIGILL, SA_ONSTACK);
    seen.skip = 2;
    __asm__ volatile("ud2");
    check(seen.rsp > ss[0] && seen.rsp <= ss[0] + ss[2]);
}

/* To itself: taken at once, or when no longer blocked. */
static void own(void)
{
    install(SIGABRT, 0);
    const uint64_t mask = 1ull << (SIGABRT - 1);
    const int64_t self = sys0(__NR_getpid);
    check(sys3(__NR_tgkill, self, self, SIGABRT) == 0);
    check(seen.count == 1 && seen.number == SIGABRT);
    check(sys4(__NR_rt_sigprocmask, 0, &mask, 0, 8) == 0);
    check(sys3(__NR_tgkill, self, self, SIGABRT) == 0);
    check(seen.count == 1);
    check(sys4(__NR_rt_sigprocmask, 1, &mask, 0, 8) == 0);
    check(seen.count == 2);
    check(sys3(__NR_tgkill, self + 1, self + 1, SIGABRT) < 0);
}

/* The stack overflows into its guard; the handler, on a stack of its own, leaves. */
static uint64_t deep(uint64_t n)
{
    volatile uint8_t frame[2000];
    frame[0] = (uint8_t)n;
    return n == UINT64_MAX ? 0 : deep(n + 1) + frame[0];
}

static void after_overflow(void)
{
    check(seen.count == 1 && seen.number == SIGSEGV && seen.code == SEGV_ACCERR);
    say("passed");
    end(0);
}

static void overflow_caught(void)
{
    uint8_t *stack = map(16 * PAGE, 3);
    const uint64_t ss[3] = {(uint64_t)stack, 0, 16 * PAGE};
    check(sys2(__NR_sigaltstack, ss, 0) == 0);
    install(SIGSEGV, SA_ONSTACK);
    seen.target = (uint64_t)after_overflow;
    deep(0);
    say("survived");
}

const struct test signal_tests[] = {
    {"segv", segv},         {"illegal", illegal},
    {"division", division}, {"other_stack", other_stack},
    {"own", own},           {"overflow_caught", overflow_caught},
    {NULL, NULL},
};
