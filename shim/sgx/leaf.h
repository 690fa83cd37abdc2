/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's SGX leaves that software inside uses, one instruction each.
 * [SDM 3D 38.4] */
#ifndef SHIM_SGX_LEAF_H
#define SHIM_SGX_LEAF_H

#include "include/sgx_arch.h"

static inline uint32_t leaf_accept(const struct sgx_secinfo *secinfo, uint64_t page)
{
    uint64_t rax = SGX_EACCEPT;
    __asm__ volatile("enclu" : "+a"(rax) : "b"(secinfo), "c"(page) : "memory", "cc");
    return (uint32_t)rax;
}

static inline uint32_t leaf_accept_copy(const struct sgx_secinfo *secinfo, uint64_t page,
                                        const void *from)
{
    uint64_t rax = SGX_EACCEPTCOPY;
    __asm__ volatile("enclu" : "+a"(rax) : "b"(secinfo), "c"(page), "d"(from) : "memory", "cc");
    return (uint32_t)rax;
}

static inline void leaf_extend_permission(const struct sgx_secinfo *secinfo, uint64_t page)
{
    uint64_t rax = SGX_EMODPE;
    __asm__ volatile("enclu" : "+a"(rax) : "b"(secinfo), "c"(page) : "memory", "cc");
}

/* `target` and `report` 512-byte aligned, `data` 128-byte aligned. */
static inline void leaf_report(const struct sgx_targetinfo *target, const uint8_t *data,
                               struct sgx_report *report)
{
    uint64_t rax = SGX_EREPORT;
    __asm__ volatile("enclu" : "+a"(rax) : "b"(target), "c"(data), "d"(report) : "memory", "cc");
}

/* `request` 512-byte aligned, `key` 16 bytes, 16-byte aligned. */
static inline uint32_t leaf_key(const struct sgx_keyrequest *request, uint8_t *key)
{
    uint64_t rax = SGX_EGETKEY;
    __asm__ volatile("enclu" : "+a"(rax) : "b"(request), "c"(key) : "memory", "cc");
    return (uint32_t)rax;
}

#endif
