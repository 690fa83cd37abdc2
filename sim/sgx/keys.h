/* SPDX-License-Identifier: Apache-2.0 */
/* The model's key hierarchy: what EGETKEY and EREPORT derive, from one secret of
 * this machine [SDM 38.4 EGETKEY, EREPORT; 38.1.3]. Trusts the file of the secret. */
#ifndef SIM_SGX_KEYS_H
#define SIM_SGX_KEYS_H

#include "base/attr.h"
#include "include/sgx_arch.h"

#define MODEL_KEY_SIZE 16u

/* CPUSVN: that of every machine the model stands for. */
extern const uint8_t model_cpu_svn[16];

/* Reads this machine's secret, made first if there is none, from
 * $XDG_STATE_HOME/enarx/sim/. Before any other function here. 0 or -errno. */
must_use int model_keys_open(void);

/* The secret itself, in place of a file's: for tests. */
void model_keys_set(const uint8_t root[static MODEL_KEY_SIZE]);

/* The report key of the enclave that `target` describes. */
void model_report_key(const struct sgx_targetinfo *target, const uint8_t key_id[static 32],
                      uint8_t key[static MODEL_KEY_SIZE]);

/* EREPORT's MAC over a report's body. */
void model_report_mac(const uint8_t key[static MODEL_KEY_SIZE], const struct sgx_report_body *body,
                      uint8_t mac[static 16]);

/* EGETKEY for the enclave of `secs`, every check but those of addresses. SGX_SUCCESS
 * or an enum sgx_error; -EINVAL: #GP. The key is written only on success. */
must_use int model_get_key(const struct sgx_secs *secs, const struct sgx_keyrequest *request,
                           uint8_t key[static MODEL_KEY_SIZE]);

#endif
