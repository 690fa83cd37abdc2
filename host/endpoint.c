/* SPDX-License-Identifier: Apache-2.0 */
/* Opens network streams; see endpoint.h. Trusts the system's resolver to answer,
 * not to answer truly. */
#define _GNU_SOURCE
#include "host/endpoint.h"

#include "host/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG            1024
#define CONNECT_TIMEOUT_MS 10000

/* A stream as messages name it and as the resolver wants it. */
struct target {
    char name[64];  /* cut where too long */
    char host[256]; /* [RFC 1035 2.3.4] allows 253 characters */
    char port[6];
    bool bracketed;                       /* an IPv6 address */
    const struct endpoint_filter *filter; /* null: every address will do */
};

/* "stream NAME (HOST:PORT)" in messages */
#define TARGET_FORMAT "stream %s (%s%s%s:%s)"
#define TARGET_ARGS(t) \
    (t)->name, (t)->bracketed ? "[" : "", (t)->host, (t)->bracketed ? "]" : "", (t)->port

static int target_init(const struct manifest_stream *stream, struct target *t, struct fault *fault)
{
    int name_size = stream->name.size < sizeof(t->name) ? (int)stream->name.size : 63;
    snprintf(t->name, sizeof(t->name), "%.*s", name_size, (const char *)stream->name.data);
    snprintf(t->port, sizeof(t->port), "%u", (unsigned)stream->port);
    if (stream->host.size >= sizeof(t->host))
        return fault_set(fault, -EINVAL, "stream %s: its host name is too long", t->name);
    memcpy(t->host, stream->host.data, stream->host.size);
    t->host[stream->host.size] = '\0';
    t->bracketed = strchr(t->host, ':') != NULL;
    return 0;
}

static int resolve(const struct target *t, int flags, struct addrinfo **found, struct fault *fault)
{
    const struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_protocol = IPPROTO_TCP,
    };
    int status = getaddrinfo(t->host, t->port, &hints, found);
    if (status == 0)
        return 0;
    const char *why = status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status);
    return fault_set(fault, -EHOSTUNREACH, TARGET_FORMAT ": cannot find the address of %s: %s",
                     TARGET_ARGS(t), t->host, why);
}

static bool is_allowed(const struct target *t, const struct addrinfo *a)
{
    return t->filter == NULL || t->filter->allows(t->filter->context, a->ai_addr);
}

/* What a program writes in one go is sent at once. Connections have this from
 * their listener. */
static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    const int on = 1;
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd < 0 ? -errno : fd;
}

/* ---- listen ---- */

