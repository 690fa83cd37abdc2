/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile monitor does to a KVM keep besides. It could read and write all of it,
 * and a virtual machine alone does not hinder it: what is tried is what the shim itself
 * can notice. */
#define _GNU_SOURCE
#include "tests/keep/attacks.h"
#include "tests/keep/host_kvm.h"

#include <linux/kvm.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>

#define PAGE 4096u

/* Bits of an entry of a page table (shim/kvm/paging.h). */
#define PRESENT 1ull
#define KEPT    0x200ull
#define LARGE   0x80ull
#define ADDRESS 0x000ffffffffff000ull

static void control(unsigned long request, void *argument)
{
    host_must(ioctl(kvm_host.vm.processor, request, argument) >= 0, "an ioctl of the attack");
}

/* ---- the size of its memory ---- */

static void set_size(uint64_t size)
{
    struct kvm_regs regs;
    control(KVM_GET_REGS, &regs);
    if (regs.rdi != size)
        host_made();
    regs.rdi = size;
    control(KVM_SET_REGS, &regs);
}

static void size_odd(struct host *h) { set_size((1ull << 21) + h->value); }
static void size_huge(struct host *h)
{
    (void)h;
    set_size(KVM_KEEP_MEMORY_MAX + (2ull << 20));
}
static void size_small(struct host *h)
{
    (void)h;
    set_size(2ull << 20);
}

/* ---- registers at the start ---- */

/* Offsets in an XSAVE area [SDM 1 13.4]. */
enum { FCW = 0, MXCSR = 24, XMM = 160, COMPONENTS = 512, YMM = 576, XSAVE_END = 832 };

static void put(struct kvm_xsave *state, size_t at, const void *from, size_t size)
{
    memcpy((uint8_t *)state->region + at, from, size);
}

/* KVM has taken all of it. */
static bool is_dirty(const struct kvm_regs *wanted_regs, const struct kvm_xsave *wanted_state)
{
    struct kvm_regs regs;
    struct kvm_xsave state;
    control(KVM_GET_REGS, &regs);
    control(KVM_GET_XSAVE, &state);
    return memcmp(&regs, wanted_regs, sizeof(regs)) == 0 &&
           memcmp(&state, wanted_state, XSAVE_END) == 0;
}

/* All that no one may rely on: flags, MXCSR, x87, vectors, general registers. */
static void dirty_start(struct host *h)
{
    static const uint32_t mxcsr = 0xffc0;
    static const uint16_t fcw = 0x0c7f;
    static const uint64_t components = 7; /* x87, SSE, AVX */
    uint8_t vectors[256];
    struct kvm_regs regs;
    struct kvm_xsave state;
    control(KVM_GET_REGS, &regs);
    control(KVM_GET_XSAVE, &state);
    const uint64_t size = regs.rdi;
    const uint64_t rip = regs.rip;
    memset(&regs, 0xd1, sizeof(regs));
    regs.rdi = size;
    regs.rip = rip;
    regs.rflags = 0x40402; /* AC, DF */
    memset(vectors, 0xd1, sizeof(vectors));
    put(&state, FCW, &fcw, sizeof(fcw));
    put(&state, MXCSR, &mxcsr, sizeof(mxcsr));
    put(&state, XMM, vectors, sizeof(vectors));
    put(&state, COMPONENTS, &components, sizeof(components));
    put(&state, YMM, vectors, sizeof(vectors));
    control(KVM_SET_REGS, &regs);
    control(KVM_SET_XSAVE, &state);
    (void)h;
    if (is_dirty(&regs, &state))
        host_made();
}

/* ---- exceptions and interrupts that did not happen ---- */

static void on_time(int signal) { (void)signal; }

/* Ends a run of the machine in user mode, now and then. */
static void claim_start(struct host *h)
{
    const struct itimerval often = {{0, 20000}, {0, 20000}};
    (void)h;
    sigaction(SIGPROF, &(struct sigaction){.sa_handler = on_time}, NULL);
    setitimer(ITIMER_PROF, &often, NULL);
}

static void claim(struct host *h)
{
    static const uint32_t with_error = 0x60227d00; /* vectors that have an error code */
    struct kvm_sregs sregs;
    struct kvm_regs regs;
    control(KVM_GET_SREGS, &sregs);
    control(KVM_GET_REGS, &regs);
    if (h->done || kvm_host.left.reason != KVM_EXIT_INTR || (sregs.cs.selector & 3) != 3)
        return;
    h->done = true;
    host_made();
    if (h->value == 2) {
        control(KVM_NMI, NULL);
        return;
    }
    struct kvm_vcpu_events events;
    control(KVM_GET_VCPU_EVENTS, &events);
    events.exception.injected = 1;
    events.exception.nr = (uint8_t)h->value;
    events.exception.has_error_code = with_error >> h->value & 1;
    events.exception.error_code = 0;
    sregs.cr2 = regs.rip;
    control(KVM_SET_SREGS, &sregs);
    control(KVM_SET_VCPU_EVENTS, &events);
}

/* The same while the shim waits for an answer. */
static void claim_inside(struct host *h)
{
    struct kvm_vcpu_events events;
    if (h->ports != 2 || h->done)
        return;
    h->done = true;
    control(KVM_GET_VCPU_EVENTS, &events);
    events.exception.injected = 1;
    events.exception.nr = (uint8_t)h->value;
    control(KVM_SET_VCPU_EVENTS, &events);
    host_made();
}

