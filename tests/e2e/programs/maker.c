/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a directory with a file in it. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
    mkdir("/out/sub", 0777);
    FILE *f = fopen("/out/sub/file", "w");
    return f == NULL || fclose(f) != 0;
}
