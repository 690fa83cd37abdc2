/* SPDX-License-Identifier: Apache-2.0 */
/* See guest_register.c. System V functions: callee-saved registers are kept. */

    .set MXCSR, 0x7fa0              /* round toward zero, a flag set */
    .set CONTROL, 0x0e7f            /* x87: round toward zero */
    .set FLAGS, 0x8d5               /* carry, parity, adjust, zero, sign, overflow */
    .set COMPARED, 0xcd5

    .section .rodata
    .balign 8
mxcsr: .long MXCSR
control: .word CONTROL

    .bss
    .balign 32
vectors:
    .skip 16*32
    .balign 8
old_mxcsr: .long 0
old_control: .word 0
    .balign 8
rsp_kept: .quad 0
scratch: .quad 0

    .text
/* Patterns in every register but rax, rdi, rsi, rdx, rcx, r11, rsp. */
    .macro fill
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    stmxcsr old_mxcsr(%rip)
    fnstcw old_control(%rip)
    ldmxcsr mxcsr(%rip)
    fldcw control(%rip)
    mov %rsp, rsp_kept(%rip)
    mov $0xb1b1b1b1b1b1b1b1, %rbx
    mov $0xb2b2b2b2b2b2b2b2, %rbp
    mov $0x0808080808080808, %r8
    mov $0x0909090909090909, %r9
    mov $0x1010101010101010, %r10
    mov $0x1212121212121212, %r12
    mov $0x1313131313131313, %r13
    mov $0x1414141414141414, %r14
    mov $0x1515151515151515, %r15
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovq %rbx, %xmm\n
    vpbroadcastq %xmm\n, %ymm\n
    vpaddq %ymm\n, %ymm\n, %ymm\n
    .endr
    pushq $FLAGS
    popfq
    .endm

    .macro same register, value, bit
    mov $\value, %rcx
    cmp %rcx, \register
    je 9f
    or $\bit, %eax
9:
    .endm

/* eax: what differs. */
    .macro compare
    pushfq
    pop %rdx
    xor %eax, %eax
    cmp rsp_kept(%rip), %rsp
    je 8f
    or $1, %eax
8:  and $COMPARED, %edx
    cmp $FLAGS & COMPARED, %edx
    je 8f
    or $8, %eax
8:  same %rbx, 0xb1b1b1b1b1b1b1b1, 1
    same %rbp, 0xb2b2b2b2b2b2b2b2, 1
    same %r8, 0x0808080808080808, 1
    same %r9, 0x0909090909090909, 1
    same %r10, 0x1010101010101010, 1
    same %r12, 0x1212121212121212, 1
    same %r13, 0x1313131313131313, 1
    same %r14, 0x1414141414141414, 1
    same %r15, 0x1515151515151515, 1
    vmovq %rbx, %xmm0
    vpbroadcastq %xmm0, %ymm0
    vpaddq %ymm0, %ymm0, %ymm0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vpxor %ymm\n, %ymm0, %ymm\n
    vptest %ymm\n, %ymm\n
    jz 7f
    or $2, %eax
7:
    .endr
    stmxcsr scratch(%rip)
    cmpl $MXCSR, scratch(%rip)
    je 8f
    or $4, %eax
8:  fnstcw scratch(%rip)
    cmpw $CONTROL, scratch(%rip)
    je 8f
    or $4, %eax
8:  ldmxcsr old_mxcsr(%rip)
    fldcw old_control(%rip)
    vzeroupper
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .endm

    .globl probe_syscall
probe_syscall:
    fill
    mov %rdi, %rax
    mov %rsi, %rdi
    xor %esi, %esi
    xor %edx, %edx
    pushq $FLAGS
    popfq
    syscall
    compare

    .globl probe_touch
probe_touch:
    fill
    movb (%rdi), %al
    compare

    .globl probe_initial
probe_initial:
    xor %eax, %eax
    stmxcsr scratch(%rip)
    cmpl $0x1f80, scratch(%rip)
    je 1f
    or $4, %eax
1:  fnstcw scratch(%rip)
    cmpw $0x037f, scratch(%rip)
    je 1f
    or $4, %eax
1:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vptest %ymm\n, %ymm\n
    jz 2f
    or $2, %eax
2:
    .endr
    ret

    .section .note.GNU-stack, "", @progbits
