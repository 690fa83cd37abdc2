/* SPDX-License-Identifier: Apache-2.0 */
/* A host of its own for the KVM keep: a monitor that can lie at every place where the
 * real one (host/kvm/keep.c) is honest. */
#ifndef TESTS_KEEP_HOST_KVM_H
#define TESTS_KEEP_HOST_KVM_H

#include "host/kvm/vm.h"
#include "tests/keep/host.h"

/* What an attack may look at and change. */
struct kvm_host {
    struct kvm_vm vm;
    uint8_t *memory; /* the keep's, from KVM_KEEP_MEMORY on */
    struct kvm_left left;
};
extern struct kvm_host kvm_host;

extern const struct attack kvm_attacks[]; /* ended by a null name */

#endif
