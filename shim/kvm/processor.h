/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim asks of its one processor. What CPUID says is the host's word: it can
 * take features away, and a lie about one that is not there ends in an exception. */
#ifndef SHIM_KVM_PROCESSOR_H
#define SHIM_KVM_PROCESSOR_H

#include "shim/x86/cpuid.h"

#include <stdbool.h>

/* CR4 for a processor with these leaves 1 and 7; 0: it lacks what a keep needs. */
uint64_t processor_cr4(struct cpuid one, struct cpuid seven);

#define CR4_SMAP (1u << 21)

#endif
