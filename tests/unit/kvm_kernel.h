/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's answers to who makes a machine, of which one may be a failure. They are made up, so
 * that no KVM is needed: they show what is done about failures, and nothing of KVM itself. A test
 * is linked with a --wrap for each call that is answered here. */
#ifndef TESTS_UNIT_KVM_KERNEL_H
#define TESTS_UNIT_KVM_KERNEL_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_NONE   UINT32_MAX
#define KERNEL_LEAVES 4u
#define KERNEL_SLOTS  4u

/* What a test and the processes that it starts see. */
struct kernel {
    bool armed;         /* calls count, and may fail */
    uint32_t nth;       /* this one fails, the first is 0; KERNEL_NONE: none */
    int error;          /* so */
    uint32_t calls;     /* so far */
    const char *failed; /* the call; null: there were fewer */
    bool entered;       /* for a test to note that the keep began */
    uint32_t slots;
    struct kvm_userspace_memory_region slot[KERNEL_SLOTS];
    uint32_t
        leaves; /* of CPUID, that the machine was given: all bits of ecx and edx were offered */
    struct kvm_cpuid_entry2 leaf[KERNEL_LEAVES];
};

extern struct kernel *kernel;

/* Once, before anything else. */
void kernel_open(void);

/* Starts anew. */
void kernel_set(uint32_t nth, int error);

#endif