/* An interrupt, though the keep has them off. */
static void interrupt(struct host *h)
{
    struct kvm_interrupt vector = {.irq = (uint32_t)h->value};
    if (kvm_host.left.reason == KVM_EXIT_IO &&
        ioctl(kvm_host.vm.processor, KVM_INTERRUPT, &vector) == 0)
        host_made();
}

/* ---- pages taken away ---- */

static uint64_t *table_at(uint64_t physical)
{
    if (physical >= KVM_KEEP_MEMORY)
        return (uint64_t *)(kvm_host.memory + (physical - KVM_KEEP_MEMORY));
    return (uint64_t *)(kvm_host.vm.image + (physical - KVM_KEEP_IMAGE));
}

static void take_from(uint64_t *table, unsigned level, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!(table[i] & PRESENT) || (level > 0 && table[i] & LARGE))
            continue;
        if (level > 0)
            take_from(table_at(table[i] & ADDRESS), level - 1, 512);
        else if (table[i] & KEPT) {
            table[i] &= ~PRESENT;
            host_made();
        }
    }
}

/* Every page of exec's that is there, in the keep's own tables. */
static void take_pages(struct host *h)
{
    if (h->ports != 2 || h->done)
        return;
    h->done = true;
    take_from(table_at(KVM_KEEP_IMAGE + KVM_IMAGE_TABLES), 3, 256);
    struct kvm_sregs sregs; /* the processor forgets what it knew */
    control(KVM_GET_SREGS, &sregs);
    sregs.cr4 ^= 0x80;
    control(KVM_SET_SREGS, &sregs);
}

/* ---- statements ---- */

static int64_t spoil(struct host *h, const struct port_frame *f, int64_t honest, size_t at)
{
    if (f->verb == PORT_QUOTE) {
        h->block[PORT_DATA_OFFSET + (f->in_size + 63) / 64 * 64 + at] ^= 1;
        host_made();
    }
    return attack_exits(h, f, honest);
}

/* With the report data of another call. */
static int64_t statement_other(struct host *h, const struct port_frame *f, int64_t honest)
{
    return spoil(h, f, honest, offsetof(struct kvm_statement, report_data) + 63);
}

static int64_t statement_form(struct host *h, const struct port_frame *f, int64_t honest)
{
    return spoil(h, f, honest, offsetof(struct kvm_statement, version));
}

static int64_t statement_short(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb != PORT_QUOTE)
        return attack_exits(h, f, honest);
    host_made();
    return honest - 1;
}

#define MEMORY     "a machine's memory; an enclave's size is measured"
#define EXCEPTIONS "exceptions and interrupts that a machine's host claims"
#define STATEMENTS "statements; enclaves have quotes"
#define WINDOWS    "a window through which a host gives exec; an enclave is given pages"

/* ---- CPUID ---- */

#define MSR_FEATURES 0x140u /* bit 0: CPUID in user mode is #GP [SDM 4 2.1] */

/* The shim has asked for it, and KVM does it. */
static unsigned cpuid_faults(void)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entry;
    } msr = {.head = {.nmsrs = 1}, .entry = {.index = MSR_FEATURES}};
    return ioctl(kvm_host.vm.processor, KVM_GET_MSRS, &msr) == 1 ? msr.entry.data & 1 : 0;
}

/* ---- exec's file ---- */

/* After the n-th wish: another byte in the window, or none of what was wished for. */
static void spoil_window(struct host *h, bool all)
{
    uint8_t *window = kvm_vm_at(&kvm_host.vm, KVM_KEEP_WINDOW);
    const char *why;
    if (h->done || kvm_turn_take(&kvm_host.left, &why) != KVM_TURN_EXEC || h->value2++ != h->value)
        return;
    h->done = true;
    host_made();
    if (all)
        memset(window, 0, KVM_KEEP_WINDOW_SIZE);
    else
        window[PAGE + 1] ^= 0x10;
}
static void window_bit(struct host *h) { spoil_window(h, false); }
static void window_empty(struct host *h) { spoil_window(h, true); }

const struct attack kvm_attacks[] = {
    {.name = "cpuid_faults", .made = cpuid_faults},
    {.name = "dirty", .start = dirty_start},
    {.name = "size_odd", .boundary = MEMORY, .start = size_odd},
    {.name = "size_huge", .boundary = MEMORY, .start = size_huge},
    {.name = "size_small", .boundary = MEMORY, .start = size_small},
    {.name = "claim_in_exec", .boundary = EXCEPTIONS, .start = claim_start, .exited = claim},
    {.name = "claim_in_shim", .boundary = EXCEPTIONS, .exited = claim_inside},
    {.name = "interrupt", .boundary = EXCEPTIONS, .exited = interrupt},
    {.name = "take_pages", .exited = take_pages},
    {.name = "window_bit", .boundary = WINDOWS, .exited = window_bit},
    {.name = "window_empty", .boundary = WINDOWS, .exited = window_empty},
    {.name = "statement_other", .boundary = STATEMENTS, .answer = statement_other},
    {.name = "statement_form", .boundary = STATEMENTS, .answer = statement_form},
    {.name = "statement_short", .boundary = STATEMENTS, .answer = statement_short},
    {.name = NULL},
};
