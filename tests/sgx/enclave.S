/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest enclave that a loader can start: it leaves at once, saying that it
 * has stopped (include/sgx_keep.h). One segment of each kind, and one that its
 * file does not fill. Built with tests/sgx/enclave.ld. */
    .set SGX_EEXIT, 4
    .set EXIT_DEAD, 3
    .set STOP_ENDED, 0

    .section .text, "ax", @progbits
    .globl enter
enter:                          /* rcx: where to leave to */
    mov %rcx, %rbx
    mov $EXIT_DEAD, %edi
    mov $STOP_ENDED, %esi
    mov $SGX_EEXIT, %eax
    .byte 0x0f, 0x01, 0xd7      /* enclu */
    ud2

    .section .rodata, "a", @progbits
    .ascii "an enclave"

    .section .tcs, "a", @progbits
    .quad 0                     /* stage */
    .quad 0                     /* flags */
    .quad ssa                   /* ossa */
    .long 0                     /* cssa */
    .long 4                     /* nssa */
    .quad enter                 /* oentry */
    .quad 0                     /* aep */
    .quad ssa                   /* ofsbase */
    .quad ssa                   /* ogsbase */
    .long 0xfff                 /* fslimit */
    .long 0xfff                 /* gslimit */
    .skip 4024

    .section .ssa, "aw", @nobits
ssa:
    .skip 4 * 4096

    .section .note.GNU-stack, "", @progbits
