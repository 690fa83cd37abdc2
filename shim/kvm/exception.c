/* SPDX-License-Identifier: Apache-2.0 */
/* What exec's exceptions and calls are, for the core: believes what the processor says.
 * While the host probes the machine there is no exec, and only the probe's own steps are
 * in order. */
#include "shim/core/check.h"
#include "shim/kvm/kvm.h"
#include "shim/kvm/probe.h"
#include "shim/kvm/statement.h"

/* [SDM 3A 6.3.1] */

/* CPUID in user mode is #GP here, by the shim's wish, where in an enclave it is #UD. */
static bool is_cpuid(const struct fault *x, uint64_t rip)
{
    uint8_t code[2];
    return x->vector == VECTOR_GP && x->error == 0 &&
           user_read(&kvm_kernel, rip, code, sizeof(code)) == 0 && code[0] == 0x0f &&
           code[1] == 0xa2;
}

void kvm_exception(uint32_t vector, uint32_t error, uint64_t address)
{
    struct fault x = {.vector = vector, .error = error, .address = address};
    kvm_counts.faults++;
    if (probe_exception(&x, &kvm_frame))
        return;
    if (CHECK(kvm_cpuid, is_cpuid(&x, kvm_frame.rip)))
        x.vector = VECTOR_UD;
    kernel_fault(&kvm_kernel, &kvm_frame, &x);
}

static uint64_t clock(uint64_t which)
{
    return clock_now(&kvm_kernel,
                     which == PORT_CLOCK_REALTIME ? PORT_CLOCK_REALTIME : PORT_CLOCK_MONOTONIC);
}

void kvm_call(void)
{
    struct frame *f = &kvm_frame;
    kvm_counts.calls++;
    if (probe_call(f))
        return;
    switch (f->rax) {
    case KVM_CALL_PORT:
        kvm_counts.ports++;
        f->rax = (uint64_t)kernel_port(&kvm_kernel, (const struct port_call *)f->rdi);
        return;
    case KVM_CALL_CLOCK:
        f->rax = clock(f->rdi);
        return;
    case KVM_CALL_EVIDENCE:
        f->rax = (uint64_t)statement_make(&kvm_kernel, f->rdi, f->rsi, f->rdx);
        return;
    default:
        kernel_syscall(&kvm_kernel, f);
    }
}
