/* SPDX-License-Identifier: Apache-2.0 */
/* The file that shim_file_data.S carries; see vm.h. */
#include "host/kvm/vm.h"

extern const uint8_t shim_kvm_start[];
extern const uint8_t shim_kvm_end[];

struct bytes kvm_shim_file(void)
{
    return (struct bytes){.data = shim_kvm_start, .size = (size_t)(shim_kvm_end - shim_kvm_start)};
}
