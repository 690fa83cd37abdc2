/* SPDX-License-Identifier: Apache-2.0 */
/* The page tables that the machine starts with (include/kvm_keep.h): the image, each
 * page with its permission, and the gate for exec. Addresses are constants, so that
 * nothing is filled in. The shim adds to them. [SDM 3A 4.5.4] */
#include "shim/kvm/kvm.h"

#define PAGE  4096
#define HERE  (KVM_KEEP_IMAGE + KVM_IMAGE_TABLES)

/* present 1, writable 2, exec's 4, accessed 0x20, dirty 0x40, no execution 1 << 63 */
    .set TABLE, 0x63
    .set USER, 4
    .set RX, 0x61
    .set RO, 0x61 | 1 << 63
    .set RW, 0x63 | 1 << 63

/* the borders of the stacks */
    .set GUARD, KVM_IMAGE_STACK - PAGE
    .set STACK_TOP, KVM_IMAGE_STACK + KVM_STACK_SIZE
    .set FAULTS_TOP, KVM_IMAGE_FAULTS + KVM_FAULTS_SIZE

    /* entries `from` up to `to` of the image: pages with these bits */
    .macro image from, to, bits
    .set at, \from
    .rept (\to - \from) / PAGE
    .quad KVM_KEEP_IMAGE + at + \bits
    .set at, at + PAGE
    .endr
    .endm
    .macro guard from, to
    .skip (\to - \from) / PAGE * 8
    .endm

    .section .tables, "aw", @progbits
/* 0: the root */
    .quad HERE + 1 * PAGE + TABLE + USER
    .skip (511 - 1) * 8
    .quad HERE + 4 * PAGE + TABLE
/* 1, 2, 3: the gate, in the first GiB */
    .quad HERE + 2 * PAGE + TABLE + USER
    .skip 511 * 8
    .skip (KVM_GATE >> 21) * 8
    .quad HERE + 3 * PAGE + TABLE + USER
    .skip (511 - (KVM_GATE >> 21)) * 8
    .quad KVM_KEEP_IMAGE + KVM_IMAGE_GATE + RX + USER
    .skip 511 * 8
/* 4, 5, 6: the image, in the last but one */
    .skip 510 * 8
    .quad HERE + 5 * PAGE + TABLE
    .quad 0
    .quad HERE + 6 * PAGE + TABLE
    .skip 511 * 8
    image KVM_IMAGE_TEXT, KVM_IMAGE_RODATA, RX
    image KVM_IMAGE_RODATA, KVM_IMAGE_GATE, RO
    guard KVM_IMAGE_GATE, KVM_IMAGE_TABLES
    image KVM_IMAGE_TABLES, GUARD, RW
    guard GUARD, KVM_IMAGE_STACK
    image KVM_IMAGE_STACK, STACK_TOP, RW
    guard STACK_TOP, KVM_IMAGE_FAULTS
    image KVM_IMAGE_FAULTS, FAULTS_TOP, RW
    guard FAULTS_TOP, KVM_IMAGE_BSS
    image KVM_IMAGE_BSS, KVM_KEEP_IMAGE_SIZE, RW
    .balign PAGE

    .section .note.GNU-stack, "", @progbits
