/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for KVM, as it lies in a machine's memory, and its SHA-256. The build names the
 * files. */
    .section .rodata
    .balign 4096
    .globl shim_kvm_start
    .hidden shim_kvm_start
shim_kvm_start:
    .incbin SHIM_KVM_FILE
    .globl shim_kvm_end
    .hidden shim_kvm_end
shim_kvm_end:
    .globl shim_kvm_digest
    .hidden shim_kvm_digest
shim_kvm_digest:
    .incbin SHIM_KVM_DIGEST_FILE

    .section .note.GNU-stack, "", @progbits
