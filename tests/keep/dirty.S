/* SPDX-License-Identifier: Apache-2.0 */
/* int dirty_enter(rdi entry, rsi args, edx leaf, rcx run, r8 dirty): a System V call.
 * With `dirty` the entry is called with the direction and alignment flags set, an
 * MXCSR and an x87 control word of its own, and patterns in all vector registers and
 * in every general register that carries nothing. */

    .section .rodata
    .balign 8
mxcsr:
    .long 0xffc0                        /* toward zero, denormals are zero, flush to zero */
control:
    .word 0x0c00 | 0x7f                 /* toward zero, single precision */

    .text
    .globl dirty_enter
    .type dirty_enter, @function
dirty_enter:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $24, %rsp
    stmxcsr 8(%rsp)
    fnstcw 12(%rsp)
    mov %rdi, %rax
    mov %rsi, %r10
    mov %rcx, (%rsp)
    mov %edx, %ecx
    mov 0(%r10), %rdi
    mov 8(%r10), %rsi
    mov 16(%r10), %rdx
    mov %r8, %r11
    xor %r8d, %r8d
    xor %r9d, %r9d
    test %r11, %r11
    jz 1f
    ldmxcsr mxcsr(%rip)
    fldcw control(%rip)
    fldpi
    mov $0xd1d1d1d1d1d1d1d1, %r8
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovq %r8, %xmm\n
    vpbroadcastq %xmm\n, %ymm\n
    .endr
    mov %r8, %r9
    mov %r8, %r12
    mov %r8, %r13
    mov %r8, %r14
    mov %r8, %r15
    mov %r8, %rbx
    mov %r8, %rbp
    pushfq
    orl $0x40400, (%rsp)                /* AC, DF */
    popfq
    /* seen at the last moment */
    stmxcsr entry_mxcsr(%rip)
    vmovdqu %ymm15, entry_vector(%rip)
    pushfq
    popq entry_flags(%rip)
1:  call *%rax
    push %rax
    pushfq
    andl $~0x40400, (%rsp)
    popfq
    pop %rax
    fninit
    fldcw 12(%rsp)
    ldmxcsr 8(%rsp)
    add $24, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

/* The user handler of __vdso_sgx_enter_enclave: keeps what it finds, then C. */
    .bss
    .balign 64
    .globl entry_vector
entry_vector:
    .skip 32
    .globl entry_flags
entry_flags:
    .skip 8
    .globl entry_mxcsr
entry_mxcsr:
    .skip 4
    .balign 64
    .globl exit_vectors
exit_vectors:
    .skip 832
    .globl exit_registers
exit_registers:
    .skip 48

    .text
    .globl keep_exit
    .type keep_exit, @function
keep_exit:
    mov %r10, exit_registers+0(%rip)
    mov %r11, exit_registers+8(%rip)
    mov %r12, exit_registers+16(%rip)
    mov %r13, exit_registers+24(%rip)
    mov %r14, exit_registers+32(%rip)
    mov %r15, exit_registers+40(%rip)
    push %rdx
    mov $7, %eax
    xor %edx, %edx
    xsave64 exit_vectors(%rip)
    pop %rdx
    jmp keep_exit_c

    .section .note.GNU-stack, "", @progbits
