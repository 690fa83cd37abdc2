/* SPDX-License-Identifier: Apache-2.0 */
/* A keep in a virtual machine. Its guest is hostile: what it leaves in the block, in its
 * counters and at an exit is checked where it is used. */
#ifndef HOST_KVM_KEEP_H
#define HOST_KVM_KEEP_H

#include "base/attr.h"
#include "host/keep.h"

/* backend.prepare and backend.enter. */
int kvm_prepare(struct keep *keep);
no_return void kvm_enter(struct keep *keep);

#endif
