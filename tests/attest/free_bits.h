/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that no signature covers, and why that does no harm. */
#ifndef TESTS_ATTEST_FREE_BITS_H
#define TESTS_ATTEST_FREE_BITS_H

#include "tests/attest/set.h"

enum change { MUTANT_FLIPPED, MUTANT_CUT, MUTANT_APPENDED };

struct mutant {
    enum change how;
    size_t at;    /* byte flipped, size left, or which bytes were appended */
    unsigned bit; /* flipped, 0 the lowest */
    struct bytes bytes;
};

/* Why the changed part is as good as it was: null when there is no reason. An
 * accepted one needs a reason that allows this; other reasons only explain why
 * the signatures are still good although the evidence is refused. */
const char *free_bits_find(const struct set *set, enum part part, const struct mutant *m,
                           bool accepted);

/* The table. */
void free_bits_print(void);

#endif
