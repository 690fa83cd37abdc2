/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of the echo measurement: load PORT CONNECTIONS SECONDS [reconnect].
 * Each connection has one 64-byte message under way; prints answers per second.
 * Checks every answer: trusts neither server nor engine to echo.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS_MAX = 128, MESSAGE = 64 };

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct linger reset = {.l_onoff = 1};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* Closing by reset leaves no port in TIME_WAIT. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return fd;
}

static void ask(int fd, unsigned long number)
{
    char message[MESSAGE] = "echo";

    memcpy(message + 8, &number, sizeof(number));
    if (send(fd, message, sizeof(message), MSG_NOSIGNAL) != MESSAGE)
        die("send");
}

static void check(int fd, unsigned long number)
{
    char want[MESSAGE] = "echo", got[MESSAGE];

    memcpy(want + 8, &number, sizeof(number));
    if (recv(fd, got, MESSAGE, MSG_WAITALL) != MESSAGE)
        die("recv");
    if (memcmp(want, got, MESSAGE) != 0) {
        fputs("a wrong answer\n", stderr);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    uint16_t port = (uint16_t)atoi(argc > 3 ? argv[1] : "0");
    nfds_t count = (nfds_t)atoi(argc > 3 ? argv[2] : "0");
    bool reconnect = argc > 4;
    static struct pollfd fds[CONNS_MAX];
    static unsigned long sent[CONNS_MAX];
    unsigned long answers = 0;

    if (!port || !count || count > CONNS_MAX) {
        fputs("usage: load PORT CONNECTIONS SECONDS [reconnect]\n", stderr);
        return 2;
    }
    for (nfds_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = dial(port), .events = POLLIN};
        ask(fds[i].fd, sent[i]);
    }
    /* The clock starts when the server has. */
    for (nfds_t i = 0; i < count; i++) {
        check(fds[i].fd, sent[i]);
        ask(fds[i].fd, ++sent[i]);
    }
    double start = now(), end = start + atof(argv[3]);
    while (now() < end) {
        if (poll(fds, count, 1000) <= 0)
            die("no answer within a second: poll");
        for (nfds_t i = 0; i < count; i++) {
            if (!fds[i].revents)
                continue;
            check(fds[i].fd, sent[i]);
            answers++;
            if (reconnect) {
                close(fds[i].fd);
                fds[i].fd = dial(port);
            }
            ask(fds[i].fd, ++sent[i]);
        }
    }
    printf("%.1f\n", (double)answers / (now() - start));
    return 0;
}
