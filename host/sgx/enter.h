/* SPDX-License-Identifier: Apache-2.0 */
/* One entry into an enclave and the exit from it, callable from C: what the psABI
 * says a function preserves is as before, whatever the enclave did to it. */
#ifndef HOST_SGX_ENTER_H
#define HOST_SGX_ENTER_H

#include "include/sgx_keep.h"

#include <asm/sgx.h>

struct sgx_entry {
    uint64_t rdi, rsi, rdx; /* of the entry */
    uint64_t leaf;          /* SGX_EENTER or SGX_ERESUME */
    uint64_t exit_rdi;      /* of the exit, EEXIT or exception */
    uint64_t exit_rsi;
    struct sgx_enclave_run *run;
};

/* run->tcs is set; run->function tells how the enclave was left. 0, or what the
 * vDSO function returns when it does not enter. */
int sgx_enter_once(vdso_sgx_enter_enclave_t enter, struct sgx_entry *entry);

/* What run->user_handler is set to; run->user_data is the entry. */
void sgx_exit_handler(void);

#endif
