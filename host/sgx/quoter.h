/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes for a keep that the sandbox has cut off: a process beside it, started
 * before, asks Intel's service, which takes one question a connection. It ends with
 * the keep's process. It knows two questions of fixed size, and trusts neither. */
#ifndef HOST_SGX_QUOTER_H
#define HOST_SGX_QUOTER_H

#include "base/attr.h"
#include "include/sgx_arch.h"

/* Starts it where the socket `path` is; elsewhere both questions are -ENOSYS. 0 or -errno. */
must_use int quoter_start(const char *path);

/* As struct sgx_device has them. */
int quoter_target(struct sgx_targetinfo *target);
int quoter_sign(const struct sgx_report *report, uint8_t *quote, size_t *size);

#endif
