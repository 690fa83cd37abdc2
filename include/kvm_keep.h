/* SPDX-License-Identifier: Apache-2.0 */
/* Between the KVM shim (shim/kvm) and its loader (host/kvm): the guest's physical memory,
 * its first registers, and how it leaves. Neither side trusts the other.
 *
 * Guest-physical memory. Between lines there is nothing:
 *
 *     2 MiB       the shim: a flat image, zeroes behind it    1 MiB
 *     3 MiB       the block of the port                       PORT_BLOCK_SIZE
 *     3.5625 MiB  nodes of the hash tree over exec            at most KVM_KEEP_NODES_SIZE
 *     3.75 MiB    the window: runs of exec's file             KVM_KEEP_WINDOW_SIZE
 *     8 MiB       4 pages that KVM wants on some processors; nobody's
 *     16 MiB      the keep's memory                           as much as rdi says
 *
 * There are two slots: the first four are one of 2 MiB, since 2 MiB is what the host gives
 * at a first touch, where it can, and a first touch is an exit.
 *
 * The shim's image (build/shim-kvm) begins with its entry and is linked for
 * KVM_KEEP_SHIM. Page tables for it lie in the image: the machine starts in 64-bit mode,
 * and no page of it is ever writable and executable. By offset in the image:
 *
 *     0           text                                        R X
 *     64 KiB      constants                                   R
 *     92 KiB      gate: what exec calls                       exec: R X
 *     96 KiB      page tables                                 RW
 *     144 KiB     data, counters first                        RW
 *     160 KiB     (guard) stack (guard) stack of faults (guard)
 *     192 KiB     the rest of the data, zeroes at the start   RW */
#ifndef KVM_KEEP_H
#define KVM_KEEP_H

#include "include/keep_stop.h"

/* Guest-physical addresses, bytes. */
#define KVM_KEEP_IMAGE       0x200000
#define KVM_KEEP_IMAGE_SIZE  0x100000
#define KVM_KEEP_BLOCK       0x300000
#define KVM_KEEP_NODES       0x390000
#define KVM_KEEP_NODES_SIZE  0x30000
#define KVM_KEEP_WINDOW      0x3c0000
#define KVM_KEEP_WINDOW_SIZE 0x40000
#define KVM_KEEP_LARGE       0x200000       /* bytes: what the host can give at once */
#define KVM_KEEP_FIRST_SIZE  KVM_KEEP_LARGE /* of the slot that begins with the image */
#define KVM_KEEP_SPARE       0x800000
#define KVM_KEEP_MEMORY      0x1000000
#define KVM_KEEP_MEMORY_MAX  0xff0000000 /* bytes: all of it below 64 GiB */

/* Offsets in the image. */
#define KVM_IMAGE_TEXT     0x0
#define KVM_IMAGE_RODATA   0x10000
#define KVM_IMAGE_GATE     0x17000
#define KVM_IMAGE_TABLES   0x18000
#define KVM_IMAGE_DATA     0x24000
#define KVM_IMAGE_STACK    0x29000 /* a guard below, a guard behind */
#define KVM_IMAGE_FAULTS   0x2e000
#define KVM_IMAGE_BSS      0x30000
#define KVM_IMAGE_FILE_MAX KVM_IMAGE_STACK /* what the file may hold */

/* Where the shim sees itself. */
#define KVM_KEEP_SHIM 0xffffffff80000000

/* First registers: 64-bit mode, CR3 the first of the page tables, rip the first byte of
 * the text, rdi the size of the keep's memory in bytes, whole 2 MiB. 0 of them: a probe.
 * Then the shim goes to user mode and back as it would for exec, and stops for ENDED when
 * all came as it must. The block holds the boot record and, at KVM_KEEP_KEY, 32 bytes of
 * key for the code cache, zeroes for none. */
#define KVM_KEEP_KEY 2048 /* offset in the block */

