/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the SGX shim is: one enclave, one thread control structure, one
 * exec. What runs when:
 *
 *     exec      at CSSA 0, on its own stack
 *     shim      at CSSA 0, on the shim's stack: system calls, faults, port calls
 *     handler   at CSSA 1, on a stack of its own: takes an exception's registers,
 *               sends exec's thread to the shim, and leaves for ERESUME
 *
 * The state says which entries are in order; any other stops the keep. */
#ifndef SHIM_SGX_SGX_H
#define SHIM_SGX_SGX_H

/* Words of entry.S and C alike. */
#define STATE_NEW  0 /* an entry at CSSA 0 starts it */
#define STATE_EXEC 1 /* an entry at CSSA 1 brings an exception of exec's */
#define STATE_SHIM 2 /* none */
#define STATE_PORT 3 /* an entry at CSSA 0 brings the host's answer */
#define STATE_DEAD 4 /* none ever */

#define SHIM_STACK_SIZE    12288
#define HANDLER_STACK_SIZE 2048

#ifndef __ASSEMBLER__

#include "include/sgx_keep.h"
#include "shim/core/kernel.h"

extern uint32_t sgx_state;

/* exec's registers while the shim works for it. */
extern struct frame sgx_frame;

/* The thread's frames for the processor's use, one page each. */
struct sgx_ssa {
    uint8_t xsave[SGX_PAGE - sizeof(struct sgx_exinfo) - sizeof(struct sgx_gpr)];
    struct sgx_exinfo exinfo;
    struct sgx_gpr gpr;
};
_Static_assert(sizeof(struct sgx_ssa) == SGX_PAGE, "SSA frame of one page");
extern struct sgx_ssa sgx_ssa[SGX_KEEP_NSSA];

/* Where the enclave and the measured image begin. */
extern const uint8_t sgx_base[];
extern const uint8_t sgx_image[];

extern const uint8_t sgx_dispatch[];  /* entry.S: where a redirected thread goes on */
extern const uint8_t sgx_port_gate[]; /* entry.S: what exec calls */
extern const uint8_t sgx_evidence_gate[];
extern const uint8_t sgx_clock_gate[];

/* entry.S: leaves for good. */
no_return void sgx_leave_dead(enum sgx_keep_stop why);

/* Called by entry.S, each on the stack that the state says. */
void sgx_start(uint64_t block, uint64_t exec, uint64_t nodes);
void sgx_exception(void);
void sgx_serve(void);
int64_t sgx_port(const struct port_call *call);
int64_t sgx_evidence(const uint8_t *data, void *evidence, size_t size);
uint64_t sgx_clock(uint64_t clock);

/* True when it lies in the enclave, in whole or in part, or wraps. */
bool sgx_touches_enclave(uint64_t address, uint64_t size);

/* A key that only this enclave on this processor gets. 32 bytes. */
void sgx_seal_key(uint8_t key[static 32]);

/* Stops the keep unless the enclave is what its shim was made for. */
void sgx_check_self(void);

no_return void sgx_stop(enum sgx_keep_stop why);

extern struct kernel sgx_kernel;

#endif
#endif
