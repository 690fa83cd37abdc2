/* SPDX-License-Identifier: Apache-2.0 */
/* Orders and answers; see port_usher.h. Trusts the usher, which is the host's own. */
#define _GNU_SOURCE
#include "host/port_usher.h"

#include "base/put.h"
#include "host/usher_order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum slot_state { SLOT_FREE, SLOT_WAITS, SLOT_DONE };

/* One order that is under way or has been answered. */
struct slot {
    enum slot_state state;
    uint32_t number;
    uint64_t what;  /* verb, or kind of a blob */
    uint64_t index; /* of the stream, or of the attempt */
    int result;
};

struct port_usher {
    int fd;
    uint32_t number;     /* of the last order */
    struct slot stream;  /* done: `socket` is there, or its result is an error */
    struct slot steward; /* done: it has said that, or its result is an error */
    int socket;          /* -1: none */
    size_t said_size;
    uint8_t said[USHER_SAID_MAX];
    uint8_t message[USHER_ORDER_MAX]; /* the one that is being sent or received */
};
_Static_assert(USHER_HEADER + USHER_SAID_MAX <= USHER_ORDER_MAX, "an answer fits too");

struct port_usher *port_usher_new(int fd)
{
    struct port_usher *u = calloc(1, sizeof(*u));
    if (u == NULL)
        return NULL;
    u->fd = fd;
    u->socket = -1;
    return u;
}

void port_usher_free(struct port_usher *u) { free(u); }

/* ---- answers ---- */

static int take_socket(int *socket)
{
    const int fd = *socket;
    *socket = -1;
    return fd;
}

static void drop_socket(int *socket)
{
    if (*socket >= 0)
        close(*socket);
    *socket = -1;
}

/* The socket beside a message, or -1. Where there was no place for it in this process, the
 * kernel has closed it. */
static int socket_beside(struct msghdr *m)
{
    int fd = -1;
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(fd)))
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

static void take_answer(struct port_usher *u, struct cur *c, int *socket)
{
    const uint32_t number = cur_le32(c);
    const int result = (int)cur_le32(c);
    const struct bytes said = cur_take(c, cur_left(c));
    const bool for_stream = u->stream.state == SLOT_WAITS && u->stream.number == number;
    const bool for_steward = u->steward.state == SLOT_WAITS && u->steward.number == number;
    struct slot *s = for_stream ? &u->stream : &u->steward;
    if (!cur_done(c) || (!for_stream && !for_steward))
        return; /* of an order that was given up */
    s->state = SLOT_DONE;
    s->result = result;
    if (for_stream) {
        u->socket = take_socket(socket);
        s->result = result == 0 && u->socket < 0 ? -EMFILE : result;
    } else if (said.size > sizeof(u->said)) {
        s->result = -EMSGSIZE;
    } else {
        memcpy(u->said, said.data, said.size);
        u->said_size = said.size;
    }
}

/* Takes one answer, if there is one. False: none, and 0 or -errno. */
static bool receive(struct port_usher *u, int *error)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {.iov_base = u->message, .iov_len = sizeof(u->message)};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = CMSG_LEN(sizeof(int))}; /* no room for a second */
    const ssize_t n = recvmsg(u->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n <= 0) {
        *error = n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EIO;
        return false;
    }
    int socket = socket_beside(&m);
    struct cur c = cur_init((struct bytes){u->message, (size_t)n});
    take_answer(u, &c, &socket);
    drop_socket(&socket);
    return true;
}

/* 0 when what was asked has been answered, -EAGAIN, or -EIO: there is no usher any more. */
static int await(struct port_usher *u, const struct slot *s)
{
    int error = 0;
    while (s->state == SLOT_WAITS && receive(u, &error))
        continue;
    if (s->state == SLOT_WAITS)
        return error < 0 ? error : -EAGAIN;
    return 0;
}

/* ---- orders ---- */

/* `text` lies where the keep can change it: it is copied before anybody looks at it. */
static int send_order(struct port_usher *u, struct slot *s, enum usher_kind kind, struct bytes text)
{
    struct put p = put_init(u->message, sizeof(u->message));
    put_le32(&p, (uint32_t)kind);
    put_le32(&p, ++u->number);
    put_bytes(&p, text);
    const struct bytes order = put_done(&p);
    if (order.size == 0)
        return -EMSGSIZE;
    if (send(u->fd, order.data, order.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return errno == EMSGSIZE ? -EMSGSIZE
                                 : -EIO; /* a queue that is full is of orders given up */
    s->number = u->number;
    s->state = SLOT_WAITS;
    return -EAGAIN;
}

static bool is_about(const struct slot *s, uint64_t what, uint64_t index)
{
    return s->state != SLOT_FREE && s->what == what && s->index == index;
}

int port_usher_open(struct port_usher *u, uint32_t verb, uint64_t index, struct bytes place)
{
    struct slot *s = &u->stream;
    if (!is_about(s, verb, index)) {
        drop_socket(&u->socket);
        *s = (struct slot){.what = verb, .index = index};
        return send_order(u, s, verb == PORT_LISTEN ? USHER_LISTEN : USHER_CONNECT, place);
    }
    const int error = await(u, s);
    if (error == -EAGAIN)
        return error;
    s->state = SLOT_FREE;
    if (error < 0 || s->result < 0)
        return error < 0 ? error : s->result;
    return take_socket(&u->socket);
}

int port_usher_ask(struct port_usher *u, uint64_t kind, uint64_t attempt, struct bytes input,
                   struct bytes *out)
{
    struct slot *s = &u->steward;
    *out = (struct bytes){.data = u->said};
    if (attempt > s->index && input.size > 0) {
        *s = (struct slot){.what = kind, .index = attempt};
        u->said_size = 0;
        return send_order(u, s, kind == PORT_BLOB_STEWARD_NONCE ? USHER_NONCE : USHER_CERTIFICATE,
                          input);
    }
    if (!is_about(s, kind, attempt))
        return -EINVAL;
    const int error = await(u, s);
    if (error < 0 || s->result < 0)
        return error < 0 ? error : s->result;
    out->size = u->said_size;
    return 0;
}
