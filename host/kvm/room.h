/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a machine may have. Pure. Trusts nothing of what was asked for. */
#ifndef HOST_KVM_ROOM_H
#define HOST_KVM_ROOM_H

#include <stdint.h>

/* The size in bytes of the keep's slot, whole 2 MiB, for so many bytes of WebAssembly's
 * memory and of files, with 1 GiB for exec, its heap and compiled code. KVM_KEEP_MEMORY_MAX
 * for all that would be more. */
uint64_t kvm_room(uint64_t memory_size, uint64_t files_size);

#endif
