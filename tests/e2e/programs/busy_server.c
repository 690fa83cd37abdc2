/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP echo server over the listener at descriptor 3, with any number of
 * connections at once. Ends after argv[1] connections, printing their number. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER 3
#define MOST     4096

static struct pollfd rows[MOST] = {{.fd = LISTENER, .events = POLLIN}};
static nfds_t count = 1;

static void take_connections(void)
{
    for (int fd; count < MOST && (fd = accept(LISTENER, NULL, NULL)) >= 0;) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        rows[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, 0);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, -1);
        } else if (n < 0) {
            return;
        } else {
            data += n;
            size -= (size_t)n;
        }
    }
}

/* False when the connection is over. */
static int serve(int fd)
{
    static char data[65536];
    ssize_t n = recv(fd, data, sizeof(data), 0);
    if (n > 0)
        send_all(fd, data, (size_t)n);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

int main(int argc, char **argv)
{
    int left = argc > 1 ? atoi(argv[1]) : 1, served = 0;
    fcntl(LISTENER, F_SETFL, O_NONBLOCK);
    while (served < left) {
        if (poll(rows, count, -1) < 0) {
            printf("poll: %s\n", strerror(errno));
            return 1;
        }
        for (nfds_t i = count; i-- > 1;)
            if (rows[i].revents != 0 && !serve(rows[i].fd)) {
                close(rows[i].fd);
                rows[i] = rows[--count];
                served++;
            }
        if (rows[0].revents != 0)
            take_connections();
    }
    printf("served %d\n", served);
    return 0;
}
