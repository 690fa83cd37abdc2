/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual machine's memory; see shim_kvm.h. */
#include "tests/unit/shim_kvm.h"

#include "shim/kvm/paging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

jmp_buf machine_stopped;
int machine_why;

struct kvm_keep_counts kvm_counts;

static uint8_t image[KVM_KEEP_IMAGE_SIZE] aligned_to(4096);
static uint8_t memory[MACHINE_MEMORY] aligned_to(4096);

void machine_init(void)
{
    memset(image, 0, sizeof(image));
    memset(memory, 0xa5, sizeof(memory));
    memset(&kvm_counts, 0, sizeof(kvm_counts));
}

void *paging_physical(uint64_t address)
{
    if (address - KVM_KEEP_IMAGE < KVM_KEEP_IMAGE_SIZE)
        return image + (address - KVM_KEEP_IMAGE);
    if (address - KVM_KEEP_MEMORY < MACHINE_MEMORY)
        return memory + (address - KVM_KEEP_MEMORY);
    fprintf(stderr, "no memory at %#llx\n", (unsigned long long)address);
    abort();
}

no_return void kvm_stop(enum kvm_keep_stop why)
{
    machine_why = (int)why;
    longjmp(machine_stopped, 1);
}
