/* SPDX-License-Identifier: Apache-2.0 */
/* Which signals exec takes, and when: as sigaction(2), sigprocmask(2), sigaltstack(2)
 * and signal(7) have it, for one thread. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cmocka.h>

#include "tests/unit/shim_keep.h"

#define P           PAGE_SIZE
#define SA_RESTORER 0x04000000
#define HANDLER     0x4242u
#define RESTORER    0x4343u

static struct kernel k;
static struct frame f;
static uint64_t room; /* two pages, then nothing */
static uint64_t outside;
static uint64_t code;

static int setup(void **state)
{
    (void)state;
    keep_start(&k, &f);
    code = keep_room(&k, P);
    room = keep_room(&k, 2 * P);
    outside = (uint64_t)keep.base + KEEP_RUN;
    memcpy((void *)code, "\x0f\x05\x0f\x0b", 4); /* syscall; ud2 */
    assert_int_equal(SYS(&k, mprotect, code, P, PROT_READ | PROT_EXEC), 0);
    f.rip = code;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keep_check(&k);
    keep_fini();
    return 0;
}

/* ---- what exec does ---- */

static int64_t action(uint64_t number, uint64_t handler, uint64_t flags, uint64_t mask)
{
    const struct signal_action a = {handler, flags, RESTORER, mask};
    memcpy((void *)room, &a, sizeof(a));
    return SYS(&k, rt_sigaction, number, room, 0, 8);
}

static void handle(int number, uint64_t flags, uint64_t mask)
{
    assert_int_equal(
        action((uint64_t)number, HANDLER + (uint64_t)number, SA_RESTORER | flags, mask), 0);
}

/* exec executes `syscall`, as the processor reports it. */
static void syscall_at(uint64_t rip, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    const struct fault ud = {.vector = 6};
    f.rip = rip;
    f.rax = number;
    f.rdi = a;
    f.rsi = b;
    f.rdx = c;
    f.r10 = 8;
    kernel_fault(&k, &f, &ud);
}

static void trap(void)
{
    const struct fault ud = {.vector = 6};
    f.rip = code + 2;
    kernel_fault(&k, &f, &ud);
}

static void segfault(void)
{
    const struct fault pf = {.vector = 14, .error = 4, .address = 8};
    kernel_fault(&k, &f, &pf);
}

/* The handler's return, to the restorer, which calls rt_sigreturn. */
static void come_back(void)
{
    assert_true(*(uint64_t *)f.rsp == RESTORER);
    f.rsp += 8;
    syscall_at(code, __NR_rt_sigreturn, 0, 0, 0);
}

static int in_handler(void)
{
    return f.rip >= HANDLER && f.rip < HANDLER + 65 ? (int)(f.rip - HANDLER) : 0;
}

static uint64_t bit(int number) { return 1ull << (number - 1); }

/* ---- calls ---- */

static void actions_are_set_and_told(void **state)
{
    (void)state;
    assert_int_equal(action(SIGUSR1, 5, SA_RESTORER | SA_NODEFER, 0x123), 0);
    assert_int_equal(action(SIGUSR1, 6, SA_RESTORER, 0), 0);
    struct signal_action *old = (struct signal_action *)(room + 128);
    assert_int_equal(SYS(&k, rt_sigaction, SIGUSR1, 0, old, 8), 0);
    assert_true(old->handler == 6 && old->restorer == RESTORER);
    assert_int_equal(action(64, 5, SA_RESTORER, 0), 0);
    const uint64_t bad[] = {0, 65, 1000, UINT64_MAX, 1ull << 32 | SIGUSR1};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(action(bad[i], 5, SA_RESTORER, 0), -EINVAL);
    assert_int_equal(action(SIGKILL, 5, SA_RESTORER, 0), -EINVAL);
    assert_int_equal(action(SIGSTOP, 5, SA_RESTORER, 0), -EINVAL);
    assert_int_equal(SYS(&k, rt_sigaction, SIGKILL, 0, old, 8), 0);
    assert_int_equal(SYS(&k, rt_sigaction, SIGUSR1, room, 0, 16), -EINVAL);
    assert_int_equal(SYS(&k, rt_sigaction, SIGUSR1, outside, 0, 8), -EFAULT);
    assert_int_equal(SYS(&k, rt_sigaction, SIGUSR1, 0, outside, 8), -EFAULT);
    assert_int_equal(SYS(&k, rt_sigaction, SIGUSR1, room + 2 * P - 31, 0, 8), -EFAULT);
    assert_true(k.signals.actions[SIGUSR1].handler == 6);
}

