/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the host; see statement.h. What it returns counts only with the report data of this
 * very call: the rest is the host's word. */
#include "shim/kvm/statement.h"

#include "include/kvm_keep.h"
#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/port.h"
#include "shim/core/string.h"

static bool is_about(const struct kvm_statement *s, const uint8_t *report_data)
{
    return CHECK(statement_form, memcmp(s->magic, KVM_STATEMENT_MAGIC, sizeof(s->magic)) == 0 &&
                                     s->version == KVM_STATEMENT_VERSION && s->zero == 0) &&
           CHECK(statement_data, memcmp(s->report_data, report_data, sizeof(s->report_data)) == 0);
}

int64_t statement_make(struct kernel *k, uint64_t report_data, uint64_t to, uint64_t size)
{
    uint8_t data[REPORT_DATA_BYTES];
    struct kvm_statement s = {.zero = 0};
    const struct port_call call = {
        .verb = PORT_QUOTE,
        .in = data,
        .in_size = sizeof(data),
        .out = &s,
        .out_size = sizeof(s),
    };
    if (user_read(k, report_data, data, sizeof(data)) < 0)
        return -EFAULT;
    if (size < sizeof(s))
        return -EINVAL;
    const int64_t result = port_carry(k->block, &call);
    if (result < 0)
        return result;
    if (!CHECK(statement_size, result == sizeof(s)) || !is_about(&s, data))
        return -EIO;
    return user_write(k, to, &s, sizeof(s)) < 0 ? -EFAULT : (int64_t)sizeof(s);
}
