/* SPDX-License-Identifier: Apache-2.0 */
/* Sends its standard input to the server that Enarx.toml connects to at descriptor 3, and
 * prints what comes back, as much as it sent. */
#include <stdio.h>
#include <unistd.h>

#define SERVER 3

int main(void)
{
    static char data[65536];
    const ssize_t size = read(STDIN_FILENO, data, sizeof(data));
    if (size <= 0 || write(SERVER, data, (size_t)size) != size) {
        perror("ask");
        return 1;
    }
    for (ssize_t left = size, got; left > 0; left -= got) {
        got = read(SERVER, data, (size_t)left);
        if (got <= 0) {
            perror("the server");
            return 1;
        }
        fwrite(data, 1, (size_t)got, stdout);
    }
    return 0;
}
