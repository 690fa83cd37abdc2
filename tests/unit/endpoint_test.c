/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners and connections on the loopback interface. */
/* links: host/endpoint.c host/clock.c host/fault.c base/cur.c */
/* libs: -Wl,--wrap=socket -Wl,--wrap=bind */
#define _GNU_SOURCE
#include "host/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static struct fault fault;
static bool without_ipv6;
static bool unprivileged;

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
    if (!without_ipv6 || family != AF_INET6)
        return __real_socket(family, type, protocol);
    errno = EAFNOSUPPORT;
    return -1;
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    if (!unprivileged)
        return __real_bind(fd, address, size);
    errno = EACCES;
    return -1;
}

static struct manifest_stream stream(enum stream_kind kind, const char *host, uint16_t port)
{
    return (struct manifest_stream){
        .kind = kind,
        .name = bytes_of_text("NAME"),
        .protocol = PROTOCOL_TCP,
        .host = bytes_of_text(host),
        .port = port,
    };
}

static int open_one(enum stream_kind kind, const char *host, uint16_t port,
                    struct endpoint *endpoint)
{
    const struct manifest_stream s = stream(kind, host, port);
    fault.text[0] = '\0';
    return endpoints_open(&s, 1, endpoint, &fault);
}

static void expect_fault(const char *part)
{
    if (strstr(fault.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, part);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address;
    socklen_t size = sizeof(address);
    assert_int_equal(getsockname(fd, (void *)&address, &size), 0);
    return ntohs(address.sin6_port); /* at the same place for IPv4 */
}

/* A socket on a free port of 127.0.0.1, which listens or is only bound. */
static int occupy(bool listening, uint16_t *port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const void *)&address, sizeof(address)), 0);
    if (listening)
        assert_int_equal(listen(fd, 8), 0);
    *port = port_of(fd);
    return fd;
}

static uint16_t free_port(void)
{
    uint16_t port;
    close(occupy(false, &port));
    return port;
}

static void expect_no_delay(int fd)
{
    int on = 0;
    socklen_t size = sizeof(on);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_true(on != 0);
}

