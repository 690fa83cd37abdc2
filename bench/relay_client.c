/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of the relay measurement: relay_client PORT PATH give|take SIZE. TLS 1.3 to
 * the loopback, an HTTP upgrade for PATH unless that is "-", then SIZE bytes from or to
 * relay_keep.c. Prints bytes per second, from the request to the last byte.
 */
#define _GNU_SOURCE
#include "base/put.h"

#include <arpa/inet.h>
#include <err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536u

static uint8_t chunk[CHUNK];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static SSL *dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context == NULL ? NULL : SSL_new(context);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        err(1, "connect");
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        errx(1, "no TLS");
    return ssl;
}

static void must_write(SSL *ssl, const void *data, size_t size)
{
    if (size > 0 && SSL_write(ssl, data, (int)size) != (int)size)
        errx(1, "the relay takes no more");
}

static size_t must_read(SSL *ssl, size_t size)
{
    const int done = SSL_read(ssl, chunk, (int)(size < CHUNK ? size : CHUNK));
    if (done <= 0)
        errx(1, "the relay gives no more");
    return (size_t)done;
}

/* One byte at a time: what follows the head is not ours. */
static void upgrade(SSL *ssl, const char *path)
{
    char text[512];
    size_t size = 0;
    const int length = snprintf(text, sizeof(text),
                                "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                                "Upgrade: enarx-keep/1\r\n\r\n",
                                path);
    must_write(ssl, text, (size_t)length);
    while (size < 4 || memcmp(text + size - 4, "\r\n\r\n", 4) != 0) {
        if (size == sizeof(text))
            errx(1, "a head without end");
        must_read(ssl, 1);
        text[size++] = (char)chunk[0];
    }
    if (strncmp(text, "HTTP/1.1 101", 12) != 0)
        errx(1, "no upgrade: %.*s", (int)size, text);
}

static void transfer(SSL *ssl, bool give, uint64_t size)
{
    uint8_t request[9];
    struct put p = put_init(request, sizeof(request));
    put_u8(&p, give ? 'g' : 't');
    put_le64(&p, size);
    must_write(ssl, request, sizeof(request));
    while (size > 0) {
        size_t part = size < CHUNK ? (size_t)size : CHUNK;
        if (give)
            part = must_read(ssl, part);
        else
            must_write(ssl, chunk, part);
        size -= part;
    }
    if (!give)
        must_read(ssl, 1);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: relay_client PORT PATH give|take SIZE");
    SSL *ssl = dial((uint16_t)strtoul(argv[1], NULL, 10));
    const uint64_t size = strtoull(argv[4], NULL, 10);
    if (strcmp(argv[2], "-") != 0)
        upgrade(ssl, argv[2]);
    const double start = now();
    transfer(ssl, strcmp(argv[3], "give") == 0, size);
    printf("%.0f\n", (double)size / (now() - start));
    return 0;
}
