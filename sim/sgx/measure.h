/* SPDX-License-Identifier: Apache-2.0 */
/* MRENCLAVE as the processor builds it, a record of 64 bytes at a time [SDM 38.3
 * ECREATE, EADD, EEXTEND]. */
#ifndef SIM_SGX_MEASURE_H
#define SIM_SGX_MEASURE_H

#include "include/sgx_arch.h"

#include <openssl/sha.h>

#define MEASURE_PART 256u

struct measure {
    SHA256_CTX ctx;
};

void measure_create(struct measure *m, const struct sgx_secs *secs);
void measure_add(struct measure *m, uint64_t offset, const struct sgx_secinfo *secinfo);
void measure_extend(struct measure *m, uint64_t offset, const uint8_t part[static MEASURE_PART]);

/* Of what is measured so far; the measurement may go on. */
void measure_final(const struct measure *m, uint8_t mrenclave[static 32]);

#endif
