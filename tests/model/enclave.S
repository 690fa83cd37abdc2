/* SPDX-License-Identifier: Apache-2.0 */
/* See enclave.h. RCX at entry is the way out; RSP and RBP are given back. */
#include "tests/model/enclave.h"

#define DATA(offset) data+offset(%rip)
#define EEXIT 4

        .section .rodata.enclave, "a", @progbits
        .globl enclave_image, enclave_ud2, enclave_syscall, enclave_cpuid
        .p2align 12
enclave_image:
        movq    %rax, DATA(DATA_CSSA)
        movq    %rcx, DATA(DATA_EXIT)
        movq    %rsp, DATA(DATA_URSP)
        testl   %eax, %eax
        jne     handler
        movq    %rsp, DATA(DATA_RSP)
        movq    %rbp, DATA(DATA_RBP)
        leaq    tcs(%rip), %rsp
        rdfsbase %rax
        movq    %rax, DATA(DATA_FS)
        movl    DATA(DATA_WHAT), %r8d
        movq    DATA(DATA_RAX), %rax
        movq    DATA(DATA_RBX), %rbx
        movq    DATA(DATA_RCX), %rcx
        movq    DATA(DATA_RDX), %rdx
        leaq    table(%rip), %r9
        movslq  (%r9, %r8, 4), %r8
        addq    %r9, %r8
        jmp     *%r8
        .p2align 2
table:
        .long   done - table, do_enclu - table, do_read - table, do_write - table
        .long   do_call - table, enclave_ud2 - table, enclave_syscall - table
        .long   enclave_cpuid - table, do_divide - table, do_registers - table
        .long   do_spin - table, do_flags - table, do_break - table, do_gp - table

do_enclu:
        stc
        enclu
        pushfq
        popq    DATA(DATA_FLAGS)
        movq    %rax, DATA(DATA_RAX)
        jmp     done
do_read:
        movzbl  (%rcx), %eax
        movq    %rax, DATA(DATA_RAX)
        jmp     done
do_write:
        movb    %al, (%rcx)
        jmp     done
do_call:
        call    *%rcx
        movq    %rax, DATA(DATA_RAX)
        jmp     done
enclave_ud2:
        ud2
        jmp     done
enclave_syscall:
        syscall
        jmp     done
enclave_cpuid:
        cpuid
        movq    %rax, DATA(DATA_RAX)
        jmp     done
do_divide:
        xorl    %ecx, %ecx
        divl    %ecx
        jmp     done
do_spin:
        xorl    %eax, %eax
1:      incq    %rax
        cmpq    %rcx, %rax
        jne     1b
        movq    %rax, DATA(DATA_RAX)
        jmp     done
do_flags:
        pushfq
        popq    DATA(DATA_RAX)
        pushq   DATA(DATA_RAX)
        popfq
        pushfq
        popq    DATA(DATA_FLAGS)
        jmp     done
do_break:
        int3
        jmp     done
do_gp:
        movabsq $0x8000000000000000, %rcx
        movb    (%rcx), %al
        jmp     done

        .macro  vectors op
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        \op     \n
        .endr
        .endm
        .macro  load n
        vmovdqu data+DATA_YMM_IN+32*\n(%rip), %ymm\n
        .endm
        .macro  store n
        vmovdqu %ymm\n, data+DATA_YMM_OUT+32*\n(%rip)
        .endm

do_registers:
        cmpl    $0, DATA(DATA_AVX512)
        je      2f
        vmovdqu64 DATA(DATA_ZMM), %zmm17
        kmovq   DATA(DATA_K), %k3
