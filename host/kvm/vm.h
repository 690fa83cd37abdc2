/* SPDX-License-Identifier: Apache-2.0 */
/* One virtual machine with one processor, as include/kvm_keep.h wants it: memory slots
 * and first registers. No device, no interrupt controller, no firmware, no virtualisation of
 * its own. It is its process's, and goes with it, however far it was made. */
#ifndef HOST_KVM_VM_H
#define HOST_KVM_VM_H

#include "base/attr.h"
#include "base/cur.h"
#include "host/kvm/turn.h"

#include <stddef.h>

#define KVM_DEVICE "/dev/kvm"

/* Processors that can make machines say so in two leaves of CPUID. [SDM 2A CPUID, APM 3
 * E.4.2] */
#define CPUID_FEATURES 1u
#define CPUID_ECX_VMX  (1u << 5)
#define CPUID_EXTENDED 0x80000001u
#define CPUID_ECX_SVM  (1u << 2)

struct kvm_vm {
    int fd;
    int processor; /* descriptors; -1: none */
    struct kvm_run *run;
    size_t run_size;
    uint8_t *image;     /* the first slot: the shim's memory, the block, the window */
    uint32_t slots;     /* used so far */
    const char *failed; /* what did, after an error */
};

/* Makes it, the shim's image in place and the registers set. rdi: see kvm_keep.h. 0 or
 * -errno. */
must_use int kvm_vm_open(struct kvm_vm *vm, struct bytes shim, uint64_t memory_size);

/* Where this process sees what lies in the first slot. */
uint8_t *kvm_vm_at(const struct kvm_vm *vm, uint64_t physical);

/* Memory for a slot, aligned as the guest sees it, so that the kernel can give 2 MiB at a
 * first touch; nobody dumps it. MAP_FAILED, with errno: none. */
void *kvm_vm_memory(uint64_t size);

/* Lets the guest see memory of this process at a physical address; whole pages. */
must_use int kvm_vm_show(struct kvm_vm *vm, uint64_t physical, void *at, uint64_t size);

/* Until it is left. 0 or -errno. */
must_use int kvm_vm_run(struct kvm_vm *vm, struct kvm_left *left);

/* What the shim that this command carries inside itself is: a flat image. */
struct bytes kvm_shim_file(void);

#endif
