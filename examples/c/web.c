/* SPDX-License-Identifier: Apache-2.0 */
/* A web server on the listener that Enarx.toml opens at descriptor 3, with many connections
 * in one poll, each for as many requests as its client sends. Whether the stream speaks TLS
 * is no concern of the program's. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER 3
#ifndef CONNECTIONS_MAX
#define CONNECTIONS_MAX 256
#endif

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 14\r\n"
                             "\r\n"
                             "Hello, Enarx!\n";

struct connection {
    size_t size; /* bytes of a request so far */
    char request[4096];
};

/* Row 0 of `polls` is the listener; row i + 1 belongs to connection i. */
static struct pollfd polls[1 + CONNECTIONS_MAX] = {{.fd = LISTENER, .events = POLLIN}};
static struct connection connections[CONNECTIONS_MAX];
static nfds_t count;

static void accept_all(void)
{
    for (int fd; count < CONNECTIONS_MAX && (fd = accept(LISTENER, NULL, NULL)) >= 0;) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        connections[count].size = 0;
        polls[++count] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

/* The last connection takes the place of the closed one. */
static void drop(nfds_t i)
{
    close(polls[i + 1].fd);
    polls[i + 1] = polls[count--];
    connections[i] = connections[count];
}

/* Answers each whole request; false when the connection is over. An answer is small: a
 * client that does not take it has gone. */
static int serve(int fd, struct connection *c)
{
    const ssize_t got = read(fd, c->request + c->size, sizeof(c->request) - 1 - c->size);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    c->size += (size_t)got;
    c->request[c->size] = '\0';
    for (char *end; (end = strstr(c->request, "\r\n\r\n")) != NULL;) {
        const size_t used = (size_t)(end + 4 - c->request);
        if (write(fd, answer, sizeof(answer) - 1) != (ssize_t)(sizeof(answer) - 1))
            return 0;
        c->size -= used;
        memmove(c->request, c->request + used, c->size + 1);
    }
    return c->size < sizeof(c->request) - 1;
}

int main(void)
{
    if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) < 0) {
        perror("no listener: is Enarx.toml given?");
        return 1;
    }
    while (poll(polls, 1 + count, -1) >= 0) {
        for (nfds_t i = count; i-- > 0;) {
            if (polls[i + 1].revents != 0 && !serve(polls[i + 1].fd, &connections[i]))
                drop(i);
        }
        if (polls[0].revents != 0)
            accept_all();
    }
    perror("poll");
    return 1;
}
