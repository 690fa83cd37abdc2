/* SPDX-License-Identifier: Apache-2.0 */
/* Into the enclave and out of it. In enclave mode FS, GS and the stack are the
 * enclave's, and system calls are dispatched to model_signal. */
#include "sim/sgx/entry.h"

#define FIELD(offset) model_cpu+offset(%rip)
#define RFLAGS_AC     0x40000
#define RFLAGS_FIXED  2
#define USER_CS       0x33
#define USER_SS       0x2b
#define EENTER        2
#define ERESUME       3
#define EEXIT         4
#define EINVAL        22

        .text

/* int model_enter(rdi, rsi, rdx, ecx function, r8, r9, 8(%rsp) run): as the vDSO
 * does it [Linux arch/x86/entry/vdso/vsgx.S]. The frame hangs on RBP, which the
 * enclave gives back. */
        .globl model_enter, model_exit_point, model_aep, model_fault_point
        .globl model_illegal, model_entry_begin, model_entry_end
        .type model_enter, @function
model_enter:
        endbr64
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movl    %ecx, %eax
again:
        cmpl    $EENTER, %eax
        jb      invalid
        cmpl    $ERESUME, %eax
        ja      invalid
        movq    16(%rbp), %rcx
        movl    $RUN_RESERVED, %ebx
1:      cmpq    $0, (%rcx, %rbx)
        jne     invalid
        addl    $8, %ebx
        cmpl    $RUN_SIZE, %ebx
        jne     1b
        movq    RUN_TCS(%rcx), %rbx
        leaq    model_aep(%rip), %rcx

/* ENCLU: EAX leaf, RBX TCS, RCX AEP; all else goes to the enclave as it is. */
model_aep:
        movq    %rax, FIELD(CPU_RAX)
        movq    %rcx, FIELD(CPU_RCX)
        movq    %rdx, FIELD(CPU_RDX)
        movq    %rbx, FIELD(CPU_RBX)
        movq    %rsp, FIELD(CPU_RSP)
        movq    %rbp, FIELD(CPU_RBP)
        movq    %rsi, FIELD(CPU_RSI)
        movq    %rdi, FIELD(CPU_RDI)
        movq    %r8, FIELD(CPU_R8)
        movq    %r9, FIELD(CPU_R9)
        movq    %r10, FIELD(CPU_R10)
        movq    %r11, FIELD(CPU_R11)
        movq    %r12, FIELD(CPU_R12)
        movq    %r13, FIELD(CPU_R13)
        movq    %r14, FIELD(CPU_R14)
        movq    %r15, FIELD(CPU_R15)
        pushfq
        popq    FIELD(CPU_RFLAGS)
        pushq   $RFLAGS_FIXED /* whatever flags the enclave is to get, C gets its own */
        popfq
        movq    %rsp, %r12
        andq    $-16, %rsp
        call    model_enclu
        movq    %r12, %rsp
        testl   %eax, %eax
        jne     refused

        movl    FIELD(CPU_MASK), %eax
        xorl    %edx, %edx
        testl   %eax, %eax
        je      2f
        xrstor64 FIELD(CPU_XSAVE)
2:      movl    FIELD(CPU_OUTSIDE), %eax
        testl   %eax, %eax
        je      3f
        movq    FIELD(CPU_AREA), %rcx
        xrstor64 (%rcx)
3:      pushq   $USER_SS
        pushq   FIELD(CPU_RSP)
        pushq   FIELD(CPU_RFLAGS)
        pushq   $USER_CS
        pushq   FIELD(CPU_RIP)
model_entry_begin:
        movb    $1, FIELD(CPU_INSIDE)
        movq    FIELD(CPU_FS), %rax
        wrfsbase %rax
        movq    FIELD(CPU_GS), %rax
        wrgsbase %rax
        movq    FIELD(CPU_RCX), %rcx
        movq    FIELD(CPU_RDX), %rdx
        movq    FIELD(CPU_RBX), %rbx
        movq    FIELD(CPU_RBP), %rbp
        movq    FIELD(CPU_RSI), %rsi
        movq    FIELD(CPU_RDI), %rdi
        movq    FIELD(CPU_R8), %r8
        movq    FIELD(CPU_R9), %r9
        movq    FIELD(CPU_R10), %r10
        movq    FIELD(CPU_R11), %r11
        movq    FIELD(CPU_R12), %r12
        movq    FIELD(CPU_R13), %r13
        movq    FIELD(CPU_R14), %r14
        movq    FIELD(CPU_R15), %r15
        movq    FIELD(CPU_RAX), %rax
        movb    $SELECTOR_BLOCK, FIELD(CPU_SELECTOR)
        iretq
