/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the KVM shim is: a virtual machine with one processor, the shim in
 * ring 0, exec in ring 3. By address:
 *
 *     0            nothing, ever
 *     8 MiB        the gate: what exec calls, read and execute
 *     16 MiB       exec, its segments as linked, then its heap        on first touch
 *     256 MiB      exec's memory: its stack and all that it maps      on first touch
 *     4 TiB        the end of it
 *     upper half   the shim's alone:
 *     KVM_PHYSICAL what lies outside the image, at its physical address: block, nodes and
 *                  window, which the host has too, then the keep's memory
 *     KVM_RANGES   exec's map, as it grows
 *     KVM_KEEP_SHIM  the image (include/kvm_keep.h)
 *
 * Interrupts stay off: nobody but exec enters the shim, by SYSCALL or by a fault. */
#ifndef SHIM_KVM_KVM_H
#define SHIM_KVM_KVM_H

#include "include/kvm_keep.h"

#define KVM_GATE      0x800000
#define KVM_EXEC      0x1000000
#define KVM_ARENA     0x10000000
#define KVM_ARENA_END 0x40000000000
#define KVM_PHYSICAL  0xffff800000000000
#define KVM_RANGES    0xffffff0000000000

#define KVM_STACK_SIZE  0x4000
#define KVM_FAULTS_SIZE 0x1000

/* Selectors, in the order that SYSCALL wants; SYSRET is not used [SDM 2B SYSCALL]. */
#define KVM_CODE      0x08
#define KVM_DATA      0x10
#define KVM_USER_DATA 0x1b
#define KVM_USER_CODE 0x23
#define KVM_TSS       0x28

/* What exec asks of the shim beside system calls, in rax; the gate does. */
#define KVM_CALL_PORT     0x656e7801
#define KVM_CALL_CLOCK    0x656e7802
#define KVM_CALL_EVIDENCE 0x656e7804
/* What the probe's user code says: it came back from the shim as it should. */
#define KVM_CALL_PROBED 0x656e7803

#define KVM_STOP_FATAL 2 /* KVM_KEEP_STOP_FATAL */

#ifndef __ASSEMBLER__

#include "shim/core/kernel.h"

/* exec's registers while the shim works for it. */
extern struct frame kvm_frame;

extern struct kernel kvm_kernel;
extern struct kvm_keep_counts kvm_counts;

extern const uint8_t kvm_port_gate[]; /* entry.S: the gate, as linked */
extern const uint8_t kvm_clock_gate[];
extern const uint8_t kvm_evidence_gate[];
extern const uint8_t kvm_probe_gate[];

/* Where exec sees what lies in the gate's page. */
static inline uint64_t kvm_at_gate(const uint8_t *linked)
{
    return KVM_GATE + ((uint64_t)linked - KVM_KEEP_SHIM - KVM_IMAGE_GATE);
}

/* entry.S: leaves; returns when the host runs the machine again. */
void kvm_leave(uint32_t reason);

/* Called by entry.S, on the shim's stack; exec goes on with kvm_frame. */
void kvm_start(uint64_t memory_size);
void kvm_call(void);
void kvm_exception(uint32_t vector, uint32_t error, uint64_t address);

no_return void kvm_stop(enum kvm_keep_stop why);

/* Sets the processor up, but for its tables of descriptors; stops the keep where it
 * lacks what a keep needs. */
void kvm_processor(void);

#endif
#endif
