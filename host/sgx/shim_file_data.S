/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for SGX, page-aligned. The build names the file. */
    .section .sgx_shim, "a", @progbits
    .balign 4096
    .globl shim_sgx_start
    .hidden shim_sgx_start
shim_sgx_start:
    .incbin SHIM_SGX_FILE
    .globl shim_sgx_end
    .hidden shim_sgx_end
shim_sgx_end:

    .section .note.GNU-stack, "", @progbits
