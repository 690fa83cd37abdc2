/* SPDX-License-Identifier: Apache-2.0 */
/* Where this verifier and another one differ, counted by the reasons of both. */
#ifndef TESTS_ATTEST_DISAGREEMENT_H
#define TESTS_ATTEST_DISAGREEMENT_H

#include "attest/attest.h"

#define DISAGREEMENTS_MAX 256u

struct disagreement {
    enum kind kind;
    const char *where;    /* which part was changed; "" for none */
    enum check_id reason; /* CHECK_NONE: accepted here */
    char theirs[160];     /* their status, or why they refused */
    bool accepted;        /* by them */
    size_t count;
};

struct disagreements {
    struct disagreement items[DISAGREEMENTS_MAX];
    size_t count;
    size_t accepted, refused; /* by both */
    bool overflow;
};

void disagreements_add(struct disagreements *all, const char *where,
                       const struct attest_result *ours, bool accepted, const char *theirs);

/* Prints the page. False when one of them has no explanation. */
bool disagreements_print(const struct disagreements *all, size_t sets, size_t mutants);

#endif
