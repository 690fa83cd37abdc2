/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of a server; see server.h. Each is a TLS link that leads to libmicrohttpd by
 * a pair of sockets, until an upgrade leads it elsewhere. */
#define _GNU_SOURCE
#include "net/server_parts.h"

#include "host/clock.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define TICK_MS  250  /* how exactly deadlines are kept */
#define LOOK_MS  100u /* at the least between two looks */
#define PAUSE_MS 500u /* before descriptors are tried again */
#define TRIM_MS  1000u
#define ACCEPTS  16 /* before others get their turn */

/* ---- one connection ---- */

void connection_release(struct connection *c)
{
    if (c->link == NULL && !c->served)
        free(c);
}

void connection_end_channel(struct connection *c, int error)
{
    if (c->upgrading)
        close(c->channel.fd);
    if ((c->upgrading || c->upgraded) && c->channel.ended != NULL)
        c->channel.ended(c->channel.context, error);
    c->upgrading = c->upgraded = false;
}

static void enlist(struct connection *c)
{
    struct server *s = c->server;
    c->next = s->connections;
    if (c->next != NULL)
        c->next->previous = c;
    s->connections = c;
    s->numbers.open++;
}

static void delist(struct connection *c)
{
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        c->server->connections = c->next;
    c->server->numbers.open--;
    c->server->trim_at = clock_ms() + TRIM_MS;
}

static void on_closed(void *context, struct link *link, int error)
{
    struct connection *c = context;
    c->server->numbers.insecure += !link->secured;
    c->link = NULL;
    delist(c);
    connection_end_channel(c, error);
    connection_release(c);
}

/* Its plaintext becomes libmicrohttpd's. */
static int on_opened(void *context, struct link *link)
{
    struct connection *c = context;
    struct server *s = c->server;
    const struct sockaddr here = {.sa_family = AF_UNIX};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -errno;
    int error = link_attach(link, ends[0]);
    if (error < 0) {
        close(ends[1]);
        return error;
    }
    link->deadline = clock_ms() + SERVER_REQUEST_MS;
    link->patience_ms = SERVER_ANSWER_MS;
    s->adding = c;
    const enum MHD_Result added = s->mhd.add_connection(s->daemon, ends[1], &here, sizeof(here));
    s->adding = NULL;
    return added == MHD_YES ? 0 : -ENOMEM;
}

/* A peer that is gone without a word is noticed within minutes. */
static void watch_peer(int fd)
{
    const int on = 1, idle = 60, interval = 15, count = 4;
    const unsigned patience_ms = 120000;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool has_too_many(const struct server *s, const struct sockaddr_storage *from)
{
    unsigned same = 0;
    for (const struct connection *c = s->connections; c != NULL; c = c->next)
        same += address_same_client(&c->address, from);
    return same >= s->config.connections_of_one_max;
}

static void welcome(struct server *s, int fd, const struct sockaddr_storage *from)
{
    struct connection *c = calloc(1, sizeof(*c));
    struct link *link = c == NULL ? NULL : link_open(s->loop, s->tls, fd);
    if (link == NULL || link_start(link) < 0) {
        if (c == NULL)
            close(fd);
        if (link != NULL)
            link_free(link);
        free(c);
        s->numbers.refused++;
        return;
    }
    *c = (struct connection){.server = s, .link = link, .address = *from};
    link->opened = on_opened;
    link->closed = on_closed;
    link->context = c;
    link->deadline = clock_ms() + SERVER_HANDSHAKE_MS;
    watch_peer(fd);
    enlist(c);
    s->numbers.accepted++;
}

/* ---- listening ---- */

static void on_connect(void *context, uint32_t events)
{
    struct server *s = context;
    (void)events;
    for (int i = 0; i < ACCEPTS && s->numbers.open < s->config.connections_max; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof(from);
        int fd =
            accept4(s->listener.fd, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                s->paused_until = clock_ms() + PAUSE_MS;
            break;
        }
        if (has_too_many(s, &from)) {
            close(fd);
            s->numbers.refused++;
            continue;
        }
        welcome(s, fd, &from);
    }
}

/* Who cannot be served now waits in the kernel's queue. */
static void listen_or_not(struct server *s)
{
    if (s->paused_until != 0 && clock_ms() >= s->paused_until)
        s->paused_until = 0;
    const bool room = s->numbers.open < s->config.connections_max && s->paused_until == 0;
    loop_change(s->loop, &s->listener, room ? EPOLLIN : 0);
}

/* ---- time ---- */

static void end_late(struct server *s)
{
    const uint64_t now = clock_ms();
    for (struct connection *c = s->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->link->deadline == 0 || now < c->link->deadline)
            continue;
        s->numbers.late++;
        link_close(c->link, -ETIMEDOUT);
    }
}

