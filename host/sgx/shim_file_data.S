/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for SGX, and the nodes of the hash tree over exec, which the enclave
 * reads where they lie: page-aligned. The build names the files. */
    .section .sgx_shim, "a", @progbits
    .balign 4096
    .globl exec_tree_start
    .hidden exec_tree_start
exec_tree_start:
    .incbin EXEC_TREE_FILE
    .globl exec_tree_end
    .hidden exec_tree_end
exec_tree_end:
    .balign 4096
    .globl shim_sgx_start
    .hidden shim_sgx_start
shim_sgx_start:
    .incbin SHIM_SGX_FILE
    .globl shim_sgx_end
    .hidden shim_sgx_end
shim_sgx_end:

    .section .note.GNU-stack, "", @progbits
