/* SPDX-License-Identifier: Apache-2.0 */
/* The port's side of an usher's socket: orders that are sent once, answers that come when
 * they come, and calls that never wait. The usher is the test. */
/* links: tests/unit/descriptors.c host/port_usher.c base/cur.c base/put.c */
#define _GNU_SOURCE
#include "host/port_usher.h"

#include "base/put.h"
#include "host/usher_order.h"
#include "tests/unit/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct port_usher *port;
static int keep = -1, usher = -1; /* the ends */
static struct bytes said;

static int set_up(void **state)
{
    int ends[2];
    (void)state;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    keep = ends[0];
    usher = ends[1];
    port = port_usher_new(keep);
    return port == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    port_usher_free(port);
    close(keep);
    if (usher >= 0)
        close(usher);
    return 0;
}

/* ---- the usher ---- */

struct heard {
    uint32_t kind, number;
    size_t size;
    char text[USHER_ORDER_MAX];
};
static struct heard heard;

static bool hear(void)
{
    static uint8_t message[USHER_ORDER_MAX + 1];
    const ssize_t n = recv(usher, message, sizeof(message), MSG_DONTWAIT);
    if (n < 0)
        return false;
    struct cur c = cur_init((struct bytes){message, (size_t)n});
    heard.kind = cur_le32(&c);
    heard.number = cur_le32(&c);
    const struct bytes text = cur_take(&c, cur_left(&c));
    assert_true(cur_done(&c));
    memcpy(heard.text, text.data, text.size);
    heard.text[text.size] = '\0';
    heard.size = text.size;
    return true;
}

static void answer_with(uint32_t number, int result, struct bytes text, const int *fds,
                        size_t fd_count)
{
    static uint8_t message[USHER_HEADER + USHER_SAID_MAX + 100];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(4 * sizeof(int))] = {0};
    struct put p = put_init(message, sizeof(message));
    put_le32(&p, number);
    put_le32(&p, (uint32_t)result);
    put_bytes(&p, text);
    struct iovec part = {message, p.size};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        m.msg_control = control;
        m.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&m);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
    }
    assert_int_equal(sendmsg(usher, &m, MSG_NOSIGNAL), p.size);
}

static void answer(uint32_t number, int result)
{
    answer_with(number, result, (struct bytes){0}, NULL, 0);
}

/* A socket of the usher's, which it does not keep. */
static void answer_socket(uint32_t number)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    answer_with(number, 0, (struct bytes){0}, &fd, 1);
    close(fd);
}

static int open_at(uint32_t verb, uint64_t index, const char *place)
{
    return port_usher_open(port, verb, index, bytes_of_text(place));
}

/* ---- streams ---- */

static void a_stream_is_ordered_once(void **state)
{
    (void)state;
    assert_int_equal(open_at(PORT_LISTEN, 3, "[::]:80"), -EAGAIN);
    assert_true(hear());
    assert_int_equal(heard.kind, USHER_LISTEN);
    assert_string_equal(heard.text, "[::]:80");
    for (int i = 0; i < 10; i++)
        assert_int_equal(open_at(PORT_LISTEN, 3, "[::]:80"), -EAGAIN);
    assert_false(hear());
    answer_socket(heard.number);
    const int fd = open_at(PORT_LISTEN, 3, "[::]:80");
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
    /* and anew */
    assert_int_equal(open_at(PORT_LISTEN, 3, "[::]:80"), -EAGAIN);
    assert_true(hear());
}

static void errors_are_passed_on(void **state)
{
    (void)state;
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    assert_int_equal(heard.kind, USHER_CONNECT);
    answer(heard.number, -EACCES);
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EACCES);
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    answer(heard.number, 0); /* without a socket */
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EMFILE);
}

/* Its answer, when it comes, is nobody's, and its socket is closed. */
static void a_stream_may_be_given_up(void **state)
{
    (void)state;
    const size_t before = count_descriptors();
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    const uint32_t first = heard.number;
    assert_int_equal(open_at(PORT_CONNECT, 1, "b:80"), -EAGAIN);
    assert_true(hear());
    const uint32_t second = heard.number;
    answer_socket(first);
    assert_int_equal(open_at(PORT_CONNECT, 1, "b:80"), -EAGAIN);
    assert_int_equal(count_descriptors(), before);
    answer_socket(second);
    answer_socket(second); /* twice is once */
    const int fd = open_at(PORT_CONNECT, 1, "b:80");
    assert_true(fd >= 0);
    assert_int_equal(open_at(PORT_LISTEN, 1, "b:80"), -EAGAIN); /* another verb */
    assert_int_equal(open_at(PORT_LISTEN, 1, "b:80"), -EAGAIN);
    assert_int_equal(count_descriptors(), before + 1);
    close(fd);
}

/* One that came is closed when something else is asked for. */
static void a_socket_that_nobody_fetches_is_closed(void **state)
{
    (void)state;
    const size_t before = count_descriptors();
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    answer_socket(heard.number);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, bytes_of_text("u"), &said),
                     -EAGAIN);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, (struct bytes){0}, &said),
                     -EAGAIN); /* it has been taken in by now */
    assert_int_equal(count_descriptors(), before + 1);
    assert_int_equal(open_at(PORT_CONNECT, 1, "b:80"), -EAGAIN);
    assert_int_equal(count_descriptors(), before);
}

static void there_is_one_socket_for_each_order(void **state)
{
    (void)state;
    const int fds[2] = {STDIN_FILENO, STDIN_FILENO};
    const size_t before = count_descriptors();
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    answer_with(heard.number, 0, (struct bytes){0}, fds, 2);
    const int fd = open_at(PORT_CONNECT, 0, "a:80");
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(count_descriptors(), before);
}

