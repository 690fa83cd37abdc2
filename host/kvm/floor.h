/* SPDX-License-Identifier: Apache-2.0 */
/* How old a kernel's KVM may be: docs/kvm.md says why. Pure. A distribution mends its kernels
 * without new numbers, so whoever asks is told, and refused nothing. */
#ifndef HOST_KVM_FLOOR_H
#define HOST_KVM_FLOOR_H

#include <stdbool.h>

struct kvm_release {
    unsigned major, minor, patch;
};

/* Whether Linux `release`, as uname(2) gives it, is as new as the first that has mended what is
 * listed; `floor`: that one, of its own branch or of the next that has one. */
bool kvm_floor(const char *release, struct kvm_release *floor);

#endif
