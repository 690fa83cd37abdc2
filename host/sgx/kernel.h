/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's own SGX, through the Linux driver. Written to its ABI; never run
 * on such a machine yet. Trusts the kernel. */
#ifndef HOST_SGX_KERNEL_H
#define HOST_SGX_KERNEL_H

#include "host/sgx/device.h"

#define SGX_DRIVER "/dev/sgx_enclave"

extern const struct sgx_device sgx_kernel;

/* The vDSO's function that enters enclaves; null where the kernel has none. */
vdso_sgx_enter_enclave_t sgx_kernel_entry(void);

#endif
