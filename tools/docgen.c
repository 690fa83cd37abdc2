/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the manual page or the bash completion, for `make install` and the
 * tests: docgen man | completion. Trusts the table of commands. */
#include "host/cli/docs.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "man") == 0) {
        man_print(stdout);
    } else if (argc == 2 && strcmp(argv[1], "completion") == 0) {
        completion_print(stdout);
    } else {
        fprintf(stderr, "usage: docgen man|completion\n");
        return 2;
    }
    return fflush(stdout) != 0 || ferror(stdout);
}