static void expect_ready_for_a_keep(int fd)
{
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static bool can_connect(int family, const char *address, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = __real_socket(family, SOCK_STREAM, 0);
    int status;
    if (family == AF_INET) {
        inet_pton(AF_INET, address, &in.sin_addr);
        status = connect(fd, (const void *)&in, sizeof(in));
    } else {
        inet_pton(AF_INET6, address, &in6.sin6_addr);
        status = connect(fd, (const void *)&in6, sizeof(in6));
    }
    close(fd);
    return status == 0;
}

static bool has_ipv6(void)
{
    const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = __real_socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && __real_bind(fd, (const void *)&loopback, sizeof(loopback)) == 0;
    close(fd);
    return has;
}

/* ---- listen ---- */

static void listeners_listen(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port = free_port();
    assert_int_equal(open_one(STREAM_LISTEN, "127.0.0.1", port, &e), 0);
    assert_int_equal(port_of(e.fd), port);
    expect_ready_for_a_keep(e.fd);
    assert_true(can_connect(AF_INET, "127.0.0.1", port));
    int accepted = accept(e.fd, NULL, NULL);
    expect_no_delay(accepted);
    close(accepted);
    endpoints_close(&e, 1);
    assert_int_equal(e.fd, -1);
    assert_false(can_connect(AF_INET, "127.0.0.1", port));
    /* At once again, although the connection above has hardly ended. */
    assert_int_equal(open_one(STREAM_LISTEN, "127.0.0.1", port, &e), 0);
    endpoints_close(&e, 1);
}

static void all_addresses_are_both_families(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port = free_port();
    assert_int_equal(open_one(STREAM_LISTEN, "::", port, &e), 0);
    assert_true(can_connect(AF_INET, "127.0.0.1", port));
    if (has_ipv6())
        assert_true(can_connect(AF_INET6, "::1", port));
    endpoints_close(&e, 1);
}

static void without_ipv6_all_is_ipv4(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port = free_port();
    without_ipv6 = true;
    int error = open_one(STREAM_LISTEN, "::", port, &e);
    without_ipv6 = false;
    assert_int_equal(error, 0);
    assert_true(can_connect(AF_INET, "127.0.0.1", port));
    endpoints_close(&e, 1);
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port;
    int fd = occupy(true, &port);
    assert_int_equal(open_one(STREAM_LISTEN, "127.0.0.1", port, &e), -EADDRINUSE);
    assert_int_equal(e.fd, -1);
    char place[40];
    snprintf(place, sizeof(place), "stream NAME (127.0.0.1:%u)", port);
    expect_fault(place);
    expect_fault("the port is in use; end the program that listens there, or choose another");
    close(fd);
}

static void other_failures_say_what_to_do(void **state)
{
    (void)state;
    struct endpoint e;
    unprivileged = true;
    int error = open_one(STREAM_LISTEN, "127.0.0.1", 80, &e);
    unprivileged = false;
    assert_int_equal(error, -EACCES);
    expect_fault("(127.0.0.1:80): this port needs a privilege; choose one from 1024 on");
    assert_int_equal(open_one(STREAM_LISTEN, "192.0.2.1", free_port(), &e), -EADDRNOTAVAIL);
    expect_fault("this machine has no such address");
    assert_int_equal(open_one(STREAM_LISTEN, "not an address", 4242, &e), -EHOSTUNREACH);
    expect_fault("cannot find the address of not an address");
    without_ipv6 = true;
    error = open_one(STREAM_LISTEN, "::1", 4242, &e);
    without_ipv6 = false;
    assert_int_equal(error, -EAFNOSUPPORT);
    expect_fault("stream NAME ([::1]:4242): cannot listen: ");
}

/* ---- connect ---- */

static void connections_connect(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port;
    int listener = occupy(true, &port);
    assert_int_equal(open_one(STREAM_CONNECT, "127.0.0.1", port, &e), 0);
    expect_ready_for_a_keep(e.fd);
    expect_no_delay(e.fd);
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(write(peer, "x", 1), 1);
    char c = 0;
    assert_int_equal(recv(e.fd, &c, 1, 0), 1);
    assert_int_equal(c, 'x');
    close(peer);
    endpoints_close(&e, 1);
    close(listener);
}

/* "localhost" is ::1 first on many systems, where nothing listens. */
static void every_address_is_tried(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port;
    int listener = occupy(true, &port);
    assert_int_equal(open_one(STREAM_CONNECT, "localhost", port, &e), 0);
    endpoints_close(&e, 1);
    close(listener);
}

static void refused_and_unknown_are_told_apart(void **state)
{
    (void)state;
    struct endpoint e;
    assert_int_equal(open_one(STREAM_CONNECT, "127.0.0.1", free_port(), &e), -ECONNREFUSED);
    expect_fault("nothing listens there; is it running?");
    assert_int_equal(e.fd, -1);
    assert_int_equal(open_one(STREAM_CONNECT, "256.0.0.1", 80, &e), -EHOSTUNREACH);
    expect_fault("stream NAME (256.0.0.1:80): cannot find the address of 256.0.0.1: ");
    char host[300];
    memset(host, 'x', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    assert_int_equal(open_one(STREAM_CONNECT, host, 80, &e), -EINVAL);
    expect_fault("stream NAME: its host name is too long");
}

static void on_alarm(int number) { (void)number; }

/* A listener whose queue is full answers nobody: the wait can be interrupted. */
static void a_signal_ends_the_wait(void **state)
{
    (void)state;
    struct endpoint e;
    uint16_t port;
    int listener = occupy(false, &port);
    assert_int_equal(listen(listener, 0), 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int queued[4];
    for (size_t i = 0; i < ARRAY_COUNT(queued); i++) {
        queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(queued[i], (const void *)&address, sizeof(address));
    }
    const struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval soon = {.it_value.tv_usec = 200000};
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(open_one(STREAM_CONNECT, "127.0.0.1", port, &e), -EINTR);
    for (size_t i = 0; i < ARRAY_COUNT(queued); i++)
        close(queued[i]);
    close(listener);
}

/* ---- only some addresses ---- */

static bool allow(void *context, const struct sockaddr *address)
{
    struct sockaddr_in four;
    const uint32_t *allowed = context;
    if (address->sa_family != AF_INET)
        return false;
    memcpy(&four, address, sizeof(four));
    return ntohl(four.sin_addr.s_addr) == *allowed;
}

static int open_filtered(enum stream_kind kind, const char *host, uint16_t port, uint32_t allowed)
{
    const struct manifest_stream s = stream(kind, host, port);
    const struct endpoint_filter filter = {.allows = allow, .context = &allowed};
    const int fd = endpoint_open(&s, &filter, &fault);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : fd;
}

static void only_allowed_addresses_are_used(void **state)
{
    (void)state;
    uint16_t port;
    const int listener = occupy(true, &port);
    const uint16_t other = free_port();
    assert_int_equal(open_filtered(STREAM_CONNECT, "127.0.0.1", port, 0x7f000001), 0);
    assert_int_equal(open_filtered(STREAM_CONNECT, "localhost", port, 0x7f000001), 0);
    assert_int_equal(open_filtered(STREAM_CONNECT, "127.0.0.1", port, 0x7f000002), -EPERM);
    assert_int_equal(open_filtered(STREAM_LISTEN, "127.0.0.1", other, 0x7f000001), 0);
    assert_int_equal(open_filtered(STREAM_LISTEN, "127.0.0.2", other, 0x7f000001), -EPERM);
    assert_int_equal(open_filtered(STREAM_LISTEN, "::", other, 0x7f000001), -EPERM);
    close(listener);
}

/* ---- all streams ---- */

static void only_network_streams_are_opened(void **state)
{
    (void)state;
    const struct manifest_stream streams[] = {
        {.kind = STREAM_NULL, .name = bytes_of_text("null")},
        {.kind = STREAM_STDIN, .name = bytes_of_text("stdin")},
        stream(STREAM_LISTEN, "127.0.0.1", free_port()),
        {.kind = STREAM_STDOUT, .name = bytes_of_text("stdout")},
        {.kind = STREAM_STDERR, .name = bytes_of_text("stderr")},
    };
    struct endpoint e[ARRAY_COUNT(streams)];
    assert_int_equal(endpoints_open(streams, ARRAY_COUNT(streams), e, &fault), 0);
    for (size_t i = 0; i < ARRAY_COUNT(streams); i++)
        assert_true((e[i].fd >= 0) == (i == 2));
    endpoints_close(e, ARRAY_COUNT(streams));
}

static void on_failure_nothing_stays_open(void **state)
{
    (void)state;
    uint16_t port = free_port();
    const struct manifest_stream streams[] = {
        stream(STREAM_LISTEN, "127.0.0.1", port),
        stream(STREAM_LISTEN, "127.0.0.1", port),
    };
    struct endpoint e[ARRAY_COUNT(streams)];
    assert_int_equal(endpoints_open(streams, ARRAY_COUNT(streams), e, &fault), -EADDRINUSE);
    assert_true(e[0].fd == -1 && e[1].fd == -1);
    assert_false(can_connect(AF_INET, "127.0.0.1", port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listeners_listen),
        cmocka_unit_test(all_addresses_are_both_families),
        cmocka_unit_test(without_ipv6_all_is_ipv4),
        cmocka_unit_test(a_port_in_use_is_named),
        cmocka_unit_test(other_failures_say_what_to_do),
        cmocka_unit_test(connections_connect),
        cmocka_unit_test(every_address_is_tried),
        cmocka_unit_test(refused_and_unknown_are_told_apart),
        cmocka_unit_test(a_signal_ends_the_wait),
        cmocka_unit_test(only_allowed_addresses_are_used),
        cmocka_unit_test(only_network_streams_are_opened),
        cmocka_unit_test(on_failure_nothing_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