static int64_t mask(int how, uint64_t set)
{
    *(uint64_t *)room = set;
    return SYS(&k, rt_sigprocmask, how, room, room + 8, 8);
}

static void masks_are_set_and_told(void **state)
{
    (void)state;
    const uint64_t *old = (const uint64_t *)(room + 8);
    assert_int_equal(mask(SIG_SETMASK, 0xff), 0);
    assert_true(*old == 0);
    assert_int_equal(mask(SIG_BLOCK, 0xf00), 0);
    assert_true(*old == (0xff & ~bit(SIGKILL)));
    assert_int_equal(mask(SIG_UNBLOCK, 0x0f), 0);
    assert_int_equal(mask(SIG_BLOCK, 0), 0);
    assert_true(*old == (0xff0 & ~bit(SIGKILL)));
    assert_int_equal(mask(SIG_SETMASK, UINT64_MAX), 0);
    assert_true(k.signals.blocked == ~(bit(SIGKILL) | bit(SIGSTOP)));
    assert_int_equal(mask(3, 0), -EINVAL);
    assert_int_equal(mask(-1, 0), -EINVAL);
    assert_int_equal(SYS(&k, rt_sigprocmask, SIG_SETMASK, room, 0, 4), -EINVAL);
    assert_int_equal(SYS(&k, rt_sigprocmask, SIG_SETMASK, outside, 0, 8), -EFAULT);
    assert_int_equal(SYS(&k, rt_sigprocmask, SIG_SETMASK, room, outside, 8), -EFAULT);
    assert_int_equal(SYS(&k, rt_sigprocmask, 77, 0, room, 8), 0); /* how does not count */
    assert_true(k.signals.blocked == ~(bit(SIGKILL) | bit(SIGSTOP)));
}

static int64_t altstack(uint64_t at, int flags, uint64_t size)
{
    const stack_t s = {.ss_sp = (void *)at, .ss_flags = flags, .ss_size = size};
    struct frame call = {.rax = __NR_sigaltstack, .rdi = room, .rsi = room + 64, .rsp = f.rsp};
    memcpy((void *)room, &s, sizeof(s));
    return (int64_t)kernel_call(&k, &call);
}

static void stacks_are_set_and_told(void **state)
{
    (void)state;
    const stack_t *old = (const stack_t *)(room + 64);
    assert_int_equal(altstack(room + P, 0, P), 0);
    assert_int_equal(old->ss_flags, SS_DISABLE);
    assert_int_equal(altstack(room + P, 0, 2047), -ENOMEM);
    assert_int_equal(altstack(room + P, 0, 2048), 0);
    assert_true(old->ss_sp == (void *)(room + P) && old->ss_size == P && old->ss_flags == 0);
    assert_int_equal(altstack(room + P, 7, P), -EINVAL);
    assert_int_equal(SYS(&k, sigaltstack, outside, 0), -EFAULT);
    assert_int_equal(SYS(&k, sigaltstack, 0, outside), -EFAULT);
    assert_int_equal(altstack(0, SS_DISABLE, 0), 0);
    assert_int_equal(SYS(&k, sigaltstack, 0, room + 64), 0);
    assert_int_equal(old->ss_flags, SS_DISABLE);
}

/* ---- when a signal is taken ---- */

static void a_signal_to_oneself_is_taken_after_the_call(void **state)
{
    (void)state;
    handle(SIGABRT, 0, 0);
    syscall_at(code, __NR_tgkill, 1, 1, SIGABRT);
    assert_int_equal(in_handler(), SIGABRT);
    const ucontext_t *u = (const ucontext_t *)f.rdx;
    assert_true(u->uc_mcontext.gregs[REG_RIP] == (greg_t)(code + 2));
    assert_int_equal(u->uc_mcontext.gregs[REG_RAX], 0);
    assert_int_equal(((const siginfo_t *)f.rsi)->si_code, SI_TKILL);
    come_back();
    assert_true(f.rip == code + 2);
    assert_int_equal(f.rax, 0);
}

