/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets; see listener.h. */
#define _GNU_SOURCE
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 512

/* ---- addresses ---- */

int address_parse(const char *text, struct sockaddr_storage *out)
{
    char host[ADDRESS_TEXT_MAX];
    const char *colon = strrchr(text, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(host))
        return -EINVAL;
    memcpy(host, text, length);
    host[length] = '\0';
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
    };
    struct addrinfo *found = NULL;
    if (colon[1] == '\0' || getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return -EINVAL;
    memset(out, 0, sizeof(*out));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

bool address_is_loopback(const struct sockaddr_storage *a)
{
    const struct in6_addr host = host_address_of((const struct sockaddr *)a);
    return IN6_IS_ADDR_LOOPBACK(&host) || (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == 127);
}

/* Who has one address of IPv6 has a network of them [RFC 6177 2]. */
bool address_same_client(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct in6_addr one = host_address_of((const struct sockaddr *)a),
                          other = host_address_of((const struct sockaddr *)b);
    const bool four = IN6_IS_ADDR_V4MAPPED(&one);
    return four == !!IN6_IS_ADDR_V4MAPPED(&other) && memcmp(&one, &other, four ? 16 : 8) == 0;
}

/* ---- listening ---- */

static socklen_t address_size(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static int bind_and_listen(int fd, struct sockaddr_storage *a)
{
    const int on = 1, off = 0;
    socklen_t size = sizeof(*a);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ss_family == AF_INET6) /* [::] is everybody */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, (const struct sockaddr *)a, address_size(a)) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)a, &size) < 0)
        return -errno;
    return 0;
}

int listener_open(struct sockaddr_storage *address, struct fault *fault)
{
    char text[ADDRESS_TEXT_MAX];
    address_put(address, text);
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = fd < 0 ? -errno : bind_and_listen(fd, address);
    if (error == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    if (error == -EADDRINUSE)
        return fault_set(fault, error, "%s is taken already; choose another port, or 0 for any",
                         text);
    return fault_system(fault, error, "cannot listen on %s", text);
}
