/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation's quoting enclave: turns reports of the modelled processor into
 * quotes of Intel's format, version 3 [DCAP-QUOTE A.4], under the authority of
 * this user on this machine. Whoever trusts its root trusts that user with
 * everything: nothing here is confidential. */
#ifndef SIM_SGX_QUOTING_H
#define SIM_SGX_QUOTING_H

#include "base/attr.h"
#include "host/backend.h"
#include "include/sgx_arch.h"

/* Reads what signing takes, and makes an attestation key for this process. Needs
 * files and the environment: before the sandbox step. The modelled processor's keys
 * have to be open by the first signature. 0, or -errno with `fault` filled. */
must_use int quoting_open(struct fault *fault);
void quoting_close(void);

/* Whom reports have to be made for. 0, or -ENOSYS when not open. */
must_use int quoting_target(struct sgx_targetinfo *target);

/* A quote of `report`; *size is the room at `quote`, then what it took. 0, -ENOSYS
 * when not open, -EACCES for a report that this processor did not make for that
 * target, -ENOSPC, or -ENOMEM. */
must_use int quoting_sign(const struct sgx_report *report, uint8_t *quote, size_t *size);

/* A backend's `collateral`. */
must_use int quoting_collateral(collateral_put *put, void *context, struct fault *fault);

#endif
