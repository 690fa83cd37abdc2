/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls KIND COUNT: does one thing so many times and prints the nanoseconds. clock:
 * reads the clock; random: asks for a random byte, a system call of exec's; read: reads
 * the ended standard input, a call of the port; touch: writes to so many fresh pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 2 ? argv[1] : "";
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    char *pages = strcmp(kind, "touch") == 0 ? malloc((size_t)(count + 1) * PAGE) : NULL;
    char byte;

    long long start = now();
    for (long i = 0; i < count; i++) {
        if (pages != NULL)
            *(volatile char *)&pages[i * PAGE] = 1;
        else if (strcmp(kind, "read") == 0 && read(0, &byte, 1) != 0)
            return 1;
        else if (strcmp(kind, "random") == 0 && getentropy(&byte, 1) != 0)
            return 1;
        else if (strcmp(kind, "clock") == 0)
            now();
    }
    printf("%lld\n", now() - start);
    return 0;
}
