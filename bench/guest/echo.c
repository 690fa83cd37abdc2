/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP echo server over the listener at descriptor 3: poll, accept, and send
 * back what comes. Ends when a client sends a message that starts with "quit".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, CONNS_MAX = 128, MESSAGE_MAX = 4096 };

/* False when the connection has ended. */
static bool echo(int fd, bool *quit)
{
    static char buf[MESSAGE_MAX];
    ssize_t got = recv(fd, buf, sizeof(buf), 0);

    if (got < 0)
        return errno == EAGAIN;
    if (got >= 4 && memcmp(buf, "quit", 4) == 0)
        *quit = true;
    return got > 0 && send(fd, buf, (size_t)got, 0) == got;
}

static nfds_t admit(struct pollfd *fds, nfds_t count)
{
    int fd;

    while (count <= CONNS_MAX && (fd = accept4(LISTENER, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return count;
}

int main(void)
{
    static struct pollfd fds[CONNS_MAX + 1] = {{.fd = LISTENER, .events = POLLIN}};
    nfds_t count = 1;
    bool quit = false;

    if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) < 0) {
        perror("listener");
        return 1;
    }
    while (!quit) {
        if (poll(fds, count, -1) < 0)
            return 1;
        for (nfds_t i = count - 1; i > 0; i--) {
            if (fds[i].revents && !echo(fds[i].fd, &quit)) {
                close(fds[i].fd);
                fds[i] = fds[--count];
            }
        }
        if (fds[0].revents)
            count = admit(fds, count);
    }
    return 0;
}
