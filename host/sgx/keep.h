/* SPDX-License-Identifier: Apache-2.0 */
/* A keep in an SGX enclave: loads the shim and carries it on, over any device. */
#ifndef HOST_SGX_KEEP_H
#define HOST_SGX_KEEP_H

#include "host/keep.h"
#include "host/sgx/device.h"

/* Builds the enclave, signed with keep->signature, and takes over the verbs that
 * serve it. Before the sandbox step. 0, or -errno after saying why. */
must_use int sgx_prepare(const struct sgx_device *device, struct keep *keep);

/* Enters it and serves it until it ends. */
no_return void sgx_enter(struct keep *keep);

#endif
