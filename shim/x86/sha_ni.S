/* SPDX-License-Identifier: Apache-2.0 */
/* Register contract: sha_ni_blocks, a System V call: rdi state, rsi data, rdx
 * count, at least 1. xmm0 to xmm10 are on the stack meanwhile, so that whoever
 * was interrupted finds them as they were; upper halves are not touched.
 * [SDM 2B SHA256RNDS2, SHA256MSG1, SHA256MSG2] */

    .set SAVED, 176             /* bytes of xmm0 to xmm10 */

    .section .rodata
    .balign 16
to_big_endian:
    .quad 0x0405060700010203, 0x0c0d0e0f08090a0b

/* Four rounds on schedule words \w, constants at \i. ABEF in xmm1, CDGH in xmm2. */
    .macro rounds i, w
    movdqa (\i)*16(%rax), %xmm0
    paddd \w, %xmm0
    sha256rnds2 %xmm1, %xmm2
    pshufd $0x0e, %xmm0, %xmm0
    sha256rnds2 %xmm2, %xmm1
    .endm

    .macro load i, w
    movdqu (\i)*16(%rsi), \w
    pshufb %xmm8, \w
    rounds \i, \w
    .endm

/* The next four words in place of those 16 back: w0 oldest, w3 newest. */
    .macro extend i, w0, w1, w2, w3
    movdqa \w3, %xmm7
    palignr $4, \w2, %xmm7
    sha256msg1 \w1, \w0
    paddd %xmm7, \w0
    sha256msg2 \w3, \w0
    rounds \i, \w0
    .endm

    .macro extend4 i
    extend \i, %xmm3, %xmm4, %xmm5, %xmm6
    extend \i+1, %xmm4, %xmm5, %xmm6, %xmm3
    extend \i+2, %xmm5, %xmm6, %xmm3, %xmm4
    extend \i+3, %xmm6, %xmm3, %xmm4, %xmm5
    .endm

    .text
    .globl sha_ni_blocks
    .hidden sha_ni_blocks
    .type sha_ni_blocks, @function
sha_ni_blocks:
    sub $SAVED, %rsp
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    movups %xmm\n, \n*16(%rsp)
    .endr
    lea sha256_constants(%rip), %rax
    movdqa to_big_endian(%rip), %xmm8
    movdqu (%rdi), %xmm1            /* a b c d, low to high */
    movdqu 16(%rdi), %xmm2          /* e f g h */
    pshufd $0xb1, %xmm1, %xmm1
    pshufd $0x1b, %xmm2, %xmm2
    movdqa %xmm1, %xmm7
    palignr $8, %xmm2, %xmm1        /* ABEF */
    pblendw $0xf0, %xmm7, %xmm2     /* CDGH */

1:  movdqa %xmm1, %xmm9
    movdqa %xmm2, %xmm10
    load 0, %xmm3
    load 1, %xmm4
    load 2, %xmm5
    load 3, %xmm6
    extend4 4
    extend4 8
    extend4 12
    paddd %xmm9, %xmm1
    paddd %xmm10, %xmm2
    add $64, %rsi
    dec %rdx
    jnz 1b

    pshufd $0x1b, %xmm1, %xmm1
    pshufd $0xb1, %xmm2, %xmm2
    movdqa %xmm1, %xmm7
    pblendw $0xf0, %xmm2, %xmm1
    palignr $8, %xmm7, %xmm2
    movdqu %xmm1, (%rdi)
    movdqu %xmm2, 16(%rdi)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    movups \n*16(%rsp), %xmm\n
    .endr
    add $SAVED, %rsp
    ret

    .section .note.GNU-stack, "", @progbits
