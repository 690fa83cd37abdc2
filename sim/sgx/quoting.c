/* SPDX-License-Identifier: Apache-2.0 */
/* No quoting here; see quoting.h. */
#include "sim/sgx/quoting.h"

#include <errno.h>

int quoting_open(void) { return 0; }

int quoting_target(struct sgx_targetinfo *target)
{
    (void)target;
    return -ENOSYS;
}

int quoting_sign(const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    (void)report;
    (void)quote;
    (void)size;
    return -ENOSYS;
}
