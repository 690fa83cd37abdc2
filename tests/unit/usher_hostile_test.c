/* SPDX-License-Identifier: Apache-2.0 */
/* The usher of a keep that lies, floods, and leaves. */
/* links: tests/unit/descriptors.c tests/unit/usher_keep.c host/usher.c host/usher_order.c host/usher_rules.c host/place.c host/endpoint.c host/clock.c host/fault.c base/cur.c base/put.c */
/* libs: -Wl,--wrap=getaddrinfo -Wl,--wrap=connect -Wl,--wrap=sendmsg */
#define _GNU_SOURCE
#include "tests/unit/descriptors.h"
#include "tests/unit/usher_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- keeps that are hostile ---- */

static void expect_dismissed(const void *message, size_t size)
{
    assert_int_equal(send(keep, message, size, MSG_NOSIGNAL), size);
    assert_false(hear());
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
    assert_false(hear());
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
        assert_true(hear());
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
    keep_leaves();
    assert_true(now_ms() - start < 5000);
}

/* ---- descriptors on their way ---- */

/* What the kernel has against more of them, as it may for any but root. */
static atomic_int too_many;

ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
    if (m->msg_controllen == 0 || too_many == 0)
        return __real_sendmsg(fd, m, flags);
    errno = too_many;
    return -1;
}

/* That is an answer like others, and the next order is carried out. */
static void what_cannot_be_sent_is_an_error(void **state)
{
    (void)state;
    static const int errors[] = {ETOOMANYREFS, ENOBUFS, ENOMEM};
    uint16_t port;
    const int listener = occupy(&port);
    assert_int_equal(usher_rules_connect(&rules, "127.0.0.1"), 0);
    const size_t before = count_descriptors();
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        too_many = errors[i];
        const int result = result_of(USHER_CONNECT, at("127.0.0.1:%u", port));
        too_many = 0;
        assert_int_equal(result, -EMFILE); /* and so it is told */
        assert_int_equal(result_of(USHER_CONNECT, at("127.0.0.1:%u", port)), 0);
    }
    assert_int_equal(count_descriptors(), before);
    close(listener);
}

static unsigned count_waiting(int listener)
{
    struct pollfd row = {.fd = listener, .events = POLLIN};
    unsigned count = 0;
    while (poll(&row, 1, 500) == 1) {
        close(accept(listener, NULL, NULL));
        count++;
    }
    return count;
}

/* It asks and asks for sockets and takes none: one lies there, and the rest is not opened
 * until that has been taken. */
static void sockets_that_are_not_taken(void **state)
{
    (void)state;
    uint16_t port;
    const int listener = occupy(&port);
    assert_int_equal(usher_rules_connect(&rules, "127.0.0.1"), 0);
    for (uint32_t number = 1; number <= 5; number++)
        order(USHER_CONNECT, number, at("127.0.0.1:%u", port));
    assert_int_equal(count_waiting(listener), 1);
    for (uint32_t number = 1; number <= 5; number++) {
        assert_true(hear());
        assert_int_equal(heard.number, number);
        assert_int_equal(heard.result, 0);
        close(heard.fd);
    }
    assert_int_equal(count_waiting(listener), 4);
    order(USHER_CONNECT, 6, at("127.0.0.1:%u", port));
    order(USHER_CONNECT, 7, at("127.0.0.1:%u", port));
    assert_int_equal(count_waiting(listener), 1);
    const uint64_t start = now_ms();
    keep_leaves(); /* nobody waits for who has gone */
    assert_true(now_ms() - start < 5000);
    close(listener);
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
    assert_false(ushers_busy(&ushers, "k2"));
    sem_wait(&begun);
    close(keep);
    keep = -1;
    assert_int_equal(atomic_load(&ushers.living), 1);
    assert_true(ushers_busy(&ushers, "k1"));
    assert_false(ushers_busy(&ushers, "k2"));
    sem_post(&go);
    until_all_are_gone();
    assert_false(ushers_busy(&ushers, "k1"));
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
    assert_true(hear());
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int opened = usher_open(&ushers, "k2");
    order(USHER_CONNECT, 2, "127.0.0.1:1");
    const bool answered = hear();
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
        assert_true(hear());
        assert_int_equal(heard.number, number);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, keep_set_up, keep_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_order_is_the_last),
        TEST(an_empty_message_is_an_end),
        TEST(descriptors_of_a_keep_are_not_taken),
        TEST(a_keep_that_wants_all_ports),
        TEST(a_keep_that_does_not_listen),
        TEST(what_cannot_be_sent_is_an_error),
        TEST(sockets_that_are_not_taken),
        TEST(a_keep_that_leaves_meanwhile),
        TEST(ushers_are_bounded),
        TEST(descriptors_run_out),
        TEST(what_is_not_read_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