static void descriptors_run_out(void **state)
{
    (void)state;
    struct rlimit usual, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    answer_socket(heard.number);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int result = open_at(PORT_CONNECT, 0, "a:80");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(result, -EMFILE);
}

static void without_an_usher_there_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    close(usher);
    usher = -1;
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EIO);
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EIO);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, bytes_of_text("u"), &said),
                     -EIO);
}

/* An usher that is slow makes nobody wait. */
static void too_many_orders_are_not_sent(void **state)
{
    (void)state;
    int result = -EAGAIN;
    for (uint64_t i = 0; i < 100000 && result == -EAGAIN; i++)
        result = open_at(PORT_CONNECT, i, "a:80");
    assert_int_equal(result, -EIO);
}

static void what_is_too_large_is_not_sent(void **state)
{
    (void)state;
    static uint8_t large[PORT_REQUEST_MAX + 1];
    const struct bytes most = {large, PORT_REQUEST_MAX}, more = {large, PORT_REQUEST_MAX + 1};
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_CERTIFICATE, 1, most, &said), -EAGAIN);
    assert_true(hear());
    assert_int_equal(heard.size, PORT_REQUEST_MAX);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_CERTIFICATE, 2, more, &said),
                     -EMSGSIZE);
    assert_false(hear());
}

/* ---- stewards ---- */

static int go_on(uint64_t kind, uint64_t attempt)
{
    return port_usher_ask(port, kind, attempt, (struct bytes){0}, &said);
}

static void a_steward_is_asked_once(void **state)
{
    (void)state;
    const struct bytes url = bytes_of_text("https://a/");
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 0), -EINVAL);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), -EINVAL);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 0, url, &said), -EINVAL);
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, url, &said), -EAGAIN);
    assert_true(hear());
    assert_int_equal(heard.kind, USHER_NONCE);
    assert_string_equal(heard.text, "https://a/");
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), -EAGAIN);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_CERTIFICATE, 1), -EINVAL);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 2), -EINVAL);
    assert_false(hear());
    answer_with(heard.number, 0, bytes_of_text("nonce"), NULL, 0);
    for (int i = 0; i < 3; i++) { /* in parts, as often as one likes */
        assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), 0);
        assert_true(bytes_equal(said, bytes_of_text("nonce")));
    }
    const struct bytes request = {(const uint8_t *)"https://a/\0der", 14};
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_CERTIFICATE, 2, request, &said),
                     -EAGAIN);
    assert_int_equal(said.size, 0);
    assert_true(hear());
    assert_int_equal(heard.kind, USHER_CERTIFICATE);
    assert_int_equal(heard.size, 14);
    answer(heard.number, -ETIMEDOUT);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_CERTIFICATE, 2), -ETIMEDOUT);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_CERTIFICATE, 2), -ETIMEDOUT);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), -EINVAL);
}

static void a_later_attempt_gives_up_the_one_before(void **state)
{
    (void)state;
    const struct bytes url = bytes_of_text("https://a/");
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 5, url, &said), -EAGAIN);
    assert_true(hear());
    const uint32_t first = heard.number;
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 9, url, &said), -EAGAIN);
    assert_true(hear());
    answer_with(first, 0, bytes_of_text("old"), NULL, 0);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 9), -EAGAIN);
    answer_with(heard.number, 0, bytes_of_text("new"), NULL, 0);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 9), 0);
    assert_true(bytes_equal(said, bytes_of_text("new")));
}

static void streams_and_stewards_do_not_meet(void **state)
{
    (void)state;
    const struct bytes url = bytes_of_text("https://a/");
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, url, &said), -EAGAIN);
    assert_true(hear());
    const uint32_t steward = heard.number;
    assert_int_equal(open_at(PORT_CONNECT, 0, "a:80"), -EAGAIN);
    assert_true(hear());
    answer_with(steward, 0, bytes_of_text("nonce"), NULL, 0);
    answer_socket(heard.number);
    const int fd = open_at(PORT_CONNECT, 0, "a:80");
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), 0);
    assert_int_equal(said.size, 5);
}

static void large_answers_are_whole_or_none(void **state)
{
    (void)state;
    static uint8_t large[USHER_SAID_MAX + 1] = {1, 2};
    const struct bytes url = bytes_of_text("https://a/");
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 1, url, &said), -EAGAIN);
    assert_true(hear());
    answer_with(heard.number, 0, (struct bytes){large, USHER_SAID_MAX}, NULL, 0);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 1), 0);
    assert_true(bytes_equal(said, (struct bytes){large, USHER_SAID_MAX}));
    assert_int_equal(port_usher_ask(port, PORT_BLOB_STEWARD_NONCE, 2, url, &said), -EAGAIN);
    assert_true(hear());
    answer_with(heard.number, 0, (struct bytes){large, USHER_SAID_MAX + 1}, NULL, 0);
    assert_int_equal(go_on(PORT_BLOB_STEWARD_NONCE, 2), -EMSGSIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_is_ordered_once),
        TEST(errors_are_passed_on),
        TEST(a_stream_may_be_given_up),
        TEST(a_socket_that_nobody_fetches_is_closed),
        TEST(there_is_one_socket_for_each_order),
        TEST(descriptors_run_out),
        TEST(without_an_usher_there_is_nothing),
        TEST(too_many_orders_are_not_sent),
        TEST(what_is_too_large_is_not_sent),
        TEST(a_steward_is_asked_once),
        TEST(a_later_attempt_gives_up_the_one_before),
        TEST(streams_and_stewards_do_not_meet),
        TEST(large_answers_are_whole_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
