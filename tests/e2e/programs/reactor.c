/* SPDX-License-Identifier: Apache-2.0 */
/* A reactor: the linker adds _initialize, which must run before the function
 * exported under the empty name. */
#include <stdio.h>

static int ready;

__attribute__((constructor)) static void initialise(void) { ready = 1; }

__attribute__((export_name(""))) int entry(void)
{
    printf("ready %d\n", ready);
    fflush(stdout);
    return 7;
}