static bool http_is_due(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG wait;
    return s->mhd.get_timeout(s->daemon, &wait) == MHD_YES && wait == 0;
}

/* Clients come and go; what a crowd of them needed is not kept. */
static void give_back(struct server *s)
{
    if (s->trim_at == 0 || s->connections != NULL || clock_ms() < s->trim_at)
        return;
    malloc_trim(0);
    s->trim_at = 0;
}

int server_timeout(const struct server *s)
{
    if (http_is_due(s))
        return 0;
    return s->connections != NULL || s->paused_until != 0 || s->trim_at != 0 ? TICK_MS : -1;
}

void server_run(struct server *s)
{
    const uint64_t now = clock_ms();
    if (http_is_due(s))
        s->mhd.run(s->daemon);
    listen_or_not(s);
    if (now < s->next_look)
        return;
    s->next_look = now + LOOK_MS;
    end_late(s);
    give_back(s);
}

static void on_http(void *context, uint32_t events)
{
    const struct server *s = context;
    (void)events;
    s->mhd.run(s->daemon);
}

/* ---- the whole ---- */

static int watch_http(struct server *s)
{
    const union MHD_DaemonInfo *info = s->mhd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return -ENOSYS;
    s->http = (struct watch){.fd = info->epoll_fd, .ready = on_http, .context = s};
    return loop_add(s->loop, &s->http, EPOLLIN);
}

static int start(struct server *s, struct fault *fault)
{
    struct sockaddr_storage address;
    if (address_parse(s->config.address, &address) < 0)
        return fault_set(fault, -EINVAL,
                         "'%s' is no address to listen on; write one as 127.0.0.1:7443 or "
                         "[::]:7443",
                         s->config.address);
    int error = server_http_start(s, fault);
    if (error < 0)
        return error;
    int fd = listener_open(&address, fault);
    if (fd < 0)
        return fd;
    s->listener = (struct watch){.fd = fd, .ready = on_connect, .context = s};
    address_put(&address, s->address);
    error = watch_http(s);
    if (error == 0)
        error = loop_add(s->loop, &s->listener, EPOLLIN);
    return error < 0 ? fault_system(fault, error, "cannot wait for connections") : 0;
}

int server_open(struct loop *loop, const struct server_config *config, struct server **out,
                struct fault *fault)
{
    struct server *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    s->loop = loop;
    s->config = *config;
    s->tls = config->tls;
    s->listener.fd = s->http.fd = -1;
    int error = start(s, fault);
    if (error < 0) {
        server_close(s);
        return error;
    }
    *out = s;
    return 0;
}

void server_close(struct server *s)
{
    if (s == NULL)
        return;
    if (s->listener.fd >= 0) {
        loop_remove(s->loop, &s->listener);
        close(s->listener.fd);
    }
    while (s->connections != NULL)
        link_close(s->connections->link, -ECANCELED);
    if (s->http.fd >= 0)
        loop_remove(s->loop, &s->http);
    if (s->daemon != NULL)
        s->mhd.stop_daemon(s->daemon);
    free(s);
}

const char *server_address(const struct server *s) { return s->address; }

void server_set_tls(struct server *s, SSL_CTX *tls) { s->tls = tls; }

struct server_numbers server_numbers(const struct server *s) { return s->numbers; }
