/* SPDX-License-Identifier: Apache-2.0 */
/* The usher; see usher.h. */
#define _GNU_SOURCE
#include "host/usher.h"

#include "base/put.h"
#include "host/endpoint.h"
#include "host/usher_check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STACK_SIZE (512u * 1024u) /* resolvers and libcurl want some */
#define UNREAD_MS  10             /* between looks whether a keep has read its answer */

/* Everything that a thread has, and it alone. */
struct usher {
    struct ushers *shared;
    struct usher *next; /* of those that live */
    bool busy;
    int fd;
    char name[USHER_NAME_SIZE];
    unsigned counts[USHER_KINDS]; /* of orders, by kind */
    unsigned total;
    struct usher_order order;
    uint8_t message[USHER_ORDER_MAX];
    uint8_t said[USHER_SAID_MAX]; /* by a steward */
};

/* What became of one. */
struct answer {
    int result;
    bool refused;
    int fd; /* -1: none */
    struct bytes said;
    struct fault why;
};

/* ---- what may be opened ---- */

struct gate {
    const struct usher_rules *rules;
    const struct usher_order *order;
    enum usher_reach reach;
    bool passed; /* some address was allowed */
};

static bool may_listen_at(void *context, const struct sockaddr *address)
{
    struct gate *g = context;
    const struct in6_addr host = host_address_of(address);
    const bool allowed =
        CHECK(usher_address, usher_rules_may_listen(g->rules, &host, g->order->place.port));
    g->passed = g->passed || allowed;
    return allowed;
}

/* What is connected to is the address that was looked at: no name is resolved again. */
static bool may_connect_to(void *context, const struct sockaddr *address)
{
    struct gate *g = context;
    const struct in6_addr host = host_address_of(address);
    const bool allowed =
        g->reach == REACH_ALL || CHECK(usher_public, host_address_is_public(&host));
    g->passed = g->passed || allowed;
    return allowed;
}

/* Not even a name is looked up for who may not open it: that would tell others something. */
static bool begin(struct gate *g)
{
    const struct place *place = &g->order->place;
    struct in6_addr address;
    if (g->order->kind != USHER_LISTEN) {
        g->reach = usher_rules_reach(g->rules, place);
        return CHECK(usher_host, g->reach != REACH_NOTHING);
    }
    return host_address_parse(place->host, &address) || strcmp(place->host, "localhost") == 0;
}

static int open_socket(const struct usher *u, bool *refused)
{
    const struct usher_order *o = &u->order;
    struct gate gate = {.rules = u->shared->rules, .order = o};
    struct fault fault;
    const bool listens = o->kind == USHER_LISTEN;
    const struct endpoint_filter filter = {.allows = listens ? may_listen_at : may_connect_to,
                                           .context = &gate};
    const struct manifest_stream stream = {
        .kind = listens ? STREAM_LISTEN : STREAM_CONNECT,
        .host = bytes_of_text(o->place.host),
        .port = o->place.port,
    };
    if (gate.rules == NULL)
        return endpoint_open(&stream, NULL, &fault);
    *refused = !begin(&gate);
    if (*refused)
        return -EACCES;
    const int fd = endpoint_open(&stream, &filter, &fault);
    *refused = fd == -EPERM && !gate.passed;
    return *refused ? -EACCES : fd;
}

/* ---- stewards ---- */

/* An address of its that answers and that the rules allow is found by connecting to it. */
static int find_steward(const struct usher *u, char at[static ADDRESS_TEXT_MAX], bool *refused)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    const int fd = open_socket(u, refused);
    if (fd < 0)
        return fd;
    const int error = getpeername(fd, (struct sockaddr *)&address, &size) < 0 ? -errno : 0;
    if (error == 0)
        address_put(&address, at);
    close(fd);
    return error;
}

static int ask_steward(struct usher *u, struct answer *a)
{
    const struct usher_order *o = &u->order;
    const bool ruled = u->shared->rules != NULL;
    struct put said = put_init(u->said, sizeof(u->said));
    char at[ADDRESS_TEXT_MAX];
    if (u->shared->carry == NULL)
        return -ENOSYS;
    int error = ruled ? find_steward(u, at, &a->refused) : 0;
    if (error == 0)
        error = u->shared->carry(o->url, ruled ? at : NULL, o->request, &said, &a->why);
    a->said = put_done(&said);
    return error == 0 && !CHECK(usher_said, !said.bad) ? -EMSGSIZE : error;
}

/* ---- one order ---- */

/* Whoever asks so often does not mean it. */
static bool is_too_many(const struct usher *u)
{
    static const unsigned most[USHER_KINDS] = {
        [USHER_LISTEN] = USHER_LISTENS_MAX, [USHER_CONNECT] = USHER_CONNECTS_MAX};
    const unsigned limit = most[u->order.kind];
    return limit != 0 && !CHECK(usher_count, u->counts[u->order.kind] <= limit);
}

static struct answer carry_out(struct usher *u)
{
    struct answer a = {.fd = -1};
    if (is_too_many(u)) {
        a.result = -EMFILE;
        return a;
    }
    const bool steward = u->order.kind == USHER_NONCE || u->order.kind == USHER_CERTIFICATE;
    const int result = steward ? ask_steward(u, &a) : open_socket(u, &a.refused);
    a.result = result < 0 ? result : 0;
    a.fd = !steward && result >= 0 ? result : -1;
    return a;
}

static void put_descriptor(struct msghdr *m, int fd)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

