/* SPDX-License-Identifier: Apache-2.0 */
/* Between the SGX shim (shim/sgx) and its loader (host/sgx): the enclave's shape,
 * and the registers of an entry and an exit. Neither side trusts the other.
 *
 * The enclave, by address. It begins at 0: what lies outside is the host's to fill, and
 * an access through a null pointer, which exec's engine makes to find that it is one,
 * must find nothing.
 *
 *     0            nothing, ever
 *     1 MiB        shim: text, constants, data; TCS; SSA frames     measured, EADD
 *     8 MiB        the shim's tables                                as they grow
 *     16 MiB       exec, its segments as linked, then its heap      on first touch
 *     256 MiB      exec's memory: stack and all that it maps        on first touch
 *     64 GiB       the end
 *
 * The shim's image is an ELF file (build/shim-sgx) whose PT_LOAD segments are
 * page-aligned, in order, with p_vaddr as the address; PF_R, PF_W and PF_X are the
 * pages' permissions, and a segment with SGX_PF_TCS is made of TCS pages. All of
 * it is measured, in file order, page by page: EADD, then EEXTEND of its 16 parts. */
#ifndef SGX_KEEP_H
#define SGX_KEEP_H

#include "include/keep_stop.h"
#include "include/sgx_arch.h"

#define SGX_KEEP_BASE       0ull
#define SGX_KEEP_SIZE       (1ull << 36) /* the most that client parts offer */
#define SGX_KEEP_IMAGE      (1ull << 20) /* above what kernels let no process map */
#define SGX_KEEP_TABLES     (8ull << 20)
#define SGX_KEEP_EXEC       (16ull << 20)
#define SGX_KEEP_ARENA      (256ull << 20)
#define SGX_KEEP_SSA_PAGES  1u
#define SGX_KEEP_NSSA       4u
#define SGX_KEEP_MISCSELECT SGX_MISC_EXINFO
#define SGX_KEEP_ATTRIBUTES SGX_ATTR_MODE64BIT
#define SGX_KEEP_XFRM       (SGX_XFRM_X87 | SGX_XFRM_SSE | SGX_XFRM_AVX)
#define SGX_KEEP_PROD_ID    0u
#define SGX_KEEP_SVN        1u

/* ELF p_flags: a segment of TCS pages (an OS-specific bit). */
#define SGX_PF_TCS 0x00100000u

/* First entry, at CSSA 0: rdi block, rsi exec's file, rdx the tree's nodes (tree.h),
 * all outside the enclave and page-aligned; sizes are the shim's own. Every later
 * entry at CSSA 0 is the return of a port call and takes no argument. An entry at
 * CSSA 1 hands the exception that caused the exit to the shim: it takes none either.
 *
 * An exit leaves its reason in rdi, nothing else; rsp and rbp are as at the entry. */
enum sgx_keep_exit {
    SGX_KEEP_EXIT_PORT = 1,   /* serve the block, then EENTER */
    SGX_KEEP_EXIT_RESUME = 2, /* the exception has been taken: ERESUME */
    SGX_KEEP_EXIT_DEAD = 3,   /* the keep has stopped; rsi: why, a line of SGX_KEEP_STOPS */
};

/* X(NAME, text): why a keep stops of itself. */
#define SGX_KEEP_STOPS(X)                                                                    \
    X(ENDED, "the host entered it after its end")                                            \
    X(ENTRY, "the host entered it out of turn, or had no enclave memory (EPC) left for it")  \
    X(EXCEPTION, "the host claimed an exception that did not happen")                        \
    KEEP_STOPS(X)                                                                            \
    X(MEMORY, "the host did not change a page as it was asked to")                           \
    X(CPU, "the processor or the enclave's signature is not as a keep needs it: see 'enarx " \
           "platform info' and 'enarx measure'")

#define SGX_KEEP_STOP_NAME(name, text) SGX_KEEP_STOP_##name,
enum sgx_keep_stop { SGX_KEEP_STOPS(SGX_KEEP_STOP_NAME) SGX_KEEP_STOP_COUNT };
#undef SGX_KEEP_STOP_NAME

/* PORT_MEMORY: arg 0 operation, 1 address, 2 pages, 3 permissions (SGX_R...). The
 * shim checks each page with EACCEPT: the result itself is worth nothing. */
enum sgx_keep_memory {
    SGX_KEEP_RESTRICT = 1, /* EMODPR to arg 3 */
    SGX_KEEP_TRIM = 2,     /* EMODT to PT_TRIM */
    SGX_KEEP_REMOVE = 3,   /* EREMOVE of pages trimmed and accepted */
};

/* PORT_QUOTE: arg 0 operation. */
enum sgx_keep_quote {
    SGX_KEEP_QUOTE_TARGET = 1, /* output: TARGETINFO of the quoting enclave */
    SGX_KEEP_QUOTE_SIGN = 2,   /* input: REPORT; output: the quote */
};

#endif
