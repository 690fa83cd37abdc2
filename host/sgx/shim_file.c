/* SPDX-License-Identifier: Apache-2.0 */
/* The files that shim_file_data.S carries; see image.h. */
#include "host/sgx/image.h"

extern const uint8_t shim_sgx_start[];
extern const uint8_t shim_sgx_end[];
extern const uint8_t exec_tree_start[];
extern const uint8_t exec_tree_end[];

struct bytes sgx_shim_file(void)
{
    return (struct bytes){.data = shim_sgx_start, .size = (size_t)(shim_sgx_end - shim_sgx_start)};
}

struct bytes sgx_exec_tree(void)
{
    return (struct bytes){.data = exec_tree_start,
                          .size = (size_t)(exec_tree_end - exec_tree_start)};
}
