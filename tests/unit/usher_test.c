/* SPDX-License-Identifier: Apache-2.0 */
/* What an usher opens, and what it refuses by its rules. */
/* links: tests/unit/usher_keep.c host/usher.c host/usher_order.c host/usher_rules.c host/place.c host/endpoint.c host/clock.c host/fault.c base/cur.c base/put.c */
/* libs: -Wl,--wrap=getaddrinfo -Wl,--wrap=connect */
#define _GNU_SOURCE
#include "tests/unit/usher_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

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
    assert_true(hear());
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
    assert_true(hear());
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
    assert_true(hear());
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, keep_set_up, keep_tear_down)

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
