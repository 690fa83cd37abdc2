/* SPDX-License-Identifier: Apache-2.0 */
/* What this host says of its machines where others have evidence (include/kvm_keep.h). It
 * proves nothing to anybody. */
#ifndef HOST_KVM_STATEMENT_H
#define HOST_KVM_STATEMENT_H

#include "base/cur.h"

/* The answer to PORT_QUOTE. The keep is hostile: what it asks for is of one size or refused.
 * Its size, -EINVAL, or -EMSGSIZE. */
int64_t kvm_statement_make(struct bytes report_data, uint8_t *out, size_t out_size);

#endif
