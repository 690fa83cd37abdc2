/* SPDX-License-Identifier: Apache-2.0 */
/* exec, page-aligned in memory and so in the file: its pages are mapped as they
 * lie here. So are the nodes of the hash tree over it, which keeps read where they lie.
 * The build names the files. */
    .section .exec_image, "a", @progbits
    .balign 4096
    .globl exec_image_start
    .hidden exec_image_start
exec_image_start:
    .incbin EXEC_FILE
    .globl exec_image_end
    .hidden exec_image_end
exec_image_end:
    .balign 4096
    .globl exec_tree_start
    .hidden exec_tree_start
exec_tree_start:
    .incbin EXEC_TREE_FILE
    .globl exec_tree_end
    .hidden exec_tree_end
exec_tree_end:
    .balign 4096

    .section .rodata, "a", @progbits
    .globl exec_identity
    .hidden exec_identity
exec_identity:
    .incbin EXEC_DIGEST_FILE

    .section .note.GNU-stack, "", @progbits
