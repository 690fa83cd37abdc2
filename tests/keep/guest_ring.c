/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that reach for what is the shim's: its memory, and instructions of ring 0. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

#define EFAULT 14

/* ---- instructions ---- */

static const uint8_t table[16] = {0};

static void load_tables(void)
{
    __asm__ volatile("lgdt %0" : : "m"(table));
    say("survived");
}

static void load_interrupts(void)
{
    __asm__ volatile("lidt %0" : : "m"(table));
    say("survived");
}

static void load_task(void)
{
    __asm__ volatile("ltr %w0" : : "r"(0x28));
    say("survived");
}

static void load_local(void)
{
    __asm__ volatile("lldt %w0" : : "r"(0));
    say("survived");
}

static void write_msr(void)
{
    __asm__ volatile("wrmsr" : : "c"(0xc0000082), "a"(0), "d"(0));
    say("survived");
}

static void read_msr(void)
{
    __asm__ volatile("rdmsr" : : "c"(0xc0000082) : "rax", "rdx");
    say("survived");
}

static void write_cr3(void)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(0ull));
    say("survived");
}

static void write_cr4(void)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(0x20ull));
    say("survived");
}

static void write_dr7(void)
{
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull));
    say("survived");
}

static void write_xcr0(void)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
    say("survived");
}

static void drop_page(void)
{
    __asm__ volatile("invlpg %0" : : "m"(table));
    say("survived");
}

static void interrupts_on(void)
{
    __asm__ volatile("sti");
    say("survived");
}

static void return_to_ring_0(void)
{
    __asm__ volatile("mov %%rsp, %%rax\n\t"
                     "pushq $0x10\n\t"
                     "push %%rax\n\t"
                     "pushq $2\n\t"
                     "pushq $8\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "iretq\n"
                     "1:"
                     :
                     :
                     : "rax", "memory");
    say("survived");
}

static void non_canonical(void)
{
    (void)*(volatile uint8_t *)0x0001000000000000;
    say("survived");
}

static void jump_to_zero(void)
{
    ((void (*)(void))(uintptr_t)NULL)();
    say("survived");
}

/* ---- memory ---- */

#define SIGSEGV     11
#define SA_SIGINFO  4u
#define SA_RESTORER 0x04000000u

static unsigned faults;
static uint64_t fault_address;

__asm__("ring_restorer: mov $15, %eax\n"
        "    syscall\n");
extern const uint8_t ring_restorer[];

/* On behind the access, which is two bytes long. */
static void handler(int number, const uint64_t *info, uint64_t *context)
{
    enum { RIP = 5 + 16 };
    (void)number;
    faults++;
    fault_address = info[2];
    context[RIP] += 2;
}

static void refused(uint64_t address)
{
    const unsigned before = faults;
    __asm__ volatile("movb (%0), %%al" : : "D"(address) : "rax", "memory");
    check(faults == before + 1 && fault_address == address);
    __asm__ volatile("movb %%al, (%0)" : : "D"(address), "a"(0) : "memory");
    check(faults == before + 2 && fault_address == address);
    const struct port_call out = {.verb = PORT_EXCHANGE, .out = (void *)address, .out_size = 16};
    const struct port_call in = {.verb = PORT_LOG, .in = (void *)address, .in_size = 16};
    check(port(&out) == -EFAULT);
    check(port(&in) == -EFAULT);
    check(port((const struct port_call *)address) == -EFAULT);
    check(sys2(__NR_clock_gettime, 1, address) == -EFAULT);
    check(sys3(__NR_getrandom, address, 16, 0) == -EFAULT);
    check(sys3(__NR_write, 2, address, 16) == -EFAULT);
    check(sys4(__NR_rt_sigprocmask, 0, address, 0, 8) == -EFAULT);
    check_pointers(address);
    check(sys3(__NR_mprotect, address & ~4095ull, PAGE, 3) < 0);
    check(sys2(__NR_munmap, address & ~4095ull, PAGE) < 0);
}

/* The shim's text, tables, data, stacks, its view of the block, the nodes, the window and
 * memory, and exec's map. */
static void shim_memory(void)
{
    static const uint64_t places[] = {
        0xffffffff80000000, 0xffffffff80010000, 0xffffffff80018000, 0xffffffff80024000,
        0xffffffff8002a000, 0xffffffff80030000, 0xffff800000300000, 0xffff800000390000,
        0xffff8000003c0000, 0xffff800001000000, 0xffff800010000000, 0xffffff0000000000,
        0xffffffff80028000, 0xfffffffffffff000,
    };
    const uint64_t a[4] = {(uint64_t)handler, SA_SIGINFO | SA_RESTORER, (uint64_t)ring_restorer, 0};
    check(sys4(__NR_rt_sigaction, SIGSEGV, a, 0, 8) == 0);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        refused(places[i]);
}

const struct test ring_tests[] = {
    {"load_tables", load_tables},
    {"load_interrupts", load_interrupts},
    {"load_task", load_task},
    {"load_local", load_local},
    {"write_msr", write_msr},
    {"read_msr", read_msr},
    {"write_cr3", write_cr3},
    {"write_cr4", write_cr4},
    {"write_dr7", write_dr7},
    {"write_xcr0", write_xcr0},
    {"drop_page", drop_page},
    {"interrupts_on", interrupts_on},
    {"return_to_ring_0", return_to_ring_0},
    {"non_canonical", non_canonical},
    {"jump_to_zero", jump_to_zero},
    {"shim_memory", shim_memory},
    {NULL, NULL},
};
