/* SPDX-License-Identifier: Apache-2.0 */
/* Register contracts (include/kvm_keep.h):
 *   kvm_entry     where the machine starts: 64-bit mode, rdi the size of its memory.
 *                 Nothing else that the host set is relied on.
 *   vectors       exceptions, by the processor [SDM 3A 6.14]: those of exec go to
 *                 kvm_exception, one of the shim's own stops the keep.
 *   kvm_syscall   SYSCALL of exec's: rcx and r11 are its rip and flags.
 *   kvm_leave     a System V call: edi is what the host is told.
 *   gate          System V calls from exec, in user mode.
 * Exec's general registers are in kvm_frame meanwhile, in the order of struct frame; its
 * vector state stays in the registers, which the shim does not use. */
#include "shim/kvm/kvm.h"

#define OFFSET(n) ((n) * 8)

#define VECTOR_SIZE 16
#define VECTORS     32

/* Two keep what the shim needs of its own. */
    .macro save_but_rax_rsp
    mov %rcx, kvm_frame+OFFSET(1)(%rip)
    mov %rdx, kvm_frame+OFFSET(2)(%rip)
    mov %rbx, kvm_frame+OFFSET(3)(%rip)
    mov %rbp, kvm_frame+OFFSET(5)(%rip)
    mov %rsi, kvm_frame+OFFSET(6)(%rip)
    mov %rdi, kvm_frame+OFFSET(7)(%rip)
    mov %r8, kvm_frame+OFFSET(8)(%rip)
    mov %r9, kvm_frame+OFFSET(9)(%rip)
    mov %r10, kvm_frame+OFFSET(10)(%rip)
    mov %r11, kvm_frame+OFFSET(11)(%rip)
    mov %r12, kvm_frame+OFFSET(12)(%rip)
    mov %r13, kvm_frame+OFFSET(13)(%rip)
    mov %r14, kvm_frame+OFFSET(14)(%rip)
    mov %r15, kvm_frame+OFFSET(15)(%rip)
    .endm

/* DF, AC, NT and TF are exec's until here. */
    .macro reset_flags
    pushq $2
    popfq
    .endm

    .macro use_stack
    mov $stack_top, %rsp
    .endm

    .set stack_top, KVM_KEEP_SHIM + KVM_IMAGE_STACK + KVM_STACK_SIZE
    .set faults_top, KVM_KEEP_SHIM + KVM_IMAGE_FAULTS + KVM_FAULTS_SIZE

    .section .entry, "ax", @progbits
    .globl kvm_entry
    .hidden kvm_entry
kvm_entry:
    jmp begin

/* ---- exceptions: VECTORS stubs, VECTOR_SIZE bytes each ---- */

    .balign VECTOR_SIZE
vectors:
    .set n, 0
    .rept VECTORS
    .balign VECTOR_SIZE
    /* the processor pushes an error code for 8, 10 to 14, 17, 21, 29 and 30 */
    .if !((0x60227d00 >> n) & 1)
    pushq $0
    .endif
    pushq $n
    jmp exception
    .set n, n + 1
    .endr
    .balign VECTOR_SIZE

    .text
begin:
    use_stack
    reset_flags
    lgdt gdt_register(%rip)
    lidt idt_register(%rip)
    mov $KVM_TSS, %eax
    ltr %ax
    mov $KVM_DATA, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
#ifndef WITHOUT_kvm_local
    lldt %ax                        /* none: exec could load from the host's */
#endif
    pushq $KVM_CODE
    lea 1f(%rip), %rax
    push %rax
    lretq
1:  xor %ebp, %ebp
    call kvm_start
    jmp resume

/* Below rsp: vector, error, then what the processor pushed: rip, cs, rflags, rsp, ss. */
exception:
    testb $3, OFFSET(3)(%rsp)
    jz shim_fault
    mov %rax, kvm_frame+OFFSET(0)(%rip)
    save_but_rax_rsp
    mov OFFSET(2)(%rsp), %rax
    mov %rax, kvm_frame+OFFSET(17)(%rip)
    mov OFFSET(4)(%rsp), %rax
    mov %rax, kvm_frame+OFFSET(16)(%rip)
    mov OFFSET(5)(%rsp), %rax
    mov %rax, kvm_frame+OFFSET(4)(%rip)
    mov OFFSET(0)(%rsp), %edi
    mov OFFSET(1)(%rsp), %esi
    mov %cr2, %rdx
    use_stack
#ifndef WITHOUT_kvm_flags
    reset_flags
#endif
    xor %ebp, %ebp
    call kvm_exception
    jmp resume

/* Whatever made the shim fault, it does not go on. */
shim_fault:
    use_stack
    reset_flags
    mov $KVM_STOP_FATAL, %edi
    call kvm_stop

    .globl kvm_syscall
    .hidden kvm_syscall
    .type kvm_syscall, @function
