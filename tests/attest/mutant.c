/* SPDX-License-Identifier: Apache-2.0 */
/* The check that this run of a test leaves out: the value of MUTANT. */
#include "tests/attest/mutant.h"

#include "attest/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mutant = CHECK_NONE;

__attribute__((constructor)) static void choose(void)
{
    static const char *const names[CHECK_COUNT] = {
#define X(name, item, effect, trust, reason) [CHECK_##name] = #name,
        CHECKS(X)
#undef X
    };
    const char *wanted = getenv("MUTANT");
    for (int i = 1; wanted != NULL && i < CHECK_COUNT; i++) {
        if (strcmp(names[i], wanted) == 0)
            mutant = i;
    }
    if (wanted != NULL && mutant == CHECK_NONE) {
        fprintf(stderr, "there is no check named %s\n", wanted);
        exit(2);
    }
}
