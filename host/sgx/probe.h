/* SPDX-License-Identifier: Apache-2.0 */
/* What SGX needs of a machine, for `enarx platform info`. Trusts what the processor
 * and the kernel say of themselves: it only spares a user a keep that cannot start. */
#ifndef HOST_SGX_PROBE_H
#define HOST_SGX_PROBE_H

#include "host/backend.h"

struct sgx_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* The processor's part alone, from its answers to CPUID: a row for each thing. Returns
 * their number. */
size_t sgx_probe_cpu(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf),
                     struct probe *rows);

/* Bytes of enclave memory in all its sections; 0 without SGX. */
uint64_t sgx_epc_size(struct sgx_cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf));

/* That of this processor. */
uint64_t sgx_enclave_memory(void);

/* All of it: at most PROBE_MAX rows. */
size_t sgx_probe(struct probe *rows);

#endif
