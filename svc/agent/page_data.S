/* SPDX-License-Identifier: Apache-2.0 */
/* The status page as it lies in page.html. */
    .section .rodata, "a", @progbits
    .globl agent_page
    .hidden agent_page
agent_page:
    .incbin "svc/agent/page.html"
    .globl agent_page_end
    .hidden agent_page_end
agent_page_end:

    .section .note.GNU-stack, "", @progbits
