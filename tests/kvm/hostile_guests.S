/* SPDX-License-Identifier: Apache-2.0 */
/* What runs in ring 0 in the shim's place: each but a few instructions that end the machine, or
 * ought to. They start with the registers of include/kvm_keep.h and the tables of hostile.c. */
#include "include/kvm_keep.h"

#define EFER      0xc0000080
#define EFER_SVME (1 << 12) /* [APM 2 15.4] */
#define CR4_VMXE  (1 << 13) /* [SDM 3C 23.7] */

    .macro guest name
    .globl guest_\name
guest_\name:
    .endm

/* From here on an exception is a triple fault. */
    .macro no_handlers
    lidt none(%rip)
    .endm

    .section .rodata

/* A byte to each page of the keep's memory, and on. */
guest everything
    mov $KVM_KEEP_MEMORY, %rbx
1:  movb $1, (%rbx)
    add $4096, %rbx
    jmp 1b

/* Where there is nothing: at zero, and behind the first slot. */
guest nothing
    mov 0, %al
guest behind
    movb $1, KVM_KEEP_IMAGE + KVM_KEEP_FIRST_SIZE

guest halt
    hlt

guest exception
    no_handlers
    ud2

/* Other ports, other sizes, reads, and a call for each of a thousand. */
guest port
    out %eax, $0x80
guest byte
    out %al, $KVM_KEEP_PORT
guest read
    in $KVM_KEEP_PORT, %eax
guest many
    mov $KVM_KEEP_PORT, %edx
    mov $1000, %ecx
    mov $KVM_KEEP_MEMORY, %rsi
    rep outsl

/* Machines of its own: where it is let, it says so with a call. */
guest svm
    no_handlers
    mov $EFER, %ecx
    rdmsr
    or $EFER_SVME, %eax
    wrmsr
    jmp goes_on
guest vmx
    no_handlers
    mov %cr4, %rax
    or $CR4_VMXE, %rax
    mov %rax, %cr4
    jmp goes_on

goes_on:
    mov $KVM_KEEP_EXIT_PORT, %eax
    out %eax, $KVM_KEEP_PORT
    jmp goes_on

none:
    .word 0
    .quad 0

    .globl guests_end
guests_end:

    .section .note.GNU-stack, "", @progbits
