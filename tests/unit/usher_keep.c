/* SPDX-License-Identifier: Apache-2.0 */
/* A keep before its usher; see usher_keep.h. */
#define _GNU_SOURCE
#include "tests/unit/usher_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

/* ---- the world ---- */

struct usher_rules rules;
struct ushers ushers;
int told_fd = -1;
int keep = -1;

struct fake_net net;

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    struct in6_addr numeric;
    struct addrinfo **end = out;
    if (host_address_parse(host, &numeric) || net.addresses == NULL)
        return __real_getaddrinfo(host, port, hints, out);
    net.lookups++;
    for (const char *const *a = net.addresses; *a != NULL; a++) {
        if (__real_getaddrinfo(*a, port, hints, end) != 0)
            return EAI_NONAME;
        end = &(*end)->ai_next;
    }
    return 0;
}

int __real_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    const struct in6_addr host = host_address_of(address);
    if (host.s6_addr[12] == 127 || IN6_IS_ADDR_LOOPBACK(&host))
        return __real_connect(fd, address, size);
    inet_ntop(AF_INET6, &host, net.connected[net.connections++ % 8], INET6_ADDRSTRLEN);
    errno = ECONNREFUSED;
    return -1;
}

int keep_set_up(void **state)
{
    int ends[2];
    (void)state;
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
        return -1;
    told_fd = ends[0];
    rules = (struct usher_rules){.listen_count = 0};
    ushers = (struct ushers){.rules = &rules, .told_fd = ends[1], .living_max = 2};
    memset(&net, 0, sizeof(net));
    keep = usher_open(&ushers, "k1");
    return keep < 3;
}

void until_all_are_gone(void)
{
    for (int i = 0; atomic_load(&ushers.living) > 0; i++) {
        assert_true(i < PATIENCE_MS);
        usleep(1000);
    }
}

void keep_leaves(void)
{
    if (keep >= 0)
        close(keep);
    keep = -1;
    until_all_are_gone();
}

int keep_tear_down(void **state)
{
    (void)state;
    keep_leaves();
    close(told_fd);
    close(ushers.told_fd);
    return 0;
}

/* ---- what a keep says and hears ---- */

struct heard heard;

void order_bytes(uint32_t kind, uint32_t number, struct bytes text)
{
    static uint8_t message[USHER_ORDER_MAX];
    struct put p = put_init(message, sizeof(message));
    put_le32(&p, kind);
    put_le32(&p, number);
    put_bytes(&p, text);
    assert_false(p.bad);
    assert_int_equal(send(keep, message, p.size, MSG_NOSIGNAL), p.size);
}

void order(uint32_t kind, uint32_t number, const char *text)
{
    order_bytes(kind, number, bytes_of_text(text));
}

bool hear(void)
{
    static uint8_t message[USHER_HEADER + USHER_SAID_MAX];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {message, sizeof(message)};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    struct pollfd row = {.fd = keep, .events = POLLIN};
    assert_int_equal(poll(&row, 1, PATIENCE_MS), 1);
    const ssize_t n = recvmsg(keep, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n <= 0)
        return false;
    struct cur c = cur_init((struct bytes){message, (size_t)n});
    heard = (struct heard){.number = cur_le32(&c), .result = (int)cur_le32(&c), .fd = -1};
    const struct bytes said = cur_take(&c, cur_left(&c));
    assert_true(cur_done(&c));
    memcpy(heard.said, said.data, said.size);
    heard.size = said.size;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    if (head != NULL) {
        assert_int_equal(head->cmsg_type, SCM_RIGHTS);
        memcpy(&heard.fd, CMSG_DATA(head), sizeof(heard.fd));
    }
    return true;
}

struct usher_told was;

void be_told(void)
{
    struct pollfd row = {.fd = told_fd, .events = POLLIN};
    assert_int_equal(poll(&row, 1, PATIENCE_MS), 1);
    assert_int_equal(read(told_fd, &was, sizeof(was)), sizeof(was));
    assert_string_equal(was.name, "k1");
    assert_int_equal(was.result, heard.result);
}

int result_of(uint32_t kind, const char *text)
{
    static uint32_t number = 1000;
    order(kind, ++number, text);
    assert_true(hear());
    assert_int_equal(heard.number, number);
    assert_true((heard.fd >= 0) ==
                (heard.result == 0 && (kind == USHER_LISTEN || kind == USHER_CONNECT)));
    if (heard.fd >= 0)
        close(heard.fd);
    be_told();
    assert_int_equal(was.kind, kind);
    return heard.result;
}

void expect_refused(uint32_t kind, const char *text)
{
    if (result_of(kind, text) != -EACCES)
        fail_msg("%s: %d", text, heard.result);
    assert_true(was.refused);
}

/* Not even a name is looked up. */
/* ---- places ---- */

int occupy(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const void *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (void *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

uint16_t free_port(void)
{
    uint16_t port;
    close(occupy(&port));
    return port;
}

const char *at(const char *format, uint16_t port)
{
    static char text[300];
    snprintf(text, sizeof(text), format, port);
    return text;
}

/* ---- a steward ---- */

struct fake_steward steward;

int carry(const char *url, const char *at_, struct bytes request, struct put *said,
          struct fault *why)
{
    (void)why;
    steward.calls++;
    snprintf(steward.url, sizeof(steward.url), "%s", url);
    snprintf(steward.at, sizeof(steward.at), "%s", at_ == NULL ? "null" : at_);
    steward.request_size = request.size;
    if (request.size > 0 && request.size < sizeof(steward.request))
        memcpy(steward.request, request.data, request.size);
    if (steward.begun != NULL) {
        sem_post(steward.begun);
        sem_wait(steward.go);
    }
    for (size_t i = 0; i < steward.size; i++)
        put_u8(said, (uint8_t)i);
    return steward.result;
}
