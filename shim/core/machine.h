/* SPDX-License-Identifier: Apache-2.0 */
/* What a technology (shim/kvm, shim/sgx) supplies to the core, and the
 * registers that pass between them. Permissions are PROT_ bits: read 1, write 2,
 * execute 4, never write and execute together. Addresses are the keep's own. */
#ifndef SHIM_CORE_MACHINE_H
#define SHIM_CORE_MACHINE_H

#include "base/attr.h"
#include "shim/x86/cpuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096u

#define PROT_R 1u
#define PROT_W 2u
#define PROT_X 4u

/* exec's registers while the shim works. The first 18 words are in the order of
 * GPRSGX [SDM 3D 35.9.1]; entry.S knows the offsets. */
struct frame {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags;
    uint64_t rip;
};

/* Exceptions [SDM 3A 6.3.1]. */
#define VECTOR_DE 0u
#define VECTOR_UD 6u
#define VECTOR_GP 13u
#define VECTOR_PF 14u

/* What the processor says of one. */
struct fault {
    uint32_t vector;
    uint32_t error;   /* #PF, #GP */
    uint64_t address; /* #PF */
};

/* ---- pages: each is absent or present; a present page belongs to the keep ---- */

bool machine_present(uint64_t page);

/* Makes absent pages present and zero. */
void machine_add(uint64_t start, uint64_t end, unsigned prot);

/* Makes an absent page present as a copy of a private readable page. */
void machine_publish(uint64_t page, const void *from, unsigned prot);

/* Changes the permission of the pages present. */
void machine_protect(uint64_t start, uint64_t end, unsigned from, unsigned to);

/* Makes the pages present absent again; what was in them is gone. */
void machine_drop(uint64_t start, uint64_t end);

/* ---- exec's file: the host's ---- */

struct shared;

/* Copies, once, what the host has there into private memory; within one aligned run of 16
 * pages. `exec`: struct start's. */
void machine_read_exec(const struct shared *exec, size_t offset, void *to, size_t size);

/* ---- exec's memory: the shim touches it between these two only, never nested ---- */

void machine_user_begin(void);
void machine_user_end(void);

/* ---- the processor ---- */

/* What exec's CPUID gives. */
struct cpuid machine_cpuid(uint32_t leaf, uint32_t subleaf);

/* ---- the end ---- */

/* The host has attacked, or the shim is wrong: stop without another word. */
enum machine_stop {
    STOP_ENDED,
    STOP_FAULT,
    STOP_FATAL,
    STOP_PAGE,
    STOP_BLOCK,
    STOP_ENTROPY,
    STOP_BUG
};
no_return void machine_stop(enum machine_stop why);

#endif