model_illegal:
        ud2
model_entry_end:

model_exit_point:
        movq    16(%rbp), %rbx
        movl    $EEXIT, RUN_FUNCTION(%rbx)
handle_exit:
        cmpq    $0, RUN_HANDLER(%rbx)
        jne     call_handler
        xorl    %eax, %eax
out:
        cld
        leaq    -40(%rbp), %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

invalid:
        movl    $-EINVAL, %eax
        jmp     out

/* The exception of ENCLU itself: the leaf is in EAX as before. */
refused:
        movl    FIELD(CPU_RAX), %eax
        movq    FIELD(CPU_RDI), %rdi
        movq    FIELD(CPU_RSI), %rsi
        movq    FIELD(CPU_RDX), %rdx
        movq    FIELD(CPU_R8), %r8
        movq    FIELD(CPU_R9), %r9

/* The kernel's fix-up: RDI vector, RSI error code, RDX address; EAX is the leaf that
 * would run next: after an AEX, ERESUME. */
model_fault_point:
        movq    16(%rbp), %rbx
        movl    %eax, RUN_FUNCTION(%rbx)
        movw    %di, RUN_VECTOR(%rbx)
        movw    %si, RUN_ERROR(%rbx)
        movq    %rdx, RUN_ADDRESS(%rbx)
        jmp     handle_exit

/* handler(rdi, rsi, rdx, rsp, r8, r9, run), on the stack as the enclave left it. */
call_handler:
        movq    %rsp, %rcx
        movq    %rbx, %rax
        movq    %rsp, %rbx
        andl    $15, %ebx
        andq    $-16, %rsp
        pushq   %rax
        pushq   %rax
        cld
        movq    RUN_HANDLER(%rax), %rax
        call    *%rax
        leaq    16(%rsp, %rbx), %rsp
        testl   %eax, %eax
        jle     out
        jmp     again
        .size model_enter, . - model_enter

/* void model_signal(rdi sig, rsi info, rdx context), from the kernel, on the
 * alternate stack, every signal masked. FS may be the enclave's: no C before that
 * is put right, and no system call before the selector is. */
        .globl model_signal
        .type model_signal, @function
model_signal:
        endbr64
        cmpb    $0, FIELD(CPU_INSIDE)
        je      4f
        rdfsbase %rax
        movq    %rax, FIELD(CPU_SAVED_FS)
        rdgsbase %rax
        movq    %rax, FIELD(CPU_SAVED_GS)
        movq    FIELD(CPU_HOST_FS), %rax
        wrfsbase %rax
        movq    FIELD(CPU_HOST_GS), %rax
        wrgsbase %rax
        movb    $SELECTOR_ALLOW, FIELD(CPU_SELECTOR)
4:      pushfq
        andl    $~RFLAGS_AC, (%rsp)
        popfq
        subq    $8, %rsp
        call    model_trap
        addq    $8, %rsp
        testl   %eax, %eax
        je      5f
        movq    FIELD(CPU_SAVED_FS), %rax
        wrfsbase %rax
        movq    FIELD(CPU_SAVED_GS), %rax
        wrgsbase %rax
        movb    $SELECTOR_BLOCK, FIELD(CPU_SELECTOR)
        ret
5:      leaq    -STACK_WIPED(%rsp), %rdi
        movl    $STACK_WIPED, %ecx
        xorl    %eax, %eax
        rep stosb
        ret
        .size model_signal, . - model_signal

/* Alone on its page, from which system calls are never dispatched: else this one
 * would be, for ever. */
        .section .text.model_restorer, "ax", @progbits
        .globl model_restorer
        .p2align 12
model_restorer:
        movl    $15, %eax /* rt_sigreturn */
        syscall
        .p2align 12

        .section .note.GNU-stack, "", @progbits
