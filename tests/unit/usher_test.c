/* SPDX-License-Identifier: Apache-2.0 */
/* The usher of a keep that lies, floods, and leaves. Names resolve as the test says, and
 * what is no loopback address is only noted. */
/* links: host/usher.c host/usher_order.c host/usher_rules.c host/place.c host/endpoint.c host/clock.c host/fault.c base/cur.c base/put.c */
/* libs: -Wl,--wrap=getaddrinfo -Wl,--wrap=connect */
#define _GNU_SOURCE
#include "host/usher.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

/* ---- the world ---- */

static struct usher_rules rules;
static struct ushers ushers;
static int told_fd = -1;
static int keep = -1; /* its end */

static struct {
    const char *const *addresses; /* of every name; null: the system's */
    atomic_uint lookups;
    char connected[8][INET6_ADDRSTRLEN]; /* but to loopback */
    atomic_uint connections;
} net;

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

static int set_up(void **state)
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

static void until_all_are_gone(void)
{
    for (int i = 0; atomic_load(&ushers.living) > 0; i++) {
        assert_true(i < PATIENCE_MS);
        usleep(1000);
    }
}

static void leave(void)
{
    if (keep >= 0)
        close(keep);
    keep = -1;
    until_all_are_gone();
}

static int tear_down(void **state)
{
    (void)state;
    leave();
    close(told_fd);
    close(ushers.told_fd);
    return 0;
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* ---- what a keep says and hears ---- */

struct heard {
    uint32_t number;
    int result;
    int fd;
    size_t size;
    uint8_t said[USHER_SAID_MAX];
};

static struct heard heard;

static void order_bytes(uint32_t kind, uint32_t number, struct bytes text)
{
    static uint8_t message[USHER_ORDER_MAX];
    struct put p = put_init(message, sizeof(message));
    put_le32(&p, kind);
    put_le32(&p, number);
    put_bytes(&p, text);
    assert_false(p.bad);
    assert_int_equal(send(keep, message, p.size, MSG_NOSIGNAL), p.size);
}

static void order(uint32_t kind, uint32_t number, const char *text)
{
    order_bytes(kind, number, bytes_of_text(text));
}

/* False: there is no usher any more. */
static bool hear(struct heard *h)
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
    *h = (struct heard){.number = cur_le32(&c), .result = (int)cur_le32(&c), .fd = -1};
    const struct bytes said = cur_take(&c, cur_left(&c));
    assert_true(cur_done(&c));
    memcpy(h->said, said.data, said.size);
    h->size = said.size;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    if (head != NULL) {
        assert_int_equal(head->cmsg_type, SCM_RIGHTS);
        memcpy(&h->fd, CMSG_DATA(head), sizeof(h->fd));
    }
    return true;
}

/* What became of an order, as the host hears it. */
static struct usher_told was;

static void be_told(void)
{
    struct pollfd row = {.fd = told_fd, .events = POLLIN};
    assert_int_equal(poll(&row, 1, PATIENCE_MS), 1);
    assert_int_equal(read(told_fd, &was, sizeof(was)), sizeof(was));
    assert_string_equal(was.name, "k1");
    assert_int_equal(was.result, heard.result);
}

/* The result of one order; its socket is closed. */
static int result_of(uint32_t kind, const char *text)
{
    static uint32_t number = 1000;
    order(kind, ++number, text);
    assert_true(hear(&heard));
    assert_int_equal(heard.number, number);
    assert_true((heard.fd >= 0) ==
                (heard.result == 0 && (kind == USHER_LISTEN || kind == USHER_CONNECT)));
    if (heard.fd >= 0)
        close(heard.fd);
    be_told();
    assert_int_equal(was.kind, kind);
    return heard.result;
}

/* A port of 127.0.0.1, on which somebody listens. */
static int occupy(uint16_t *port)
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

static uint16_t free_port(void)
{
    uint16_t port;
    close(occupy(&port));
    return port;
}

static const char *at(const char *format, uint16_t port)
{
    static char text[300];
    snprintf(text, sizeof(text), format, port);
    return text;
}

