/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that break a promise, each its own, and must die of it. */
#include "include/kvm_keep.h"
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

static const int constant = 1;

/* Writing to code and to constants. */
static void write_code(void)
{
    *(volatile uint8_t *)(uintptr_t)write_code = 0xc3;
    say("survived");
}

static void write_constant(void)
{
    *(volatile int *)(uintptr_t)&constant = 2;
    say("survived");
}

/* Running data. */
static void run_data(void)
{
    uint8_t *at = map(PAGE, 3);
    *at = 0xc3;
    ((void (*)(void))(uintptr_t)at)();
    say("survived");
}

static void run_stack(void)
{
    volatile uint8_t code[16] = {0xc3};
    ((void (*)(void))(uintptr_t)code)();
    say("survived");
}

static void run_constant(void)
{
    static const uint8_t code[16] = {0xc3};
    ((void (*)(void))(uintptr_t)code)();
    say("survived");
}

/* What carries its calls: the shim's code, as far as exec may run it. */
static void write_gate(void)
{
    *(volatile uint8_t *)(uintptr_t)port_function() = 0xc3;
    say("survived");
}

static void read_zero_page(void)
{
    (void)*(volatile uint8_t *)0;
    say("survived");
}

static void halt(void)
{
    __asm__ volatile("hlt");
    say("survived");
}

static void interrupt(void)
{
    __asm__ volatile("int $0x80" : : "a"(20) : "memory");
    say("survived");
}

static void port_out(void)
{
    __asm__ volatile("outb %%al, $0x80" : : "a"(0));
    say("survived");
}

static void port_in(void)
{
    uint8_t byte;
    __asm__ volatile("inb $0x80, %%al" : "=a"(byte));
    say("survived");
}

/* In the shim's place: that the keep has ended well. */
static void port_leave(void)
{
    const uint32_t reason = KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_ENDED << 8;
    __asm__ volatile("outl %%eax, %%dx" : : "a"(reason), "d"(KVM_KEEP_PORT));
    say("survived");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
    say("survived");
}

static void invalid(void)
{
    __asm__ volatile(".byte 0x0f, 0xff"); /* ud0 */
    say("survived");
}

static void deadlock(void)
{
    uint32_t word = 0;
    sys4(__NR_futex, &word, 128, 0, 0);
    say("survived");
}

static void abort_self(void)
{
    const int64_t self = sys0(__NR_getpid);
    sys3(__NR_tgkill, self, self, 6);
    say("survived");
}

static void exit_group(void)
{
    sys1(__NR_exit_group, 3);
    say("survived");
}

/* Without a handler on a stack of its own. */
static uint64_t deep(uint64_t n)
{
    volatile uint8_t frame[2000];
    frame[0] = (uint8_t)n;
    return n == UINT64_MAX ? 0 : deep(n + 1) + frame[0];
}

static void overflow(void)
{
    deep(0);
    say("survived");
}

const struct test fatal_tests[] = {
    {"write_code", write_code},
    {"write_constant", write_constant},
    {"run_data", run_data},
    {"run_stack", run_stack},
    {"run_constant", run_constant},
    {"write_gate", write_gate},
    {"read_zero_page", read_zero_page},
    {"halt", halt},
    {"interrupt", interrupt},
    {"port_in", port_in},
    {"port_out", port_out},
    {"port_leave", port_leave},
    {"breakpoint", breakpoint},
    {"invalid", invalid},
    {"deadlock", deadlock},
    {"abort_self", abort_self},
    {"exit_group", exit_group},
    {"overflow", overflow},
    {NULL, NULL},
};
