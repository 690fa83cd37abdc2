/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that the modelled processor derives [SDM 38.17]. */
#ifndef SIM_SGX_KEYS_H
#define SIM_SGX_KEYS_H

#include "include/sgx_arch.h"

/* The key that authenticates reports to the enclave described by `target`. */
void model_report_key(const struct sgx_targetinfo *target, const uint8_t key_id[32],
                      uint8_t key[16]);

#endif
