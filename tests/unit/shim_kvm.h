/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a virtual machine for the tests of shim/kvm: the image's part and the first
 * 64 MiB of the keep's, and a stop that a test can catch. */
#ifndef TESTS_UNIT_SHIM_KVM_H
#define TESTS_UNIT_SHIM_KVM_H

#include "shim/kvm/kvm.h"

#include <setjmp.h>

#define MACHINE_MEMORY (64ull << 20)

/* The root of the page tables, physical. */
#define MACHINE_ROOT ((uint64_t)KVM_KEEP_IMAGE + KVM_IMAGE_TABLES)

/* Fresh memory, filled with a pattern; no table has an entry; nothing is counted. */
void machine_init(void);

/* STOPPED(call): the reason for which the call stopped the keep, or -1. */
extern jmp_buf machine_stopped;
extern int machine_why;
#define STOPPED(call) \
    (machine_why = -1, setjmp(machine_stopped) == 0 ? ((void)(call), -1) : machine_why)

#endif
