/* SPDX-License-Identifier: Apache-2.0 */
/* exec, page-aligned in memory and so in the file: its pages are mapped as they
 * lie here. The build supplies both files. */
    .section .exec_image, "a", @progbits
    .balign 4096
    .globl exec_image_start
    .hidden exec_image_start
exec_image_start:
    .incbin "exec"
    .globl exec_image_end
    .hidden exec_image_end
exec_image_end:
    .balign 4096

    .section .rodata, "a", @progbits
    .globl exec_identity
    .hidden exec_identity
exec_identity:
    .incbin "exec.sha256"

    .section .note.GNU-stack, "", @progbits