/* Waits where the keep does not read; then it has no use for more. 0 or -errno. */
static int send_answer(const struct usher *u, const struct answer *a)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = {0};
    uint8_t header[USHER_HEADER];
    struct put p = put_init(header, sizeof(header));
    put_le32(&p, u->order.number);
    put_le32(&p, (uint32_t)a->result);
    struct iovec parts[] = {
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)a->said.data, .iov_len = a->result < 0 ? 0 : a->said.size},
    };
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = ARRAY_COUNT(parts)};
    if (a->fd >= 0) {
        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        put_descriptor(&m, a->fd);
    }
    return sendmsg(u->fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void close_socket(struct answer *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

/* Where all processes of this user have too many descriptors on their way, or memory is short,
 * the kernel takes an answer without one [unix(7)]. False: the keep has gone. */
static bool reply(const struct usher *u, struct answer *a)
{
    int error = send_answer(u, a);
    if (error < 0 && a->fd >= 0) {
        close_socket(a);
        a->result = -EMFILE;
        error = send_answer(u, a);
    }
    return error == 0;
}

/* What does not fit into the pipe is not told. */
static void tell(const struct usher *u, const struct answer *a)
{
    struct usher_told told;
    if (u->shared->told_fd < 0)
        return;
    memset(&told, 0, sizeof(told)); /* padding goes along */
    memcpy(told.name, u->name, sizeof(told.name));
    told.kind = u->order.kind;
    told.result = a->result;
    told.refused = a->refused;
    told.place = u->order.place;
    snprintf(told.why.text, sizeof(told.why.text), "%s", a->why.text);
    (void)!write(u->shared->told_fd, &told, sizeof(told));
}
_Static_assert(sizeof(struct usher_told) <= 4096, "PIPE_BUF: it is written at once or not");

/* ---- the thread ---- */

static void pace(struct usher *u)
{
    static const struct timespec pause = {.tv_nsec = USHER_PACE_MS * 1000000};
    if (u->total < USHER_FREE)
        u->total++;
    else
        nanosleep(&pause, NULL);
}

static void set_busy(struct usher *u, bool busy)
{
    pthread_mutex_lock(&u->shared->lock);
    u->busy = busy;
    pthread_mutex_unlock(&u->shared->lock);
}

/* Until the keep has read what it was answered: a socket that it leaves there counts against
 * all that this user may have on their way. False: it has gone. */
static bool await_reader(const struct usher *u)
{
    struct pollfd gone = {.fd = u->fd};
    int unread = 0;
    while (ioctl(u->fd, SIOCOUTQ, &unread) == 0 && CHECKED(usher_unread, unread > 0, false)) {
        if (poll(&gone, 1, UNREAD_MS) > 0)
            return false;
    }
    return true;
}

/* Descriptors that come along are closed by the kernel: no place is given for them. */
static bool serve(struct usher *u)
{
    const ssize_t n = recv(u->fd, u->message, sizeof(u->message), MSG_TRUNC);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0 || (size_t)n > sizeof(u->message))
        return false;
    const struct bytes message = {u->message, (size_t)n};
    const int malformed = usher_order_parse(message, &u->order);
    if (!CHECK(usher_form, malformed == 0) || !await_reader(u))
        return false;
    pace(u);
    u->counts[u->order.kind]++;
    set_busy(u, true);
    struct answer a = carry_out(u);
    set_busy(u, false);
    const bool there = reply(u, &a);
    close_socket(&a);
    tell(u, &a);
    return there;
}

static void enlist(struct usher *u)
{
    pthread_mutex_lock(&u->shared->lock);
    u->next = u->shared->first;
    u->shared->first = u;
    pthread_mutex_unlock(&u->shared->lock);
}

static void delist(struct usher *u)
{
    pthread_mutex_lock(&u->shared->lock);
    struct usher **at = &u->shared->first;
    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
    pthread_mutex_unlock(&u->shared->lock);
}

static void usher_free(struct usher *u)
{
    struct ushers *shared = u->shared;
    delist(u);
    close(u->fd);
    free(u);
    atomic_fetch_sub(&shared->living, 1);
}

static void *run(void *context)
{
    struct usher *u = context;
    while (serve(u))
        continue;
    usher_free(u);
    return NULL;
}

/* Signals are for the rest of the process. */
static int start(struct usher *u)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return -error;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (error == 0)
        error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0)
        error = pthread_create(&thread, &attributes, run, u);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

/* The keep's end is none of the standard descriptors, whoever may have closed those. */
static int open_ends(int ends[static 2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    const int keep = fcntl(ends[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = keep < 0 ? -errno : 0;
    close(ends[0]);
    ends[0] = keep;
    if (error < 0)
        close(ends[1]);
    return error;
}

void ushers_leave(struct ushers *ushers, int status)
{
    if (atomic_load(&ushers->living) == 0)
        return;
    fflush(NULL);
    _exit(status);
}

bool ushers_busy(struct ushers *ushers, const char *name)
{
    bool busy = false;
    pthread_mutex_lock(&ushers->lock);
    for (const struct usher *u = ushers->first; u != NULL && !busy; u = u->next)
        busy = u->busy && strcmp(u->name, name) == 0;
    pthread_mutex_unlock(&ushers->lock);
    return busy;
}

int usher_open(struct ushers *ushers, const char *name)
{
    int ends[2];
    if (atomic_fetch_add(&ushers->living, 1) >= ushers->living_max) {
        atomic_fetch_sub(&ushers->living, 1);
        return -EAGAIN;
    }
    struct usher *u = malloc(sizeof(*u));
    int error = u == NULL ? -ENOMEM : open_ends(ends);
    if (error < 0) {
        free(u);
        atomic_fetch_sub(&ushers->living, 1);
        return error;
    }
    memset(u, 0, offsetof(struct usher, message));
    u->shared = ushers;
    u->fd = ends[1];
    snprintf(u->name, sizeof(u->name), "%s", name);
    enlist(u);
    error = start(u);
    if (error < 0) {
        close(ends[0]);
        usher_free(u);
        return error;
    }
    return ends[0];
}
