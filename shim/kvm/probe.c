/* SPDX-License-Identifier: Apache-2.0 */
/* The probe's steps; see probe.h. Holds nothing, so it has nothing to lose. */
#include "shim/kvm/probe.h"

#include "shim/kvm/kvm.h"

#define INTEL 0x756e6547u /* ebx of leaf 0 in the shim's table */

static enum { NO_PROBE, PROBE_STARTED, PROBE_FAULTED } step;

void probe_start(struct frame *f)
{
    step = PROBE_STARTED;
    *f = (struct frame){.rip = kvm_at_gate(kvm_probe_gate), .rflags = 2};
}

bool probe_exception(const struct fault *x, struct frame *f)
{
    if (step == NO_PROBE)
        return false;
    if (step != PROBE_STARTED || x->vector != VECTOR_GP)
        kvm_stop(KVM_KEEP_STOP_CPU);
    const struct cpuid answer = machine_cpuid(0, 0);
    f->rbx = answer.ebx;
    f->rip += 2;
    step = PROBE_FAULTED;
    return true;
}

bool probe_call(const struct frame *f)
{
    if (step == NO_PROBE)
        return false;
    const bool ok = step == PROBE_FAULTED && f->rax == KVM_CALL_PROBED && f->rbx == INTEL;
    kvm_stop(ok ? KVM_KEEP_STOP_ENDED : KVM_KEEP_STOP_CPU);
}
