/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a machine may have; see room.h. */
#include "host/kvm/room.h"

#include "host/check.h"
#include "include/kvm_keep.h"

#define FOR_EXEC (1ull << 30)

static uint64_t at_most(uint64_t size)
{
    return size < KVM_KEEP_MEMORY_MAX ? size : KVM_KEEP_MEMORY_MAX;
}

uint64_t kvm_room(uint64_t memory_size, uint64_t files_size)
{
    const uint64_t sum =
        FOR_EXEC +
        CHECKED(kvm_room_sum, at_most(memory_size) + at_most(files_size), memory_size + files_size);
    const uint64_t whole =
        CHECKED(kvm_room_whole, (sum + KVM_KEEP_LARGE - 1) / KVM_KEEP_LARGE * KVM_KEEP_LARGE, sum);
    return CHECKED(kvm_room_most, at_most(whole), whole);
}
