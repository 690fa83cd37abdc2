/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets for handles; see port_sockets.h. */
#define _GNU_SOURCE
#include "tests/unit/port_sockets.h"

#include "tls/session.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define BUFFER 65536

struct port_sockets host;

struct row {
    int32_t handle;
    uint16_t want, ready;
};

static int64_t result_of(int64_t n) { return n < 0 ? -errno : n; }

static int64_t poll_once(const struct port_call *c, struct row *rows, size_t count)
{
    static struct pollfd polls[PORT_POLL_MAX];
    (void)c;
    for (size_t i = 0; i < count; i++)
        polls[i] =
            (struct pollfd){.fd = rows[i].handle,
                            .events = (short)((rows[i].want & PORT_POLL_READ ? POLLIN : 0) |
                                              (rows[i].want & PORT_POLL_WRITE ? POLLOUT : 0))};
    int64_t ready = host.deaf ? 0 : poll(polls, count, 0);
    for (size_t i = 0; i < count; i++) {
        const short all = POLLIN | POLLOUT, got = host.deaf   ? 0
                                                  : host.liar ? all
                                                              : polls[i].revents;
        rows[i].ready = (uint16_t)((got & (POLLIN | POLLHUP | POLLERR) ? PORT_POLL_READ : 0) |
                                   (got & (POLLOUT | POLLERR) ? PORT_POLL_WRITE : 0));
        rows[i].ready &= rows[i].want;
        rows[i].ready |= (uint16_t)(got & POLLHUP ? PORT_POLL_HANGUP : 0);
    }
    return ready;
}

static int64_t serve_poll(const struct port_call *c)
{
    struct row *rows = c->out;
    const size_t count = c->in_size / sizeof(*rows);
    if (host.polls++ > 100000)
        fail_msg("polls for ever");
    host.polled = count;
    int64_t ready = poll_once(c, rows, count);
    host.now += host.liar ? 1000000 : 0;
    if (ready != 0 || host.liar || c->arg[0] == 0)
        return ready;
    if (host.idle != NULL) {
        host.idle();
        ready = poll_once(c, rows, count);
    }
    if (ready == 0 && c->arg[0] == PORT_FOREVER && host.idle == NULL)
        fail_msg("waits for ever");
    if (ready == 0 && c->arg[0] != PORT_FOREVER)
        host.now += c->arg[0];
    return ready;
}

static int64_t serve_exchange(const struct port_call *c)
{
    const size_t size = host.collateral.size, from = c->arg[2] < size ? c->arg[2] : size;
    host.exchanges++;
    if (host.steward != NULL &&
        (c->arg[0] == PORT_BLOB_STEWARD_NONCE || c->arg[0] == PORT_BLOB_STEWARD_CERTIFICATE))
        return host.steward(c);
    if (c->arg[0] != PORT_BLOB_COLLATERAL || size == 0)
        return -ENOENT;
    if (c->out_size > 0)
        memcpy(c->out, host.collateral.data + from,
               c->out_size < size - from ? c->out_size : size - from);
    return (int64_t)size;
}

static int64_t serve_log(const struct port_call *c)
{
    const size_t length = strlen(host.log);
    snprintf(host.log + length, sizeof(host.log) - length, "%.*s\n", (int)c->in_size,
             (const char *)c->in);
    return 0;
}

static int64_t entry(const struct port_call *c)
{
    const int fd = (int)c->arg[0];
    const size_t most = host.write_most == 0 ? SIZE_MAX : host.write_most;
    switch (c->verb) {
    case PORT_READ:
        return result_of(recv(fd, c->out, c->out_size, MSG_DONTWAIT));
    case PORT_WRITE:
        return result_of(
            send(fd, c->in, c->in_size < most ? c->in_size : most, MSG_DONTWAIT | MSG_NOSIGNAL));
    case PORT_CLOSE:
        host.closes++;
        return result_of(close(fd));
    case PORT_ACCEPT:
        return host.full ? -EMFILE : result_of(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
    case PORT_LISTEN:
    case PORT_CONNECT:
        return host.open != NULL ? host.open(c) : host.stream;
    case PORT_POLL:
        return serve_poll(c);
    case PORT_EXCHANGE:
        return serve_exchange(c);
    case PORT_LOG:
        return serve_log(c);
    default:
        return -ENOSYS;
    }
}

static uint64_t clock_now(uint64_t clock)
{
    return host.now + (clock == PORT_CLOCK_REALTIME ? host.ahead : 0);
}

unsigned long getauxval(unsigned long type)
{
    static const struct boot_record boot = {.mode = BOOT_DEPLOY};
    if (type == AT_ENARX_BOOT && host.deploys)
        return (unsigned long)&boot;
    return type == AT_ENARX_PORT       ? (unsigned long)entry
           : type == AT_ENARX_CLOCK    ? (unsigned long)clock_now
           : type == AT_ENARX_EVIDENCE ? (unsigned long)host.evidence
                                       : 0;
}

void socket_pair(int pair[static 2])
{
    const int size = BUFFER;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

int socket_listen(void)
{
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const void *)&any, sizeof(sa_family_t)), 0); /* a name of its own */
    assert_int_equal(listen(fd, 1024), 0);
    return fd;
}

int socket_connect(int listener)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    assert_int_equal(getsockname(listener, (void *)&name, &size), 0);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(fd, (const void *)&name, size), 0);
    return fd;
}

void socket_carry(struct tls_session *s, int fd)
{
    static uint8_t buffer[1 << 18];
    for (struct bytes out; (out = tls_session_outgoing(s)).size > 0;) {
        const ssize_t sent = send(fd, out.data, out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        tls_session_sent(s, (size_t)sent);
    }
    for (size_t room; (room = tls_session_room(s)) > 0;) {
        const ssize_t got =
            recv(fd, buffer, room < sizeof(buffer) ? room : sizeof(buffer), MSG_DONTWAIT);
        if (got == 0)
            tls_session_feed_end(s);
        if (got <= 0)
            break;
        assert_int_equal(tls_session_feed(s, (struct bytes){buffer, (size_t)got}), got);
    }
}
