/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for KVM, as it lies in a machine's memory. The build names the file. */
    .section .rodata
    .balign 4096
    .globl shim_kvm_start
    .hidden shim_kvm_start
shim_kvm_start:
    .incbin SHIM_KVM_FILE
    .globl shim_kvm_end
    .hidden shim_kvm_end
shim_kvm_end:

    .section .note.GNU-stack, "", @progbits
