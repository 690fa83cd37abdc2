/* SPDX-License-Identifier: Apache-2.0 */
/* A web server over the listener at descriptor 3, for argv[1] requests. That it is TLS is
 * the keep's concern. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                             "Content-Length: 18\r\nConnection: close\r\n\r\nhello from a keep\n";

int main(int argc, char **argv)
{
    char request[4096];
    for (int left = argc > 1 ? atoi(argv[1]) : 1; left > 0; left--) {
        const int fd = accept(3, NULL, NULL);
        if (fd < 0) {
            perror("accept");
            return 1;
        }
        if (read(fd, request, sizeof(request)) > 0)
            write(fd, answer, strlen(answer));
        close(fd);
    }
    return 0;
}
