/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies standard input to standard output, 64 KiB at a time.
 */
#include <unistd.h>

int main(void)
{
    static char buf[65536];
    ssize_t got;

    while ((got = read(0, buf, sizeof(buf))) > 0) {
        for (ssize_t at = 0, n; at < got; at += n) {
            n = write(1, buf + at, (size_t)(got - at));
            if (n <= 0)
                return 1;
        }
    }
    return got < 0;
}
