/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP echo server on the listener that Enarx.toml opens at descriptor 3. One
 * poll waits for all connections; each has a buffer of its own, so that a peer
 * who does not read stops nobody else. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER        3
#define CONNECTIONS_MAX 128

struct connection {
    size_t size; /* bytes waiting in data */
    char data[16384];
};

/* Row 0 of `polls` is the listener; row i + 1 belongs to connection i. */
struct server {
    struct pollfd polls[1 + CONNECTIONS_MAX];
    struct connection connections[CONNECTIONS_MAX];
    nfds_t count;
};

static void server_accept(struct server *s)
{
    int fd = accept4(LISTENER, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    s->connections[s->count].size = 0;
    s->polls[++s->count] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* The last connection takes the place of the closed one. */
static void server_drop(struct server *s, nfds_t i)
{
    close(s->polls[i + 1].fd);
    s->polls[i + 1] = s->polls[s->count--];
    s->connections[i] = s->connections[s->count];
}

/* Moves what can be moved; false when the connection is over. */
static int echo(int fd, struct connection *c)
{
    if (c->size == 0) {
        ssize_t got = read(fd, c->data, sizeof c->data);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        c->size = (size_t)got;
    }
    ssize_t put = write(fd, c->data, c->size);
    if (put < 0)
        return errno == EAGAIN;
    c->size -= (size_t)put;
    memmove(c->data, c->data + put, c->size);
    return 1;
}

static void server_serve(struct server *s)
{
    for (nfds_t i = s->count; i-- > 0;) {
        struct pollfd *p = &s->polls[i + 1];
        if (p->revents == 0)
            continue;
        if (echo(p->fd, &s->connections[i]))
            p->events = s->connections[i].size > 0 ? POLLOUT : POLLIN;
        else
            server_drop(s, i);
    }
}

int main(void)
{
    static struct server s;
    fcntl(LISTENER, F_SETFL, O_NONBLOCK);
    for (;;) {
        s.polls[0] = (struct pollfd){
            .fd = s.count < CONNECTIONS_MAX ? LISTENER : -1, /* full: the rest may wait */
            .events = POLLIN,
        };
        if (poll(s.polls, s.count + 1, -1) < 0) {
            perror("poll");
            return 1;
        }
        server_serve(&s);
        if (s.polls[0].revents & POLLIN)
            server_accept(&s);
    }
}
