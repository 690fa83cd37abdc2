/* SPDX-License-Identifier: Apache-2.0 */
/* Statements; see statement.h. Trusts the build for the digest. */
#include "host/kvm/statement.h"

#include "include/kvm_keep.h"

#include <errno.h>
#include <string.h>

extern const uint8_t shim_kvm_digest[32]; /* shim_file_data.S */

int64_t kvm_statement_make(struct bytes report_data, uint8_t *out, size_t out_size)
{
    struct kvm_statement s = {.version = KVM_STATEMENT_VERSION};
    if (report_data.size != sizeof(s.report_data))
        return -EINVAL;
    if (out_size < sizeof(s))
        return -EMSGSIZE;
    memcpy(s.magic, KVM_STATEMENT_MAGIC, sizeof(s.magic));
    memcpy(s.measurement, shim_kvm_digest, sizeof(s.measurement));
    memcpy(s.report_data, report_data.data, report_data.size);
    memcpy(out, &s, sizeof(s));
    return sizeof(s);
}
