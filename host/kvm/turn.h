/* SPDX-License-Identifier: Apache-2.0 */
/* What to do next when a machine has been left: the rules of include/kvm_keep.h for its
 * host. Pure. Trusts nothing that the guest did, and the kernel for what it says of it. */
#ifndef HOST_KVM_TURN_H
#define HOST_KVM_TURN_H

#include "host/kvm/window.h"
#include "include/kvm_keep.h"

#include <stdbool.h>
#include <stddef.h>

/* How it was left, as KVM tells it. */
struct kvm_run;

struct kvm_left {
    uint32_t reason; /* KVM_EXIT_* */
    bool out;        /* KVM_EXIT_IO: the rest */
    uint16_t port;
    uint8_t size; /* bytes */
    uint32_t count;
    uint32_t value;
};

/* From the processor's page, which is `size` bytes with what lies behind it: copied once. An
 * exit whose data is not in there is none that we know. */
struct kvm_left kvm_turn_read(const struct kvm_run *run, size_t size);

enum kvm_turn {
    KVM_TURN_SERVE, /* serve the block, then run it again */
    KVM_TURN_EXEC,  /* fill the window with what it wishes, then run it again */
    KVM_TURN_AGAIN, /* run it again */
    KVM_TURN_END,   /* never again; `why` says why */
};

enum kvm_turn kvm_turn_take(const struct kvm_left *left, const char **why);

/* What of exec's file it asked for, when it did: any numbers. */
struct window_wish kvm_turn_wish(const struct kvm_left *left);

/* The same, of a probe: null when the machine is fit for a keep, else why it is not. */
const char *kvm_turn_probed(const struct kvm_left *left);

#endif
