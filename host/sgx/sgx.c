/* SPDX-License-Identifier: Apache-2.0 */
/* The sgx backend: a keep in an enclave of this machine's processor. */
#include "host/backend.h"
#include "host/sgx/keep.h"
#include "host/sgx/kernel.h"
#include "host/sgx/probe.h"

static int prepare(struct keep *keep) { return sgx_prepare(&sgx_kernel, keep); }

/* For SGX_KEEP_RESTRICT, SGX_KEEP_TRIM and SGX_KEEP_REMOVE. */
static const uint32_t ioctls[] = {
    SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
    SGX_IOC_ENCLAVE_MODIFY_TYPES,
    SGX_IOC_ENCLAVE_REMOVE_PAGES,
};

extern const struct backend sgx_backend;
const struct backend sgx_backend = {
    .name = "sgx",
    .summary = "an Intel SGX enclave; never run on real hardware yet",
    .confidential = true,
    .selectable = true,
    .technology = TECHNOLOGY_SGX,
    .enclave_memory = sgx_enclave_memory,
    .probe = sgx_probe,
    .prepare = prepare,
    .own_kernel = true,
    .ioctls = ioctls,
    .ioctl_count = ARRAY_COUNT(ioctls),
    .enter = sgx_enter,
};
