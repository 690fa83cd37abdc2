/* SPDX-License-Identifier: Apache-2.0 */
/* The roots compiled in: AMD's for each product line [KDS] and Intel's for SGX and
 * TDX [PCS]. They are what everything here trusts in the end. Their fingerprints
 * stand in docs/specs.md. */
#ifndef ATTEST_ANCHORS_H
#define ATTEST_ANCHORS_H

#include "attest/policy.h"

struct anchor {
    enum product product; /* PRODUCT_UNKNOWN: Intel */
    const uint8_t *start; /* DER certificate */
    const uint8_t *end;
};

#define ANCHOR_COUNT 4u

extern const struct anchor anchors[ANCHOR_COUNT];

#endif
