/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor does with an event in enclave mode: each arrives as a signal. */
#define _GNU_SOURCE
#include "sim/sgx/entry.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

#define SYSCALL_SIZE 2
#define ENCLU_SIZE   3
#define SYS_DISPATCH 2 /* si_code: SYS_USER_DISPATCH [Linux asm-generic/siginfo.h] */
/* ZF, CF, PF, AF, OF, SF: what a leaf with a result sets and clears. */
#define RFLAGS_ZF     0x40u
#define RFLAGS_STATUS 0x8d5u
#define PF_HARDWARE   (SGX_PF_PRESENT | SGX_PF_WRITE | SGX_PF_USER | SGX_PF_FETCH)

static uint64_t *greg(ucontext_t *uc, int which)
{
    return (uint64_t *)&uc->uc_mcontext.gregs[which];
}

static bool next_is(const ucontext_t *uc, const void *code, size_t size)
{
    uint64_t rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    return in_elrange(rip) && in_elrange(rip + size - 1) &&
           memcmp((const void *)rip, code, size) == 0;
}

static bool next_is_enclu(const ucontext_t *uc) { return next_is(uc, "\x0f\x01\xd7", ENCLU_SIZE); }
static bool next_is_cpuid(const ucontext_t *uc) { return next_is(uc, CPUID_CODE, CPUID_SIZE); }

static bool is_from_entry(uint64_t rip)
{
    return rip >= (uintptr_t)model_entry_begin && rip < (uintptr_t)model_illegal;
}

/* ---- out of the enclave ---- */

static int interrupt(ucontext_t *uc)
{
    machine.count.aex_interrupt++;
    aex_exit(uc, NULL);
    return 0;
}

/* #DB and #BP the kernel never hands to the vDSO [Linux asm/sgx.h]. */
static int deliver(ucontext_t *uc, const struct exception *e, uint64_t *counter)
{
    (*counter)++;
    aex_exit(uc, e);
    if (e->vector == VECTOR_DB || e->vector == VECTOR_BP)
        signals_default(SIGTRAP);
    return 0;
}

static int deliver_other(ucontext_t *uc, const struct exception *e)
{
    return deliver(uc, e, &machine.count.aex_other);
}

/* Found by a step, before it ran. */
static int deliver_found(ucontext_t *uc, const struct exception *e)
{
    if (next_is(uc, "\x0f\x05", SYSCALL_SIZE))
        return deliver(uc, e, &machine.count.aex_syscall);
    return deliver_other(uc, e);
}

/* Back to the enclave, in stepping mode if nothing forbids what comes next. */
static int resume(ucontext_t *uc)
{
    struct exception e;
    if (!machine.stepping)
        return 1;
    bool trap;
    if (!step_prepare(*greg(uc, REG_RIP), *greg(uc, REG_RSP), &trap, &e))
        return deliver_found(uc, &e);
    *greg(uc, REG_EFL) &= ~(uint64_t)RFLAGS_TF;
    *greg(uc, REG_EFL) |= trap ? RFLAGS_TF : 0;
    return 1;
}

/* ---- ENCLU inside ---- */

static bool has_result(enum sgx_leaf leaf)
{
    return leaf == SGX_EGETKEY || leaf == SGX_EACCEPT || leaf == SGX_EACCEPTCOPY;
}

static int enclu(ucontext_t *uc)
{
    enum sgx_leaf leaf = (uint32_t)*greg(uc, REG_RAX);
    if (leaf == SGX_EEXIT) {
        aex_leave(uc);
        return 0;
    }
    const struct leaf_registers r = {*greg(uc, REG_RBX), *greg(uc, REG_RCX), *greg(uc, REG_RDX)};
    struct exception e;
    int result = leaf_run(leaf, &r, &e);
    if (result < 0)
        return deliver(uc, &e,
                       e.vector == VECTOR_PF ? &machine.count.aex_page_fault
                                             : &machine.count.aex_other);
    if (has_result(leaf)) {
        *greg(uc, REG_RAX) = (uint64_t)result;
        *greg(uc, REG_EFL) &= ~(uint64_t)RFLAGS_STATUS;
        *greg(uc, REG_EFL) |= result == 0 ? 0 : RFLAGS_ZF;
    }
    *greg(uc, REG_RIP) += ENCLU_SIZE;
    return resume(uc);
}

/* ---- faults ---- */

static unsigned access_of(uint64_t error)
{
    if ((error & SGX_PF_FETCH) != 0)
        return SGX_X;
    return (error & SGX_PF_WRITE) != 0 ? SGX_W : SGX_R;
}

/* A page that the model had not made accessible yet is nobody's fault. One that is
 * not there the kernel brings; touched again, it is pending. */