kvm_syscall:
    mov %rsp, kvm_frame+OFFSET(4)(%rip)
    use_stack
    mov %rax, kvm_frame+OFFSET(0)(%rip)
    save_but_rax_rsp
    mov %r11, kvm_frame+OFFSET(16)(%rip)
    mov %rcx, kvm_frame+OFFSET(17)(%rip)
    xor %ebp, %ebp
    call kvm_call
    jmp resume

/* Back to exec. By IRETQ alone: whatever rip and rsp are, it is in user mode that they
 * matter. */
resume:
    pushq $KVM_USER_DATA
    pushq kvm_frame+OFFSET(4)(%rip)
    pushq kvm_frame+OFFSET(16)(%rip)
    pushq $KVM_USER_CODE
    pushq kvm_frame+OFFSET(17)(%rip)
    mov kvm_frame+OFFSET(0)(%rip), %rax
    mov kvm_frame+OFFSET(1)(%rip), %rcx
    mov kvm_frame+OFFSET(2)(%rip), %rdx
    mov kvm_frame+OFFSET(3)(%rip), %rbx
    mov kvm_frame+OFFSET(5)(%rip), %rbp
    mov kvm_frame+OFFSET(6)(%rip), %rsi
    mov kvm_frame+OFFSET(7)(%rip), %rdi
    mov kvm_frame+OFFSET(8)(%rip), %r8
    mov kvm_frame+OFFSET(9)(%rip), %r9
    mov kvm_frame+OFFSET(10)(%rip), %r10
    mov kvm_frame+OFFSET(11)(%rip), %r11
    mov kvm_frame+OFFSET(12)(%rip), %r12
    mov kvm_frame+OFFSET(13)(%rip), %r13
    mov kvm_frame+OFFSET(14)(%rip), %r14
    mov kvm_frame+OFFSET(15)(%rip), %r15
    iretq

    .globl kvm_leave
    .hidden kvm_leave
    .type kvm_leave, @function
kvm_leave:
    mov %edi, %eax
    out %eax, $KVM_KEEP_PORT
    ret

/* ---- what exec calls; by position, since exec sees it elsewhere ---- */

    .section .gate, "ax", @progbits
    .macro gate name, number
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    mov $\number, %eax
    syscall
    ret
    .endm

    gate kvm_port_gate, KVM_CALL_PORT
    gate kvm_clock_gate, KVM_CALL_CLOCK
    gate kvm_evidence_gate, KVM_CALL_EVIDENCE

/* The probe: an exception that leaves no trace, then a call. */
    .globl kvm_probe_gate
    .hidden kvm_probe_gate
    .type kvm_probe_gate, @function
kvm_probe_gate:
    xor %eax, %eax
    xor %ecx, %ecx
    cpuid                           /* the shim's answer: the vendor is in rbx */
    mov $KVM_CALL_PROBED, %eax
    syscall
    ud2

/* ---- tables of descriptors ---- */

    .section .rodata
    .balign 16
idt:
    .set n, 0
    .rept VECTORS
    .set at, KVM_KEEP_SHIM + KVM_IMAGE_TEXT + VECTOR_SIZE * (n + 1)
    .word at & 0xffff, KVM_CODE
    /* #DB, NMI, #DF and #MC have a stack of their own: they may come at any instruction */
    .byte (0x40106 >> n) & 1, 0x8e
    .word (at >> 16) & 0xffff
    .long (at >> 32) & 0xffffffff, 0
    .set n, n + 1
    .endr
idt_register:
    .word 16 * VECTORS - 1
    .quad KVM_KEEP_SHIM + KVM_IMAGE_RODATA + 0  /* idt comes first */

gdt_register:
    .word gdt_end - gdt - 1
    .quad KVM_KEEP_SHIM + KVM_IMAGE_DATA + 64   /* behind the counters */

    .section .data.first, "aw", @progbits
    .globl kvm_counts
    .hidden kvm_counts
kvm_counts:
    .skip 64
gdt:
    .quad 0
    .quad 0x00af9b000000ffff        /* code */
    .quad 0x00cf93000000ffff        /* data */
    .quad 0x00cff3000000ffff        /* exec's data */
    .quad 0x00affb000000ffff        /* exec's code */
    .set at, KVM_KEEP_SHIM + KVM_IMAGE_DATA + 128
    .quad 0x67 | (at & 0xffffff) << 16 | 0x89 << 40 | (at >> 24 & 0xff) << 56
    .quad at >> 32 & 0xffffffff
gdt_end:
    .balign 128
/* Task state [SDM 3A 7.7]: the stack of exceptions in user mode, and stack 1. No bitmap
 * of ports: exec reaches none. */
tss:
    .long 0
    .quad stack_top, 0, 0, 0
    .quad faults_top, 0, 0, 0, 0, 0, 0
    .quad 0
    .word 0, 0x68

    .bss
    .balign 16
    .globl kvm_frame
    .hidden kvm_frame
kvm_frame:
    .skip 18 * 8

    .section .note.GNU-stack, "", @progbits
