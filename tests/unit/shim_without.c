/* SPDX-License-Identifier: Apache-2.0 */
/* The check of the shim that this run of a test leaves out: the value of MUTANT. */
#include "tests/unit/shim_without.h"

#include "shim/core/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int shim_without = CHECK_NONE;

__attribute__((constructor)) static void choose(void)
{
    static const char *const names[CHECK_COUNT] = {
#define X(name, item, kind) [CHECK_##name] = #name,
        SHIM_CHECKS(X)
#undef X
    };
    const char *wanted = getenv("MUTANT");
    for (int i = 1; wanted != NULL && i < CHECK_COUNT; i++) {
        if (strcmp(names[i], wanted) == 0)
            shim_without = i;
    }
    if (wanted != NULL && shim_without == CHECK_NONE) {
        fprintf(stderr, "there is no check named %s\n", wanted);
        exit(2);
    }
}
