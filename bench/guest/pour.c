/* SPDX-License-Identifier: Apache-2.0 */
/* Pours 512 MiB to whoever connects to the listener at descriptor 3 and asks. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char data[1 << 17];

int main(void)
{
    memset(data, 'x', sizeof(data));
    for (int fd; (fd = accept(3, NULL, NULL)) >= 0; close(fd)) {
        if (read(fd, data, 2) <= 0)
            continue;
        long left = 512L << 20;
        for (ssize_t n = 1; left > 0 && n > 0; left -= n)
            n = write(fd, data, left < (long)sizeof(data) ? (size_t)left : sizeof(data));
    }
    return 0;
}
