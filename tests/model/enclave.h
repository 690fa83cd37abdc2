/* SPDX-License-Identifier: Apache-2.0 */
/* A tiny enclave, page by page, and what its data page holds. The host of the tests
 * sees it all: the model isolates nothing. */
#ifndef TESTS_MODEL_ENCLAVE_H
#define TESTS_MODEL_ENCLAVE_H

#define ENCLAVE_CODE  0x0000 /* RX */
#define ENCLAVE_DATA  0x1000 /* RW */
#define ENCLAVE_STACK 0x2000 /* RW */
#define ENCLAVE_TCS   0x3000
#define ENCLAVE_TCS2  0x4000
#define ENCLAVE_SSA   0x5000 /* four frames */
#define ENCLAVE_SSA2  0x9000 /* one */
#define ENCLAVE_TOP   0xa000 /* none so far */
#define ENCLAVE_HEAP  0x10000
#define ENCLAVE_SIZE  0x100000
#define ENCLAVE_BASE  0x200000000000

/* What the enclave does, once. */
#define DO_NOTHING       0
#define DO_ENCLU         1 /* with the four registers */
#define DO_READ          2 /* a byte at rcx */
#define DO_WRITE         3 /* a byte at rcx */
#define DO_CALL          4 /* rcx */
#define DO_UD2           5
#define DO_SYSCALL       6
#define DO_CPUID         7
#define DO_DIVIDE        8
#define DO_REGISTERS     9  /* loads them all, UD2, stores them all */
#define DO_SPIN          10 /* counts to rcx in rax */
#define DO_FLAGS         11 /* PUSHF, POPF, PUSHF */
#define DO_BREAK         12 /* INT3 */
#define DO_NON_CANONICAL 13

/* Offsets in the data page. */
#define DATA_EXIT    0
#define DATA_RSP     8
#define DATA_RBP     16
#define DATA_WHAT    24
#define DATA_RAX     32 /* in, and out */
#define DATA_RBX     40
#define DATA_RCX     48
#define DATA_RDX     56
#define DATA_FLAGS   64
#define DATA_SKIP    72 /* the handler adds it to the frame's RIP */
#define DATA_NEST    80 /* times the handler raises #UD itself */
#define DATA_LEAF    88 /* ENCLU of the handler, 0: none */
#define DATA_H_RBX   96
#define DATA_H_RCX   104
#define DATA_H_RDX   112
#define DATA_H_RAX   120
#define DATA_CSSA    128 /* at the last entry */
#define DATA_URSP    136
#define DATA_AVX512  144 /* the processor has it */
#define DATA_FS      152
#define DATA_IN      256  /* 16 registers, RFLAGS */
#define DATA_OUT     512  /* 16 registers, RFLAGS */
#define DATA_YMM_IN  768  /* 512 */
#define DATA_YMM_OUT 1280 /* 512 */
#define DATA_MXCSR   1792
#define DATA_MXCSR2  1796
#define DATA_ZMM     1856 /* 64, ZMM17 */
#define DATA_ZMM2    1920
#define DATA_K       1984
#define DATA_K2      1992
#define DATA_SECINFO 2048 /* 64 */
#define DATA_REQUEST 2560 /* 512 */
#define DATA_REPORT  3072 /* 432 */
#define DATA_OPERAND 3584 /* 128 */

/* Why the enclave leaves, in RDI. */
#define LEFT_DONE    1
#define LEFT_HANDLED 2

#ifndef __ASSEMBLER__
#include <stdint.h>
extern const uint8_t enclave_image[]; /* ENCLAVE_TOP bytes */
extern const uint8_t enclave_ud2[];   /* the instructions, in the image */
extern const uint8_t enclave_syscall[];
extern const uint8_t enclave_cpuid[];
#endif
#endif
