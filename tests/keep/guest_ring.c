/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that reach for what is the shim's: its memory, and instructions of ring 0. */
#include "tests/keep/guest.h"

#include <asm/unistd_64.h>

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

/* Ring 0's data, code and tables. */
static void load_segment(void)
{
    __asm__ volatile("mov %w0, %%ds" : : "r"(0x10));
    say("survived");
}

/* The first of a table that nobody made: where the host began with one, its address counts. */
static void load_from_local(void)
{
    __asm__ volatile("mov %w0, %%ds" : : "r"(0x7));
    say("survived");
}

static void far_jump(void)
{
    static const struct {
        uint32_t offset;
        uint16_t selector;
    } __attribute__((packed)) to = {0, 8};
    __asm__ volatile("ljmp *%0" : : "m"(to));
    say("survived");
}

static void store_tables(void)
{
    uint8_t where[16];
    __asm__ volatile("sgdt %0" : "=m"(where));
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

static bool faulted_in_call;

/* On behind the access, which is two bytes long, or where the call would have returned to. */
static void handler(int number, const uint64_t *info, uint64_t *context)
{
    enum { RSP = 5 + 15, RIP };
    (void)number;
    faults++;
    fault_address = info[2];
    if (!faulted_in_call) {
        context[RIP] += 2;
        return;
    }
    context[RIP] = *(const uint64_t *)context[RSP];
    context[RSP] += 8;
}

static void refused(uint64_t address)
{
    const unsigned before = faults;
    __asm__ volatile("movb (%0), %%al" : : "D"(address) : "rax", "memory");
    check(faults == before + 1 && fault_address == address);
    __asm__ volatile("movb %%al, (%0)" : : "D"(address), "a"(0) : "memory");
    check(faults == before + 2 && fault_address == address);
    faulted_in_call = true;
    __asm__ volatile("call *%0" : : "r"(address) : "memory");
    faulted_in_call = false;
    check(faults == before + 3 && fault_address == address);
    check_foreign(address);
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
    {"load_segment", load_segment},
    {"load_from_local", load_from_local},
    {"far_jump", far_jump},
    {"store_tables", store_tables},
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
