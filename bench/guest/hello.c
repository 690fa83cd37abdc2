/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says hello. With an argument it then waits for the end of its input, so that
 * its memory can be looked at.
 */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char byte;

    (void)argv;
    puts("Hello, Enarx!");
    fflush(stdout);
    while (argc > 1 && read(0, &byte, 1) > 0)
        ;
    return 0;
}
