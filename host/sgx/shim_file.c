/* SPDX-License-Identifier: Apache-2.0 */
/* The file that shim_file_data.S carries; see image.h. */
#include "host/sgx/image.h"

extern const uint8_t shim_sgx_start[];
extern const uint8_t shim_sgx_end[];

struct bytes sgx_shim_file(void)
{
    return (struct bytes){.data = shim_sgx_start, .size = (size_t)(shim_sgx_end - shim_sgx_start)};
}