static void tgkill_knows_one_thread(void **state)
{
    (void)state;
    assert_true(SYS(&k, tgkill, 2, 1, SIGUSR1) < 0);
    assert_true(SYS(&k, tgkill, 1, 2, SIGUSR1) < 0);
    assert_int_equal(SYS(&k, tgkill, 1, 1, 65), -EINVAL);
    assert_int_equal(SYS(&k, tgkill, 1, 1, UINT64_MAX), -EINVAL);
    assert_int_equal(SYS(&k, tgkill, 1, 1, 0), 0);
    assert_true(k.signals.pending == 0);
    assert_int_equal(SYS(&k, tgkill, 1, 1, 64), 0);
    assert_true(k.signals.pending == 1ull << 63);
}

static void a_blocked_signal_waits(void **state)
{
    (void)state;
    handle(SIGUSR1, 0, 0);
    handle(SIGUSR2, 0, 0);
    assert_int_equal(mask(SIG_SETMASK, bit(SIGUSR1) | bit(SIGUSR2)), 0);
    syscall_at(code, __NR_tgkill, 1, 1, SIGUSR2);
    assert_int_equal(in_handler(), 0);
    syscall_at(code, __NR_tgkill, 1, 1, SIGUSR1);
    assert_int_equal(in_handler(), 0);
    *(uint64_t *)room = 0;
    syscall_at(code, __NR_rt_sigprocmask, SIG_SETMASK, room, 0);
    assert_int_equal(in_handler(), SIGUSR1); /* the lowest first */
    come_back();
    assert_int_equal(in_handler(), SIGUSR2);
    come_back();
    assert_int_equal(in_handler(), 0);
    assert_true(f.rip == code + 2);
    assert_true(k.signals.pending == 0);
}

static void an_ignored_signal_is_lost(void **state)
{
    (void)state;
    assert_int_equal(action(SIGUSR1, 1, SA_RESTORER, 0), 0);
    syscall_at(code, __NR_tgkill, 1, 1, SIGUSR1);
    assert_int_equal(in_handler(), 0);
    assert_true(k.signals.pending == 0);
    assert_int_equal(f.rax, 0);
}

static void without_a_handler_exec_ends(void **state)
{
    (void)state;
    assert_int_equal(ENDING((syscall_at(code, __NR_tgkill, 1, 1, SIGABRT), 0)), EXITED);
    assert_string_equal(keep.log, "the keep failed: exec was ended by signal 6");
    k.signals.pending = 0;
    assert_int_equal(ENDING((syscall_at(code, __NR_tgkill, 1, 1, SIGKILL), 0)), EXITED);
    k.signals.pending = 0;
    assert_int_equal(ENDING((segfault(), 0)), EXITED);
}

/* A fault cannot wait, and not be ignored. */
static void a_blocked_fault_ends_exec(void **state)
{
    (void)state;
    handle(SIGSEGV, 0, 0);
    assert_int_equal(mask(SIG_BLOCK, bit(SIGSEGV)), 0);
    assert_int_equal(ENDING((segfault(), 0)), EXITED);
    assert_int_equal(mask(SIG_UNBLOCK, bit(SIGSEGV)), 0);
    assert_int_equal(action(SIGSEGV, 1, SA_RESTORER, 0), 0);
    assert_int_equal(ENDING((segfault(), 0)), EXITED);
    assert_int_equal(action(SIGSEGV, HANDLER, 0, 0), 0); /* no restorer */
    assert_int_equal(ENDING((segfault(), 0)), EXITED);
}

static void the_mask_holds_while_it_is_handled(void **state)
{
    (void)state;
    handle(SIGILL, 0, bit(SIGUSR1) | bit(SIGKILL));
    assert_int_equal(mask(SIG_SETMASK, bit(SIGHUP)), 0);
    trap();
    assert_int_equal(in_handler(), SIGILL);
    assert_true(k.signals.blocked == (bit(SIGHUP) | bit(SIGUSR1) | bit(SIGILL)));
    come_back();
    assert_true(k.signals.blocked == bit(SIGHUP));
    assert_true(f.rip == code + 2);
    handle(SIGILL, SA_NODEFER, 0);
    trap();
    assert_true(k.signals.blocked == bit(SIGHUP));
    trap(); /* within its own handler */
    come_back();
    assert_true(f.rip == code + 2);
    come_back();
    assert_true(f.rip == code + 2);
}

