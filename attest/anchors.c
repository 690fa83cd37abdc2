/* SPDX-License-Identifier: Apache-2.0 */
/* The table of pinned roots; anchors_data.S holds their bytes. Trusts the tree. */
#include "attest/anchors.h"

extern const uint8_t anchor_milan[], anchor_milan_end[];
extern const uint8_t anchor_genoa[], anchor_genoa_end[];
extern const uint8_t anchor_turin[], anchor_turin_end[];
extern const uint8_t anchor_intel[], anchor_intel_end[];

const struct anchor anchors[ANCHOR_COUNT] = {
    {PRODUCT_MILAN, anchor_milan, anchor_milan_end},
    {PRODUCT_GENOA, anchor_genoa, anchor_genoa_end},
    {PRODUCT_TURIN, anchor_turin, anchor_turin_end},
    {PRODUCT_UNKNOWN, anchor_intel, anchor_intel_end},
};
