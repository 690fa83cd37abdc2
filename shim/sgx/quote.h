/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of an enclave: whom to report to, the report, and the quote that the host
 * has made of it [DCAP-QUOTE 2]. Trusts `report` alone: the host may return anything,
 * so what it returns counts only when it holds this very report's body. */
#ifndef SHIM_SGX_QUOTE_H
#define SHIM_SGX_QUOTE_H

#include "include/port.h"
#include "include/sgx_keep.h"
#include "shim/core/shared.h"

/* EREPORT. */
typedef void quote_report(const struct sgx_targetinfo *target, const uint8_t *report_data,
                          struct sgx_report *report);

/* An evidence_entry, but for the block and EREPORT. -EIO (-5): what the host returned is
 * no target, or no quote of this enclave with that report data. */
int64_t quote_make(struct shared *block, quote_report *report,
                   const uint8_t report_data[REPORT_DATA_BYTES], void *quote, size_t size);

#endif