/* The keep leaves by a write of 4 bytes to this I/O port: the low byte says why. */
#define KVM_KEEP_PORT      0xe9
#define KVM_KEEP_EXIT_PORT 1 /* serve the block, then run it again */
#define KVM_KEEP_EXIT_DEAD 2 /* it has stopped; second byte: enum kvm_keep_stop */
#define KVM_KEEP_EXIT_EXEC 3 /* copy to the window, then run it again; see below */

/* EXIT_EXEC: which runs of exec's file. Second byte: how many, the others: the first. Runs are
 * those of the tree (shim/core/tree.h). */
#define KVM_KEEP_RUN_SIZE    0x10000
#define KVM_KEEP_WINDOW_RUNS (KVM_KEEP_WINDOW_SIZE / KVM_KEEP_RUN_SIZE)

#ifndef __ASSEMBLER__

#include "include/port.h"

_Static_assert(KVM_KEEP_IMAGE + KVM_KEEP_IMAGE_SIZE <= KVM_KEEP_BLOCK, "image, then block");
_Static_assert(KVM_KEEP_BLOCK + PORT_BLOCK_SIZE <= KVM_KEEP_NODES, "block, then nodes");
_Static_assert(KVM_KEEP_NODES + KVM_KEEP_NODES_SIZE <= KVM_KEEP_WINDOW, "nodes, then window");
_Static_assert(KVM_KEEP_WINDOW + KVM_KEEP_WINDOW_SIZE <= KVM_KEEP_IMAGE + KVM_KEEP_FIRST_SIZE,
               "the window ends in the first slot");
_Static_assert(KVM_KEEP_KEY >= sizeof(struct boot_record) && KVM_KEEP_KEY < PORT_FRAME_OFFSET,
               "the key lies between boot record and frame");

/* What the host says of a keep, in the answer to PORT_QUOTE with 64 bytes of report data:
 * arg is nothing. Nobody signs it, and the host may say what it likes: it is in evidence's
 * place, so that owners and keeps do all that they do where there is some. Little-endian. */
#define KVM_STATEMENT_MAGIC   "ENARXKVM"
#define KVM_STATEMENT_VERSION 1

struct kvm_statement {
    uint8_t magic[8];
    uint32_t version;
    uint32_t zero;
    uint8_t measurement[32]; /* SHA-256 of the shim's image (build/shim-kvm.flat) */
    uint8_t report_data[REPORT_DATA_BYTES];
};
_Static_assert(sizeof(struct kvm_statement) == 112, "statement layout");

/* X(NAME, text): why a keep stops of itself. The first are those of enum machine_stop. */
#define KVM_KEEP_STOPS(X)                                              \
    X(ENDED, "the host let it go on after its end")                    \
    KEEP_STOPS(X)                                                      \
    X(MEMORY, "it has used up its memory; --max-memory gives it more") \
    X(CPU, "the processor lacks what a keep needs: see 'enarx platform info'")

#define KVM_KEEP_STOP_NAME(name, text) KVM_KEEP_STOP_##name,
enum kvm_keep_stop { KVM_KEEP_STOPS(KVM_KEEP_STOP_NAME) KVM_KEEP_STOP_COUNT };
#undef KVM_KEEP_STOP_NAME

/* X(name, text): what the shim counts, at the start of its data. Plain numbers. */
#define KVM_KEEP_COUNTS(X)                                 \
    X(calls, "system calls")                               \
    X(ports, "calls of the port by exec")                  \
    X(faults, "exceptions of exec's")                      \
    X(pages, "pages of the keep's memory that are in use") \
    X(pages_most, "the most that there were")              \
    X(copied, "pages copied: exec's own, after they were proved")

struct kvm_keep_counts {
#define KVM_KEEP_COUNT(name, text) uint64_t name;
    KVM_KEEP_COUNTS(KVM_KEEP_COUNT)
#undef KVM_KEEP_COUNT
};

#endif
#endif
