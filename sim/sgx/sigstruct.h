/* SPDX-License-Identifier: Apache-2.0 */
/* EINIT's checks of a SIGSTRUCT [SDM 38.3 EINIT, 38.1.6]. Trusts OpenSSL. */
#ifndef SIM_SGX_SIGSTRUCT_H
#define SIM_SGX_SIGSTRUCT_H

#include "base/attr.h"
#include "include/sgx_arch.h"

/* Checks it for the enclave of `secs`, whose measurement is `mrenclave`, and gives
 * its signer. An enum sgx_error. */
must_use int sigstruct_check(const struct sgx_sigstruct *sig, const struct sgx_secs *secs,
                             const uint8_t mrenclave[static 32], uint8_t mrsigner[static 32]);

#endif