static int listen_at(const struct sockaddr *address, socklen_t size)
{
    int fd = new_socket(address->sa_family);
    if (fd < 0)
        return fd;
    const int on = 1;
    const int off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6) /* "::" takes IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

/* Where the system has no IPv6, "::" means "0.0.0.0". */
static bool is_missing_ipv6(const struct addrinfo *a, int error)
{
    const struct sockaddr_in6 *in6 = (const void *)a->ai_addr;
    return (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL) && a->ai_family == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

static int listen_first(const struct target *t, const struct addrinfo *addresses)
{
    int result = -EPERM;
    for (const struct addrinfo *a = addresses; a != NULL && result < 0; a = a->ai_next) {
        if (!is_allowed(t, a))
            continue;
        result = listen_at(a->ai_addr, a->ai_addrlen);
        if (result >= 0 || !is_missing_ipv6(a, result))
            continue;
        const struct sockaddr_in any = {
            .sin_family = AF_INET,
            .sin_port = ((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_port,
        };
        result = listen_at((const void *)&any, sizeof(any));
    }
    return result;
}

static int explain_listen(const struct target *t, int error, struct fault *fault)
{
    switch (error) {
    case -EADDRINUSE:
        return fault_set(fault, error,
                         TARGET_FORMAT ": the port is in use; end the program that listens there, "
                                       "or choose another port in Enarx.toml",
                         TARGET_ARGS(t));
    case -EACCES:
        return fault_set(fault, error,
                         TARGET_FORMAT ": this port needs a privilege; choose one from 1024 on in "
                                       "Enarx.toml, or grant the privilege CAP_NET_BIND_SERVICE",
                         TARGET_ARGS(t));
    case -EADDRNOTAVAIL:
        return fault_set(fault, error,
                         TARGET_FORMAT ": this machine has no such address; \"::\" stands for all "
                                       "that it has",
                         TARGET_ARGS(t));
    default:
        return fault_system(fault, error, TARGET_FORMAT ": cannot listen", TARGET_ARGS(t));
    }
}

static int open_listener(const struct target *t, struct fault *fault)
{
    struct addrinfo *addresses;
    int result = resolve(t, AI_PASSIVE, &addresses, fault);
    if (result < 0)
        return result;
    result = listen_first(t, addresses);
    freeaddrinfo(addresses);
    return result < 0 ? explain_listen(t, result, fault) : result;
}

/* ---- connect ---- */

/* Waits for a connection under way: 0 or why it failed. */
static int wait_connected(int fd, int64_t timeout_ms)
{
    struct pollfd row = {.fd = fd, .events = POLLOUT};
    int ready = poll(&row, 1, timeout_ms > 0 ? (int)timeout_ms : 0);
    if (ready < 0)
        return -errno;
    if (ready == 0)
        return -ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return -error;
}

static int connect_to(const struct addrinfo *a, int64_t timeout_ms)
{
    int fd = new_socket(a->ai_family);
    if (fd < 0)
        return fd;
    int error = connect(fd, a->ai_addr, a->ai_addrlen) < 0 ? -errno : 0;
    if (error == -EINPROGRESS)
        error = wait_connected(fd, timeout_ms);
    if (error < 0) {
        close(fd);
        return error;
    }
    return fd;
}

/* Each address gets an equal share of the time that is left, so that one that
 * never answers does not keep the others from being tried. */
static int connect_first(const struct target *t, const struct addrinfo *addresses)
{
    int64_t deadline = (int64_t)clock_ms() + CONNECT_TIMEOUT_MS;
    int64_t count = 0;
    for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next)
        count += is_allowed(t, a);
    int result = -EPERM;
    for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next) {
        if (!is_allowed(t, a))
            continue;
        result = connect_to(a, (deadline - (int64_t)clock_ms()) / count--);
        if (result >= 0 || result == -EINTR)
            break;
    }
    return result;
}

static int open_connection(const struct target *t, struct fault *fault)
{
    struct addrinfo *addresses;
    int result = resolve(t, 0, &addresses, fault);
    if (result < 0)
        return result;
    result = connect_first(t, addresses);
    freeaddrinfo(addresses);
    if (result == -ECONNREFUSED)
        return fault_set(fault, result, TARGET_FORMAT ": nothing listens there; is it running?",
                         TARGET_ARGS(t));
    return result < 0
               ? fault_system(fault, result, TARGET_FORMAT ": cannot connect", TARGET_ARGS(t))
               : result;
}

/* ---- all streams ---- */

int endpoint_open(const struct manifest_stream *stream, const struct endpoint_filter *filter,
                  struct fault *fault)
{
    struct target t;
    int error = target_init(stream, &t, fault);
    if (error < 0)
        return error;
    t.filter = filter;
    return stream->kind == STREAM_LISTEN ? open_listener(&t, fault) : open_connection(&t, fault);
}

int endpoints_open(const struct manifest_stream *streams, size_t count, struct endpoint *endpoints,
                   struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        endpoints[i].fd = -1;
    for (size_t i = 0; i < count; i++) {
        if (streams[i].kind != STREAM_LISTEN && streams[i].kind != STREAM_CONNECT)
            continue;
        int result = endpoint_open(&streams[i], NULL, fault);
        if (result < 0) {
            endpoints_close(endpoints, count);
            return result;
        }
        endpoints[i].fd = result;
    }
    return 0;
}

void endpoints_close(struct endpoint *endpoints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (endpoints[i].fd >= 0)
            close(endpoints[i].fd);
        endpoints[i].fd = -1;
    }
}