static void a_fault_in_its_own_handler_ends_exec(void **state)
{
    (void)state;
    handle(SIGILL, 0, 0);
    trap();
    assert_int_equal(ENDING((trap(), 0)), EXITED);
}

static void a_handler_for_once(void **state)
{
    (void)state;
    handle(SIGILL, SA_RESETHAND | SA_NODEFER, 0);
    trap();
    assert_int_equal(in_handler(), SIGILL);
    come_back();
    assert_int_equal(ENDING((trap(), 0)), EXITED);
}

/* ---- where the frame goes ---- */

static void the_red_zone_is_left_alone(void **state)
{
    (void)state;
    handle(SIGILL, 0, 0);
    f.rsp -= 4096 + 8;
    const uint64_t rsp = f.rsp;
    memset((void *)(rsp - 128), 0x77, 128);
    trap();
    for (uint64_t at = rsp - 128; at < rsp; at++)
        assert_int_equal(*(uint8_t *)at, 0x77);
    assert_true(f.rsp < rsp - 128);
    assert_int_equal(f.rsp % 16, 8); /* as after a call */
    come_back();
    assert_true(f.rsp == rsp);
}

static void the_other_stack_is_used_once(void **state)
{
    (void)state;
    const uint64_t stack = keep_room(&k, 4 * P);
    handle(SIGILL, SA_ONSTACK, 0);
    handle(SIGSEGV, SA_ONSTACK, 0);
    handle(SIGFPE, 0, 0);
    assert_int_equal(altstack(stack, 0, 4 * P), 0);
    const uint64_t rsp = f.rsp;
    trap();
    const uint64_t first = f.rsp;
    assert_true(first > stack + 3 * P && first < stack + 4 * P);
    assert_int_equal(altstack(stack, 0, 4 * P), -EPERM); /* in use */
    f.rsp -= 256;
    f.rip = code;
    segfault(); /* nested: goes on below */
    assert_true(f.rsp < first - 256 && f.rsp > stack);
    come_back();
    f.rsp += 256;
    come_back();
    assert_true(f.rsp == rsp);
    assert_int_equal(altstack(stack, 0, 4 * P), 0); /* free again */
}

static void ends_on(uint64_t stack)
{
    assert_int_equal(altstack(stack, 0, 4096), 0);
    assert_int_equal(ENDING((trap(), 0)), EXITED);
}

static void without_a_stack_exec_ends(void **state)
{
    (void)state;
    const uint64_t rsp = f.rsp;
    const uint64_t bad[] = {
        0, 8, outside + P, room + 64, UINT64_MAX, 1ull << 63, k.memory.space.end + P, code + P - 8};
    handle(SIGILL, 0, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f.rsp = bad[i];
        if (bad[i] == room + 64)
            f.rsp = k.memory.space.start + 200;
        assert_int_equal(ENDING((trap(), 0)), EXITED);
        assert_string_equal(keep.log, "the keep failed: no stack to take signal on 4");
    }
    f.rsp = rsp;
    handle(SIGILL, SA_ONSTACK, 0);
    const uint64_t stacks[] = {outside, k.memory.space.end, UINT64_MAX - 4095, 0, 1ull << 63};
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
        ends_on(stacks[i]);
    assert_int_equal(altstack(8192, 0, UINT64_MAX - 8192 + 1), 0); /* exec is on it already */
    assert_int_equal(ENDING((trap(), 0)), WENT_ON);
    assert_true(f.rsp < rsp && f.rsp > rsp - 2 * P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(actions_are_set_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(masks_are_set_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(stacks_are_set_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signal_to_oneself_is_taken_after_the_call, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(tgkill_knows_one_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blocked_signal_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(an_ignored_signal_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_handler_exec_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blocked_fault_ends_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(the_mask_holds_while_it_is_handled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fault_in_its_own_handler_ends_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(a_handler_for_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_red_zone_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(the_other_stack_is_used_once, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_stack_exec_ends, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
