/* SPDX-License-Identifier: Apache-2.0 */
/* The check of the list CHECKS that this run of a test leaves out: the value of MUTANT,
 * if it is one of that list. */
#include <stdlib.h>
#include <string.h>

extern int WITHOUT;
int WITHOUT = 0;

__attribute__((constructor)) static void choose(void)
{
    static const char *const names[] = {"",
#define X(name, ...) #name,
                                        CHECKS(X)
#undef X
    };
    const char *wanted = getenv("MUTANT");
    for (int i = 1; wanted != NULL && i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        if (strcmp(names[i], wanted) == 0)
            WITHOUT = i;
    }
}
