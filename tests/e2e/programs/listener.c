/* SPDX-License-Identifier: Apache-2.0 */
/* Answers one connection on the listener at descriptor 3 with the contents of a
 * file in a preopened directory. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char text[256];
    int fd = accept(3, NULL, NULL);
    int file = open("/data/greeting", O_RDONLY);
    ssize_t n = read(file, text, sizeof(text));
    if (fd < 0 || n < 0) {
        perror(fd < 0 ? "accept" : "read");
        return 1;
    }
    return send(fd, text, (size_t)n, 0) == n ? 0 : 2;
}
