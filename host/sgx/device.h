/* SPDX-License-Identifier: Apache-2.0 */
/* What carries out the SGX leaves for a loader: the kernel's driver on a machine
 * with SGX, or a model of the processor. The operations are those of the driver
 * [Linux asm/sgx.h, Documentation/arch/x86/sgx.rst]; offsets and sizes are whole
 * pages within the enclave. One enclave a process. 0 or -errno where an int
 * returns. A device trusts its caller, and nothing that the enclave wrote. */
#ifndef HOST_SGX_DEVICE_H
#define HOST_SGX_DEVICE_H

#include "host/backend.h"
#include "include/sgx_arch.h"

#include <asm/sgx.h>
#include <stdbool.h>

/* Most bytes of a quote. */
#define SGX_QUOTE_MAX (64u * 1024u)

struct sgx_device {
    const char *name;

    /* Opens what the sandbox would forbid later: before it is entered. */
    int (*open)(void);

    /* Reserves the addresses from secs->base on, but for the lowest SGX_KEEP_IMAGE bytes
     * where that is 0, and ECREATEs. -EEXIST: something is there already. */
    int (*create)(struct sgx_secs *secs);

    /* EADD and EEXTEND of pages copied from `from`; flags as in SECINFO. */
    int (*add)(uint64_t offset, const void *from, uint64_t size, uint64_t flags);

    /* EINIT, then maps the whole enclave: what was added with its permissions, all
     * else so that first touches are served with EAUG. -EPERM: EINIT refused it;
     * -EACCES: it may not be mapped executable. */
    int (*init)(const struct sgx_sigstruct *sigstruct);

    /* EMODPR, EMODT to PT_TRIM, EREMOVE. */
    int (*restrict_permissions)(uint64_t offset, uint64_t size, uint64_t permissions);
    int (*trim)(uint64_t offset, uint64_t size);
    int (*remove)(uint64_t offset, uint64_t size);

    /* As __vdso_sgx_enter_enclave: leaf SGX_EENTER or SGX_ERESUME; calls
     * run->user_handler with the registers of an exit. */
    vdso_sgx_enter_enclave_t (*entry)(void);

    /* COUNTERS_MODEL as they stand; null: this device does not count. */
    void (*counters)(uint64_t *values);

    /* Quoting, opened by `open`. -ENOSYS: no quoting here. */
    int (*quote_target)(struct sgx_targetinfo *target);
    int (*quote_sign)(const struct sgx_report *report, uint8_t *quote, size_t *size);
};

#endif
