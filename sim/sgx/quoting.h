/* SPDX-License-Identifier: Apache-2.0 */
/* The quoting of a machine that the model stands for: its own quoting enclave and
 * the root above it, made on this machine. Trusts its own files. 0 or -errno. */
#ifndef SIM_SGX_QUOTING_H
#define SIM_SGX_QUOTING_H

#include "base/attr.h"
#include "include/sgx_arch.h"

/* Reads, or makes, what signing takes. Called by sgx_device.open. */
must_use int quoting_open(void);

/* The quoting enclave's TARGETINFO: a report is to be made for it. */
must_use int quoting_target(struct sgx_targetinfo *target);

/* Checks the report's MAC, then signs. `size`: room in `quote`, then the quote's. */
must_use int quoting_sign(const struct sgx_report *report, uint8_t *quote, size_t *size);

#endif
