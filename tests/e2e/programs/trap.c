/* SPDX-License-Identifier: Apache-2.0 */
/* Dies by a trap, three calls below main: trap KIND. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;
static volatile uintptr_t outside = 0xfffffff0;

__attribute__((noinline)) static int dive(int depth)
{
    return depth < 0 ? 0 : dive((depth + 1) & 0xffff) ^ zero;
}

static int (*volatile mistaken)(double) = (int (*)(double))(uintptr_t)dive;

__attribute__((noinline)) static int innermost(const char *kind)
{
    if (strcmp(kind, "unreachable") == 0)
        __builtin_trap();
    if (strcmp(kind, "bounds") == 0)
        return *(volatile int *)outside;
    if (strcmp(kind, "divide") == 0)
        return 12345 / zero;
    if (strcmp(kind, "stack") == 0)
        return dive(0);
    if (strcmp(kind, "indirect") == 0)
        return mistaken(1.0);
    if (strcmp(kind, "abort") == 0)
        abort();
    return 0;
}

__attribute__((noinline)) static int outermost(const char *kind) { return innermost(kind) + zero; }

int main(int argc, char **argv) { return argc > 1 ? outermost(argv[1]) : 99; }
