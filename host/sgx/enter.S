/* SPDX-License-Identifier: Apache-2.0 */
/* Register contracts; see enter.h for the structure:
 *   sgx_enter_once    a System V call: rdi = vDSO function, rsi = entry; eax out.
 *                     Callee-saved registers, flags, MXCSR and the x87 control
 *                     word are as before, the x87 stack is empty. Relies on rsp
 *                     alone, which an exit has to leave as it was.
 *   sgx_exit_handler  called by the vDSO with rdi and rsi of the exit and the run
 *                     on the stack; keeps both registers and returns 0, so that
 *                     the vDSO function does the same. */

    .set ENTRY_RDI, 0
    .set ENTRY_RSI, 8
    .set ENTRY_RDX, 16
    .set ENTRY_LEAF, 24
    .set EXIT_RDI, 32
    .set EXIT_RSI, 40
    .set ENTRY_RUN, 48
    .set RUN_USER_DATA, 32

    .text

    .globl sgx_enter_once
    .hidden sgx_enter_once
    .type sgx_enter_once, @function
sgx_enter_once:
    endbr64
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    pushfq
    sub $16, %rsp               /* 0 run, 8 MXCSR, 12 x87 control word; rsp is aligned */
    stmxcsr 8(%rsp)
    fnstcw 12(%rsp)
    mov %rdi, %rax
    mov %rsi, %r10
    mov ENTRY_RUN(%r10), %r11
    mov %r11, (%rsp)            /* the seventh argument */
    mov ENTRY_RDI(%r10), %rdi
    mov ENTRY_RSI(%r10), %rsi
    mov ENTRY_RDX(%r10), %rdx
    mov ENTRY_LEAF(%r10), %ecx
    xor %r8d, %r8d
    xor %r9d, %r9d
    call *%rax
    fninit
    fldcw 12(%rsp)
    ldmxcsr 8(%rsp)
    add $16, %rsp
    popfq
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret

    .globl sgx_exit_handler
    .hidden sgx_exit_handler
    .type sgx_exit_handler, @function
sgx_exit_handler:
    endbr64
    mov 8(%rsp), %rax
    mov RUN_USER_DATA(%rax), %rax
    mov %rdi, EXIT_RDI(%rax)
    mov %rsi, EXIT_RSI(%rax)
    xor %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
