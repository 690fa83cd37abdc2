/* SPDX-License-Identifier: Apache-2.0 */
/* In evidence's place: what the host says of this machine, which proves nothing. */
#ifndef SHIM_KVM_STATEMENT_H
#define SHIM_KVM_STATEMENT_H

#include "shim/core/kernel.h"

/* An evidence_entry, of addresses in exec. -EIO (-5): what the host returned is no statement
 * with that report data. */
int64_t statement_make(struct kernel *k, uint64_t report_data, uint64_t to, uint64_t size);

#endif
