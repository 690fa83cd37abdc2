/* SPDX-License-Identifier: Apache-2.0 */
/* What SGX needs of a machine, for `enarx platform info`. Trusts what the processor
 * and the kernel say of themselves: it only spares a user a keep that cannot start. */
#ifndef HOST_SGX_PROBE_H
#define HOST_SGX_PROBE_H

#include "base/attr.h"
#include "host/backend.h"

struct sgx_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* Where the processor's answers come from. */
typedef struct sgx_cpuid sgx_cpuid_read(uint32_t leaf, uint32_t subleaf);

/* The processor's part alone: a row for each thing. Returns their number. */
size_t sgx_probe_cpu(sgx_cpuid_read *cpuid, struct probe *rows);

/* All of it: at most PROBE_MAX rows. */
size_t sgx_probe(struct probe *rows);

#endif
