/* SPDX-License-Identifier: Apache-2.0 */
/* Says what it is told to; "quit N" ends it, "much N" writes N kilobytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    char line[256];
    setvbuf(stdout, NULL, _IONBF, 0);
    puts("begun");
    if (argc > 1 && strcmp(argv[1], "end") == 0)
        return 9;
    if (argc > 2 && strcmp(argv[1], "much") == 0)
        for (long i = 0; i < atol(argv[2]) * 16; i++)
            printf("%063ld\n", i);
    puts("listening");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strncmp(line, "quit ", 5) == 0)
            return atoi(line + 5);
        if (strncmp(line, "abort", 5) == 0)
            __builtin_trap();
        printf("heard %s", line);
    }
    puts("end of input");
    return 77;
}
