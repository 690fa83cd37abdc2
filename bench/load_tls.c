/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of the TLS measurement: load_tls PORT MODE CONNECTIONS SECONDS. MODE is
 * "http": requests over connections that stay; "echo": 64 bytes there and back over such;
 * "handshake": a connection for each request;
 * "crowd": requests over a hundred connections at a time, of as many as are given, while a
 * thousand others came and never said a word; "bulk": how fast bytes come. Prints what
 * happened per second, and for requests the 99th percentile of their time in seconds.
 * Trusts the server's certificate, whatever it is.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS_MAX = 16384, BATCH = 32, ACTIVE = 100, STALLED = 1000, TIMES_MAX = 1 << 22 };

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char message[64] = "echo";

struct conn {
    SSL *ssl;
    int fd;
    double since; /* of the request under way, or of the connection */
};

static SSL_CTX *ctx;
static double times[TIMES_MAX];
static size_t done;
static uint16_t port;
static bool reconnects, echoes;
static struct conn conns[CONNS_MAX];
static size_t total, active; /* connections: all, and those with a request under way */

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

static int dial_plain(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct linger reset = {.l_onoff = 1};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void dial(struct conn *c)
{
    c->fd = dial_plain();
    c->ssl = SSL_new(ctx);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_connect_state(c->ssl);
    c->since = now();
}

static void hang_up(struct conn *c)
{
    SSL_free(c->ssl);
    close(c->fd);
}

static bool waits(struct conn *c, int result)
{
    const int error = SSL_get_error(c->ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void ask(struct conn *c)
{
    const char *what = echoes ? message : request;
    const int size = echoes ? (int)sizeof(message) : (int)sizeof(request) - 1;

    if (SSL_write(c->ssl, what, size) != size)
        die("write");
}

/* A whole answer ends so; there is one at a time. */
static bool is_whole(const char *data, size_t size)
{
    if (echoes)
        return size == sizeof(message) && memcmp(data, message, size) == 0;
    return size > 14 && memcmp(data + size - 14, "Hello, Enarx!\n", 14) == 0;
}

static void shake(struct conn *c)
{
    const int n = SSL_do_handshake(c->ssl);

    if (n != 1 && !waits(c, n))
        die("handshake");
    if (n == 1)
        ask(c);
}

/* Whether that made its answer whole. */
static bool is_answered(struct conn *c)
{
    static char data[65536];
    int n;

    if (!SSL_is_init_finished(c->ssl)) {
        shake(c);
        return false;
    }
    n = SSL_read(c->ssl, data, sizeof(data));
    if (n <= 0) {
        if (!waits(c, n))
            die("read");
        return false;
    }
    if (!is_whole(data, (size_t)n))
        die("answer");
    if (done < TIMES_MAX)
        times[done] = now() - c->since;
    done++;
    return true;
}

/* Another connection's turn: those that have no request under way are a circle. */
static void take_turns(struct conn *c)
{
    static size_t next;
    struct conn *other = &conns[active + next++ % (total - active)];
    const struct conn answered = *c;

    *c = *other;
    *other = answered;
}

static void go_on(struct conn *c)
{
    if (!is_answered(c))
        return;
    if (reconnects) {
        hang_up(c);
        dial(c);
        shake(c);
        return;
    }
    if (total > active)
        take_turns(c);
    c->since = now();
    ask(c);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void serve(double span)
{
    static struct pollfd polls[CONNS_MAX];
    const double start = now();

    while (now() - start < span || done == 0) {
        for (size_t i = 0; i < active; i++)
            polls[i] = (struct pollfd){.fd = conns[i].fd, .events = POLLIN};
        if (poll(polls, active, 100000) <= 0)
            die("poll");
        for (size_t i = 0; i < active; i++) {
            if (polls[i].revents != 0)
                go_on(&conns[i]);
        }
    }
    span = now() - start;
    size_t kept = done < TIMES_MAX ? done : TIMES_MAX;
    qsort(times, kept, sizeof(times[0]), compare);
    printf("%.2f %.6f\n", (double)done / span, times[kept - 1 - kept / 100]);
}

static void requests(size_t count, double span)
{
    total = active = count;
    for (size_t i = 0; i < count; i++) {
        dial(&conns[i]);
        shake(&conns[i]);
    }
    serve(span);
}

/* `count` connections more, each with an answer. */
static void gather(struct conn *some, size_t count)
{
    struct pollfd polls[BATCH];
    size_t left = count;

    for (size_t i = 0; i < count; i++) {
        dial(&some[i]);
        shake(&some[i]);
        polls[i] = (struct pollfd){.fd = some[i].fd, .events = POLLIN};
    }
    while (left > 0) {
        if (poll(polls, count, 100000) <= 0)
            die("poll");
        for (size_t i = 0; i < count; i++) {
            if (polls[i].revents == 0 || !is_answered(&some[i]))
                continue;
            polls[i].fd = -1;
            left--;
        }
    }
}

static void need_descriptors(size_t count)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max < count) {
        fprintf(stderr, "load_tls: needs %zu descriptors: see ulimit -Hn\n", count);
        exit(1);
    }
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Between those that talk come those that never say a word. */
static void crowd(size_t count, double span)
{
    size_t stalled = 0;

    need_descriptors(count + STALLED + 16);
    for (size_t at = 0; at < count; at += BATCH) {
        gather(conns + at, count - at < BATCH ? count - at : BATCH);
        for (; stalled * count < STALLED * at; stalled++)
            (void)dial_plain();
    }
    done = 0;
    total = count;
    active = count < ACTIVE ? count : ACTIVE;
    for (size_t i = 0; i < active; i++) {
        conns[i].since = now();
        ask(&conns[i]);
    }
    serve(span);
}

/* To the end. */
static void bulk(void)
{
    static char data[1 << 18];
    struct conn c;
    double size = 0;

    dial(&c);
    fcntl(c.fd, F_SETFL, 0);
    if (SSL_do_handshake(c.ssl) != 1 || SSL_write(c.ssl, "go", 2) != 2)
        die("handshake");
    const double start = now();
    for (int n; (n = SSL_read(c.ssl, data, sizeof(data))) > 0;)
        size += n;
    printf("%.2f %.6f\n", size / (now() - start), 0.0);
    hang_up(&c);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return fprintf(stderr, "usage: load_tls PORT MODE CONNECTIONS SECONDS\n"), 2;
    const size_t count = (size_t)atoi(argv[3]);
    port = (uint16_t)atoi(argv[1]);
    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    reconnects = strcmp(argv[2], "handshake") == 0;
    echoes = strcmp(argv[2], "echo") == 0;
    if (count > CONNS_MAX)
        return 2;
    if (strcmp(argv[2], "bulk") == 0)
        bulk();
    else if (strcmp(argv[2], "crowd") == 0)
        crowd(count, atof(argv[4]));
    else
        requests(count, atof(argv[4]));
    return 0;
}
