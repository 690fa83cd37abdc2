/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of anchors/, byte for byte. */
    .section .rodata
    .macro anchor name, file
    .globl \name, \name\()_end
    .hidden \name, \name\()_end
\name:
    .incbin "\file"
\name\()_end:
    .byte 0
    .endm

    anchor anchor_milan, "attest/anchors/ark-milan.der"
    anchor anchor_genoa, "attest/anchors/ark-genoa.der"
    anchor anchor_turin, "attest/anchors/ark-turin.der"
    anchor anchor_intel, "attest/anchors/intel-sgx-root.der"

    .section .note.GNU-stack,"",%progbits