static int page_fault(ucontext_t *uc)
{
    uint64_t error = *greg(uc, REG_ERR);
    uint64_t address = *greg(uc, REG_CR2);
    unsigned access = access_of(error);
    struct exception e = {.vector = VECTOR_PF, .error = error & PF_HARDWARE, .address = address};
    if (!in_elrange(address))
        return deliver(uc, &e, &machine.count.aex_page_fault);
    uint64_t *counter = &machine.count.aex_page_fault;
    if (!epcm_exists(*entry_of(address)) && kernel_augment(page_of(address))) {
        machine.count.aex_eaug++;
        machine.count.eresume++;
        counter = &machine.count.aex_touch;
    }
    struct epcm_entry page = *entry_of(address);
    if ((epcm_permissions(page) & epcm_pte(page) & access) != 0) {
        memory_sync_around(page_of(address), access);
        return resume(uc);
    }
    e.error = fault_code(page, access);
    return deliver(uc, &e, counter);
}

/* Here CPUID faults as the kernel was asked to make it: #GP. In an enclave: #UD. */
static int general_protection(ucontext_t *uc)
{
    struct exception e = {.vector = VECTOR_GP, .error = (uint32_t)*greg(uc, REG_ERR)};
    if (next_is_enclu(uc))
        return enclu(uc);
    if (next_is_cpuid(uc))
        e = (struct exception){.vector = VECTOR_UD};
    return deliver_other(uc, &e);
}

static int invalid_opcode(ucontext_t *uc)
{
    const struct exception e = {.vector = VECTOR_UD};
    if (*greg(uc, REG_RIP) == (uintptr_t)model_illegal) {
        *greg(uc, REG_RIP) = machine.step_target;
        return deliver_found(uc, &machine.step_exception);
    }
    return next_is_enclu(uc) ? enclu(uc) : deliver_other(uc, &e);
}

/* RIP is past the instruction [Linux admin-guide/syscall-user-dispatch.rst]. Code
 * outside does not run in enclave mode: there the call is the #GP of its fetch. */
static int system_call(ucontext_t *uc)
{
    struct exception e = {.vector = VECTOR_UD};
    *greg(uc, REG_RIP) -= SYSCALL_SIZE;
    if (in_elrange(*greg(uc, REG_RIP)))
        return deliver(uc, &e, &machine.count.aex_syscall);
    raise_general_protection(&e);
    return deliver_other(uc, &e);
}

static int single_step(ucontext_t *uc)
{
    if (is_from_entry(*greg(uc, REG_RIP)))
        return 1;
    if (machine.step_interrupt == 0 || ++machine.step_count % machine.step_interrupt != 0)
        return resume(uc);
    if (machine.step_pushf != 0) /* TF would be seen: at the next one */
        return resume(uc);
    return interrupt(uc);
}

static int event(ucontext_t *uc)
{
    const struct exception e = {.vector = (uint32_t)*greg(uc, REG_TRAPNO)};
    switch (e.vector) {
    case VECTOR_PF:
        return page_fault(uc);
    case VECTOR_GP:
        return general_protection(uc);
    case VECTOR_UD:
        return invalid_opcode(uc);
    case VECTOR_DB:
        return machine.stepping ? single_step(uc) : deliver_other(uc, &e);
    default:
        return deliver_other(uc, &e);
    }
}

/* Signals that somebody sent: an interrupt, then what the kernel does with them. */
static int sent(int sig, ucontext_t *uc)
{
    if (is_from_entry(*greg(uc, REG_RIP)))
        return 1;
    interrupt(uc);
    if (sig != SIGALRM)
        signals_default(sig);
    return 0;
}

/* ---- outside ---- */

static int in_host(int sig, const siginfo_t *info, ucontext_t *uc)
{
    if (sig == SIGALRM && machine.interrupts)
        return 0;
    if (sig == SIGSEGV && machine.cpuid_faults && info->si_code > 0 && signals_emulate_cpuid(uc))
        return 0;
    signals_default(sig);
    return 0;
}

int model_trap(int sig, siginfo_t *info, ucontext_t *uc)
{
    machine.count.traps++;
    if (model_cpu.inside == 0)
        return in_host(sig, info, uc);
    if (sig == SIGALRM || info->si_code <= 0)
        return sent(sig, uc);
    if (sig == SIGSYS)
        return info->si_code == SYS_DISPATCH ? system_call(uc) : sent(sig, uc);
    return event(uc);
}

/* ---- ENCLU outside ---- */

/* An instruction that must not run first cannot be found by a step after it. */
static void look_ahead(void)
{
    bool trap;
    machine.step_pushf = 0;
    if (step_prepare(model_cpu.rip, model_cpu.rsp, &trap, &machine.step_exception)) {
        model_cpu.rflags |= trap ? RFLAGS_TF : 0;
        return;
    }
    machine.step_target = model_cpu.rip;
    model_cpu.rip = (uintptr_t)model_illegal;
}

static uint64_t read_fs(void)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static uint64_t read_gs(void)
{
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

int model_enclu(void)
{
    struct exception e;
    model_cpu.host_fs = read_fs();
    model_cpu.host_gs = read_gs();
    bool ok = model_cpu.rax == SGX_EENTER ? aex_enter(&e) : aex_resume(&e);
    if (!ok) {
        model_cpu.rdi = e.vector;
        model_cpu.rsi = e.error;
        model_cpu.rdx = e.address & ~(uint64_t)(SGX_PAGE - 1);
        return 1;
    }
    if (machine.stepping)
        look_ahead();
    return 0;
}