2:      vectors load
        ldmxcsr DATA(DATA_MXCSR)
        fninit
        fldpi
        pushq   DATA(DATA_IN+128)
        popfq
        movq    DATA(DATA_IN+0), %rax
        movq    DATA(DATA_IN+8), %rcx
        movq    DATA(DATA_IN+16), %rdx
        movq    DATA(DATA_IN+24), %rbx
        movq    DATA(DATA_IN+32), %rsp
        movq    DATA(DATA_IN+40), %rbp
        movq    DATA(DATA_IN+48), %rsi
        movq    DATA(DATA_IN+56), %rdi
        movq    DATA(DATA_IN+64), %r8
        movq    DATA(DATA_IN+72), %r9
        movq    DATA(DATA_IN+80), %r10
        movq    DATA(DATA_IN+88), %r11
        movq    DATA(DATA_IN+96), %r12
        movq    DATA(DATA_IN+104), %r13
        movq    DATA(DATA_IN+112), %r14
        movq    DATA(DATA_IN+120), %r15
        ud2
        movq    %rax, DATA(DATA_OUT+0)
        movq    %rcx, DATA(DATA_OUT+8)
        movq    %rdx, DATA(DATA_OUT+16)
        movq    %rbx, DATA(DATA_OUT+24)
        movq    %rsp, DATA(DATA_OUT+32)
        movq    %rbp, DATA(DATA_OUT+40)
        movq    %rsi, DATA(DATA_OUT+48)
        movq    %rdi, DATA(DATA_OUT+56)
        movq    %r8, DATA(DATA_OUT+64)
        movq    %r9, DATA(DATA_OUT+72)
        movq    %r10, DATA(DATA_OUT+80)
        movq    %r11, DATA(DATA_OUT+88)
        movq    %r12, DATA(DATA_OUT+96)
        movq    %r13, DATA(DATA_OUT+104)
        movq    %r14, DATA(DATA_OUT+112)
        movq    %r15, DATA(DATA_OUT+120)
        leaq    tcs(%rip), %rsp
        pushfq
        popq    DATA(DATA_OUT+128)
        vectors store
        stmxcsr DATA(DATA_MXCSR2)
        fstpt   DATA(DATA_OPERAND)
        cmpl    $0, DATA(DATA_AVX512)
        je      done
        vmovdqu64 %zmm17, DATA(DATA_ZMM2)
        kmovq   %k3, DATA(DATA_K2)

done:   movl    $LEFT_DONE, %edi
        movq    DATA(DATA_RSP), %rsp
        movq    DATA(DATA_RBP), %rbp
        cld
leave:  movq    DATA(DATA_EXIT), %rbx
        movl    $EEXIT, %eax
        enclu
        ud2

/* CSSA 1 and more. */
handler:
        decl    %eax
        shll    $12, %eax
        leaq    ssa+0x1000-48(%rip), %r8 /* RIP in GPRSGX */
        movq    DATA(DATA_SKIP), %r9
        addq    %r9, (%r8, %rax)
        cmpq    $0, DATA(DATA_NEST)
        je      3f
        decq    DATA(DATA_NEST)
        ud2
3:      movl    DATA(DATA_LEAF), %eax
        testl   %eax, %eax
        je      4f
        movq    DATA(DATA_H_RBX), %rbx
        movq    DATA(DATA_H_RCX), %rcx
        movq    DATA(DATA_H_RDX), %rdx
        enclu
        movq    %rax, DATA(DATA_H_RAX)
4:      movl    $LEFT_HANDLED, %edi
        jmp     leave

        .org    ENCLAVE_DATA
data:   .org    ENCLAVE_STACK
        .org    ENCLAVE_TCS
tcs:    .quad   0, 0, ENCLAVE_SSA
        .long   0, 4
        .quad   0, 0, ENCLAVE_DATA, ENCLAVE_STACK
        .long   -1, -1
        .org    ENCLAVE_TCS2
        .quad   0, 0, ENCLAVE_SSA2
        .long   0, 1
        .quad   0, 0, 0, 0
        .long   -1, -1
        .org    ENCLAVE_SSA
ssa:    .org    ENCLAVE_TOP

        .section .note.GNU-stack, "", @progbits