static bool is_ready_for_a_keep(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

/* ---- sockets ---- */

static void listeners_come(void **state)
{
    (void)state;
    const uint16_t port = free_port();
    assert_int_equal(usher_rules_listen(&rules, at("%u", port)), 0);
    order(USHER_LISTEN, 7, at("127.0.0.1:%u", port));
    assert_true(hear(&heard));
    assert_int_equal(heard.number, 7);
    assert_int_equal(heard.result, 0);
    assert_int_equal(heard.size, 0);
    assert_true(is_ready_for_a_keep(heard.fd));
    assert_int_equal(accept(heard.fd, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    be_told();
    assert_true(was.kind == USHER_LISTEN && !was.refused);
    assert_string_equal(was.place.host, "127.0.0.1");
    assert_int_equal(was.place.port, port);
    const int listener = heard.fd;
    assert_int_equal(result_of(USHER_LISTEN, at("127.0.0.1:%u", port)), -EADDRINUSE);
    close(listener);
}

static void a_port_is_free_when_the_keep_has_closed_it(void **state)
{
    (void)state;
    const uint16_t port = free_port();
    assert_int_equal(usher_rules_listen(&rules, at("%u", port)), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(result_of(USHER_LISTEN, at("127.0.0.1:%u", port)), 0);
}

static void connections_come(void **state)
{
    (void)state;
    uint16_t port;
    char c = 0;
    const int listener = occupy(&port);
    assert_int_equal(usher_rules_connect(&rules, "127.0.0.1"), 0);
    order(USHER_CONNECT, 8, at("127.0.0.1:%u", port));
    assert_true(hear(&heard));
    assert_int_equal(heard.result, 0);
    assert_true(is_ready_for_a_keep(heard.fd));
    const int peer = accept(listener, NULL, NULL);
    assert_int_equal(write(peer, "x", 1), 1);
    assert_int_equal(recv(heard.fd, &c, 1, 0), 1);
    be_told();
    close(heard.fd);
    assert_int_equal(read(peer, &c, 1), 0); /* and nobody else holds it open */
    close(peer);
    close(listener);
    assert_int_equal(result_of(USHER_CONNECT, at("127.0.0.1:%u", free_port())), -ECONNREFUSED);
}

/* ---- rules ---- */

static void expect_refused(uint32_t kind, const char *text)
{
    if (result_of(kind, text) != -EACCES)
        fail_msg("%s: %d", text, heard.result);
    assert_true(was.refused);
}

/* Not even a name is looked up. */
static void nothing_is_opened_without_a_rule(void **state)
{
    (void)state;
    static const char *const public[] = {"93.184.215.14", NULL};
    net.addresses = public;
    expect_refused(USHER_LISTEN, "127.0.0.1:8080");
    expect_refused(USHER_LISTEN, "[::]:8080");
    expect_refused(USHER_CONNECT, "127.0.0.1:80");
    expect_refused(USHER_CONNECT, "8.8.8.8:53");
    expect_refused(USHER_CONNECT, "example.org:443");
    assert_int_equal(net.lookups, 0);
    assert_int_equal(net.connections, 0);
}

static void other_ports_and_addresses_are_refused(void **state)
{
    (void)state;
    const uint16_t port = free_port();
    assert_int_equal(usher_rules_listen(&rules, at("127.0.0.1:%u", port)), 0);
    expect_refused(USHER_LISTEN, at("127.0.0.2:%u", port));
    expect_refused(USHER_LISTEN, at("0.0.0.0:%u", port));
    expect_refused(USHER_LISTEN, at("[::]:%u", port));
    expect_refused(USHER_LISTEN, at("127.0.0.1:%u", (uint16_t)(port - 1)));
    assert_int_equal(result_of(USHER_LISTEN, at("127.0.0.1:%u", port)), 0);
}

/* What one listens on is an address; nobody is asked for one. */
static void names_are_not_looked_up_to_listen(void **state)
{
    (void)state;
    static const char *const loopback[] = {"127.0.0.1", NULL};
    const uint16_t port = free_port();
    net.addresses = loopback;
    assert_int_equal(usher_rules_listen(&rules, at("%u", port)), 0);
    expect_refused(USHER_LISTEN, at("secret.example.org:%u", port));
    assert_int_equal(net.lookups, 0);
    assert_int_equal(result_of(USHER_LISTEN, at("localhost:%u", port)), 0);
}

static void wildcards_do_not_lead_home(void **state)
{
    (void)state;
    static const char *const places[] = {
        "127.0.0.1:80",
        "127.1:80",
        "0:80",
        "0.0.0.0:80",
        "[::]:80",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "10.0.0.1:80",
        "169.254.169.254:80",
        "192.168.1.1:80",
        "172.16.0.1:80",
        "100.64.0.1:80",
        "[fe80::1]:80",
        "[fd00::1]:80",
        "[64:ff9b::7f00:1]:80",
        "224.0.0.1:80",
        "255.255.255.255:80",
        "[ff02::1]:80",
        "localhost:80",
    };
    assert_int_equal(usher_rules_connect(&rules, "*"), 0);
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        expect_refused(USHER_CONNECT, places[i]);
    assert_int_equal(net.connections, 0);
    assert_int_equal(result_of(USHER_CONNECT, "8.8.8.8:53"), -ECONNREFUSED);
    assert_string_equal(net.connected[0], "::ffff:8.8.8.8");
    assert_false(was.refused);
}

/* A name that leads there is no better, and one that leads to both goes where it may. It is
 * looked up once: what is connected to is what was looked at. */
static void names_under_a_wildcard_do_not_lead_home(void **state)
{
    (void)state;
    static const char *const home[] = {"127.0.0.1", "10.0.0.1", NULL};
    static const char *const both[] = {"127.0.0.1", "93.184.215.14", "192.168.0.1", NULL};
    net.addresses = home;
    assert_int_equal(usher_rules_connect(&rules, "*.example.org"), 0);
    expect_refused(USHER_CONNECT, "a.example.org:80");
    assert_int_equal(net.lookups, 1);
    net.addresses = both;
    assert_int_equal(result_of(USHER_CONNECT, "a.example.org:80"), -ECONNREFUSED);
    assert_int_equal(net.lookups, 2);
    assert_int_equal(net.connections, 1);
    assert_string_equal(net.connected[0], "::ffff:93.184.215.14");
}

static void a_name_that_a_rule_names_leads_anywhere(void **state)
{
    (void)state;
    uint16_t port;
    const int listener = occupy(&port);
    static const char *const home[] = {"127.0.0.1", NULL};
    net.addresses = home;
    assert_int_equal(usher_rules_connect(&rules, "*,db.internal"), 0);
    assert_int_equal(result_of(USHER_CONNECT, at("db.internal:%u", port)), 0);
    expect_refused(USHER_CONNECT, at("other.internal:%u", port));
    close(listener);
}

static void without_rules_at_all_everything_may_be(void **state)
{
    (void)state;
    uint16_t port;
    const int listener = occupy(&port);
    ushers.rules = NULL;
    assert_int_equal(result_of(USHER_CONNECT, at("127.0.0.1:%u", port)), 0);
    close(listener);
}

/* ---- stewards ---- */

static struct {
    char url[USHER_URL_MAX + 1], at[100];
    uint8_t request[100];
    size_t request_size;
    size_t size; /* of what it says */
    int result;
    unsigned calls;
    sem_t *begun, *go; /* null: at once */
} steward;

static int carry(const char *url, const char *at_, struct bytes request, struct put *said,
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

static void stewards_are_asked(void **state)
{
    (void)state;
    uint16_t port;
    char url[100], place[40];
    const int listener = occupy(&port);
    memset(&steward, 0, sizeof(steward));
    ushers.carry = carry;
    steward.size = 300;
    snprintf(url, sizeof(url), "http://localhost:%u/x", port);
    snprintf(place, sizeof(place), "127.0.0.1:%u", port);
    expect_refused(USHER_NONCE, url);
    assert_int_equal(steward.calls, 0);
    assert_int_equal(usher_rules_connect(&rules, "localhost"), 0);
    assert_int_equal(result_of(USHER_NONCE, url), 0);
    assert_string_equal(steward.url, url);
    assert_string_equal(steward.at, place);
    assert_int_equal(steward.request_size, 0);
    assert_int_equal(heard.size, 300);
    assert_int_equal(heard.said[299], 299 & 0xff);
    assert_int_equal(was.place.port, port);
    close(listener);
}

static void requests_are_carried_and_refusals_too(void **state)
{
    (void)state;
    char text[] = "https://steward.example.org/\0der";
    memset(&steward, 0, sizeof(steward));
    ushers.carry = carry;
    ushers.rules = NULL;
    steward.result = -EACCES;
    steward.size = 10;
    order_bytes(USHER_CERTIFICATE, 3, (struct bytes){(uint8_t *)text, sizeof(text) - 1});
    assert_true(hear(&heard));
    assert_int_equal(heard.result, -EACCES);
    assert_int_equal(heard.size, 0); /* errors say nothing more */
    be_told();
    assert_false(was.refused); /* not by us */
    assert_string_equal(steward.at, "null");
    assert_int_equal(steward.request_size, 3);
    assert_memory_equal(steward.request, "der", 3);
    steward.result = 0;
    steward.size = USHER_SAID_MAX;
    assert_int_equal(result_of(USHER_NONCE, "http://a/"), 0);
    assert_int_equal(heard.size, USHER_SAID_MAX);
    steward.size = USHER_SAID_MAX + 1;
    assert_int_equal(result_of(USHER_NONCE, "http://a/"), -EMSGSIZE);
    ushers.carry = NULL;
    assert_int_equal(result_of(USHER_NONCE, "http://a/"), -ENOSYS);
}

/* ---- keeps that are hostile ---- */

static void expect_dismissed(const void *message, size_t size)
{
    assert_int_equal(send(keep, message, size, MSG_NOSIGNAL), size);
    assert_false(hear(&heard));
    until_all_are_gone();
    close(keep);
    keep = usher_open(&ushers, "k1");
    assert_true(keep >= 3);
}

static void what_is_no_order_is_the_last(void **state)
{
    (void)state;
    static uint8_t large[USHER_ORDER_MAX + 1] = {USHER_CONNECT};
    assert_int_equal(usher_rules_connect(&rules, "*"), 0);
    expect_dismissed("", 1);
    expect_dismissed("\1\0\0\0\0\0\0", 7);
    expect_dismissed("\1\0\0\0\0\0\0\0", 8);
    expect_dismissed("\0\0\0\0\1\0\0\0"
                     "127.0.0.1:80",
                     20);
    expect_dismissed("\5\0\0\0\1\0\0\0"
                     "127.0.0.1:80",
                     20);
    expect_dismissed("\2\0\0\0\1\0\0\0"
                     "127.0.0.1",
                     17);
    expect_dismissed("\3\0\0\0\1\0\0\0"
                     "http://a@b/",
                     19);
    expect_dismissed(large, sizeof(large));
    assert_int_equal(net.connections, 0);
}

static void an_empty_message_is_an_end(void **state)
{
    (void)state;
    assert_int_equal(send(keep, "", 0, MSG_NOSIGNAL), 0);
    assert_false(hear(&heard));
}

static void descriptors_of_a_keep_are_not_taken(void **state)
{
    (void)state;
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = {0};
    char text[] = "\2\0\0\0\1\0\0\0"
                  "127.0.0.1:80";
    struct iovec part = {text, sizeof(text) - 1};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &(int){STDIN_FILENO}, sizeof(int));
    const size_t before = count_descriptors();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sendmsg(keep, &m, MSG_NOSIGNAL), sizeof(text) - 1);
        assert_true(hear(&heard));
        assert_int_equal(heard.result, -EACCES);
    }
    assert_int_equal(count_descriptors(), before);
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* All that one keep may have, and no more; and from some number on not so fast. */
static void a_keep_that_wants_all_ports(void **state)
{
    (void)state;
    uint16_t port = free_port();
    assert_int_equal(usher_rules_listen(&rules, at("%u", port)), 0);
    const uint64_t start = now_ms();
    for (unsigned i = 0; i < USHER_LISTENS_MAX; i++)
        assert_int_equal(result_of(USHER_LISTEN, at("127.0.0.1:%u", port)), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(result_of(USHER_LISTEN, at("127.0.0.1:%u", port)), -EMFILE);
    assert_true(now_ms() - start >= 5 * USHER_PACE_MS);
}

/* It sends and sends, and reads nothing: the usher waits for it, and for nobody else. */
static void a_keep_that_does_not_listen(void **state)
{
    (void)state;
    const char text[] = "\2\0\0\0\1\0\0\0"
                        "127.0.0.1:80";
    for (int i = 0; i < 100000; i++) {
        if (send(keep, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    }
    assert_int_equal(errno, EAGAIN);
    const uint64_t start = now_ms();
    leave();
    assert_true(now_ms() - start < 5000);
}

/* ---- ends ---- */

static void a_keep_that_leaves_meanwhile(void **state)
{
    (void)state;
    sem_t begun, go;
    const size_t before = count_descriptors();
    sem_init(&begun, 0, 0);
    sem_init(&go, 0, 0);
    memset(&steward, 0, sizeof(steward));
    steward.begun = &begun;
    steward.go = &go;
    ushers.carry = carry;
    ushers.rules = NULL;
    order(USHER_NONCE, 1, "http://a/");
    order(USHER_NONCE, 2, "http://a/"); /* is never begun */
    sem_wait(&begun);
    close(keep);
    keep = -1;
    assert_int_equal(atomic_load(&ushers.living), 1);
    sem_post(&go);
    until_all_are_gone();
    assert_int_equal(steward.calls, 1);
    assert_int_equal(count_descriptors(), before - 2);
    sem_destroy(&begun);
    sem_destroy(&go);
}

static void ushers_are_bounded(void **state)
{
    (void)state;
    const int second = usher_open(&ushers, "k2");
    assert_true(second >= 3);
    assert_int_equal(usher_open(&ushers, "k3"), -EAGAIN);
    assert_int_equal(atomic_load(&ushers.living), 2);
    close(second);
    for (int i = 0; i < 100; i++) {
        while (atomic_load(&ushers.living) > 1)
            usleep(1000);
        const int next = usher_open(&ushers, "k4");
        assert_true(next >= 3);
        close(next);
    }
}

static void descriptors_run_out(void **state)
{
    (void)state;
    struct rlimit usual, none;
    assert_int_equal(usher_rules_connect(&rules, "127.0.0.1"), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    const int next = dup(STDIN_FILENO);
    close(next);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = usual.rlim_max};
    order(USHER_CONNECT, 1, "127.0.0.1:1");
    assert_true(hear(&heard));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int opened = usher_open(&ushers, "k2");
    order(USHER_CONNECT, 2, "127.0.0.1:1");
    const bool answered = hear(&heard);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(opened, -EMFILE);
    assert_true(answered);
    assert_int_equal(heard.result, -EMFILE);
    assert_int_equal(atomic_load(&ushers.living), 1);
}

/* Nobody reads what it tells: it does not wait for them. */
static void what_is_not_read_is_not_told(void **state)
{
    (void)state;
    static uint8_t fill[65536];
    while (write(ushers.told_fd, fill, sizeof(fill)) > 0)
        continue;
    for (uint32_t number = 0; number < 5; number++) {
        order(USHER_CONNECT, number, "127.0.0.1:80");
        assert_true(hear(&heard));
        assert_int_equal(heard.number, number);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listeners_come),
        TEST(a_port_is_free_when_the_keep_has_closed_it),
        TEST(connections_come),
        TEST(nothing_is_opened_without_a_rule),
        TEST(other_ports_and_addresses_are_refused),
        TEST(names_are_not_looked_up_to_listen),
        TEST(wildcards_do_not_lead_home),
        TEST(names_under_a_wildcard_do_not_lead_home),
        TEST(a_name_that_a_rule_names_leads_anywhere),
        TEST(without_rules_at_all_everything_may_be),
        TEST(stewards_are_asked),
        TEST(requests_are_carried_and_refusals_too),
        TEST(what_is_no_order_is_the_last),
        TEST(an_empty_message_is_an_end),
        TEST(descriptors_of_a_keep_are_not_taken),
        TEST(a_keep_that_wants_all_ports),
        TEST(a_keep_that_does_not_listen),
        TEST(a_keep_that_leaves_meanwhile),
        TEST(ushers_are_bounded),
        TEST(descriptors_run_out),
        TEST(what_is_not_read_is_not_told),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
