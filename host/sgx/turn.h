/* SPDX-License-Identifier: Apache-2.0 */
/* What to do next when an enclave has been left: the rules of include/sgx_keep.h
 * for its host. Pure. Trusts nothing that the enclave says. */
#ifndef HOST_SGX_TURN_H
#define HOST_SGX_TURN_H

#include "include/sgx_keep.h"

#include <stdbool.h>

/* Exceptions [SDM 3A 6.3.1]. */
#define VECTOR_UD 6u
#define VECTOR_PF 14u

/* Where the enclave stands, from one exit to the next. All zero at the start. */
struct sgx_turns {
    unsigned depth;          /* exceptions that are being handled: CSSA */
    uint64_t fault;          /* address of the last page fault */
    unsigned fault_repeated; /* how often in a row, with nothing between */
};

/* How it was left, as the vDSO tells it. */
struct sgx_left {
    uint32_t leaf; /* SGX_EEXIT; else an exception at this leaf */
    uint16_t vector;
    uint64_t address;
    uint64_t reason; /* rdi and rsi at EEXIT */
    uint64_t stop;
};

enum sgx_turn {
    SGX_TURN_SERVE,  /* serve the block, then EENTER */
    SGX_TURN_HANDLE, /* EENTER at the next CSSA */
    SGX_TURN_RESUME, /* ERESUME */
    SGX_TURN_END,    /* never again; `why` says why */
};

enum sgx_turn sgx_turn_take(struct sgx_turns *t, const struct sgx_left *left, const char **why);

#endif
