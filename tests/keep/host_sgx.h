/* SPDX-License-Identifier: Apache-2.0 */
/* A host of its own for the SGX keep on the software model: it can lie at every place
 * where the real one (host/sgx/keep.c) is honest. */
#ifndef TESTS_KEEP_HOST_SGX_H
#define TESTS_KEEP_HOST_SGX_H

#include "include/sgx_keep.h"
#include "tests/keep/host.h"

#include <asm/sgx.h>

/* What an attack may look at and change. */
struct sgx_host {
    uint64_t base;
    struct sgx_enclave_run run;
    uint64_t args[3]; /* of the first entry */
    uint32_t leaf;    /* of the next entry */
    unsigned resumes;
    bool deep; /* the next entry is from further down the stack */

    /* the last exit, as it came */
    struct {
        uint64_t rdi, rsi, rdx, rsp, r8, r9;
    } exit;
};
extern struct sgx_host sgx_host;

extern const struct attack sgx_attacks[]; /* ended by a null name */

/* What dirty.S saw of the registers at the last exit: true when there was nothing. */
bool registers_are_clear(void);

/* dirty.S: calls the entry with flags and vector state that no caller may have. */
int dirty_enter(vdso_sgx_enter_enclave_t entry, const uint64_t args[static 3], uint32_t leaf,
                struct sgx_enclave_run *run, uint64_t dirty);

#endif
