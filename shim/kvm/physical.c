/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shim sees physical memory: its image where it is linked, the rest in a map of
 * its own. */
#include "shim/kvm/kvm.h"
#include "shim/kvm/paging.h"

void *paging_physical(uint64_t address)
{
    if (address - KVM_KEEP_IMAGE < KVM_KEEP_IMAGE_SIZE)
        return (void *)(KVM_KEEP_SHIM + (address - KVM_KEEP_IMAGE));
    return (void *)(KVM_PHYSICAL + address);
}
