/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text, and listening on them. */
/* links: host/place.c net/listener.c host/fault.c */
#define _GNU_SOURCE
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_storage parsed(const char *text)
{
    struct sockaddr_storage address;
    assert_int_equal(address_parse(text, &address), 0);
    return address;
}

static void addresses_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1:7443", "0.0.0.0:0", "[::]:7443", "[::1]:65535",
                                        "[2001:db8::1]:1"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        char text[ADDRESS_TEXT_MAX];
        const struct sockaddr_storage address = parsed(texts[i]);
        address_put(&address, text);
        assert_string_equal(text, texts[i]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        ":1",
        "1",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "localhost:1",
        "[]:1",
        "[::1",
        "::1]:",
        "300.0.0.1:1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1"};
    struct sockaddr_storage address;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_int_equal(address_parse(texts[i], &address), -EINVAL);
}

static void loopback_is_what_nobody_else_reaches(void **state)
{
    (void)state;
    static const char *const inside[] = {"127.0.0.1:1", "127.1.2.3:1", "[::1]:1",
                                         "[::ffff:127.0.0.1]:1"};
    static const char *const outside[] = {
        "0.0.0.0:1", "[::]:1", "128.0.0.1:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"};
    for (size_t i = 0; i < ARRAY_COUNT(inside); i++) {
        const struct sockaddr_storage address = parsed(inside[i]);
        assert_true(address_is_loopback(&address));
    }
    for (size_t i = 0; i < ARRAY_COUNT(outside); i++) {
        const struct sockaddr_storage address = parsed(outside[i]);
        assert_false(address_is_loopback(&address));
    }
}

static bool same(const char *a, const char *b)
{
    const struct sockaddr_storage one = parsed(a), other = parsed(b);
    return address_same_client(&one, &other) && address_same_client(&other, &one);
}

/* Of IPv6 a client has as many addresses as it likes [RFC 6177 2]. */
static void a_client_is_the_same_by_all_its_addresses(void **state)
{
    (void)state;
    assert_true(same("192.0.2.1:1", "[::ffff:192.0.2.1]:2"));
    assert_false(same("192.0.2.1:1", "192.0.2.2:1"));
    assert_false(same("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1"));
    assert_true(same("[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:2"));
    assert_false(same("[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1"));
    assert_false(same("[::1]:1", "127.0.0.1:1"));
}

static void a_listener_knows_its_port(void **state)
{
    (void)state;
    struct fault fault;
    char text[ADDRESS_TEXT_MAX];
    struct sockaddr_storage address = parsed("127.0.0.1:0");
    int fd = listener_open(&address, &fault);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    address_put(&address, text);
    assert_string_not_equal(text, "127.0.0.1:0");
    assert_int_equal(listener_open(&address, &fault), -EADDRINUSE);
    assert_non_null(strstr(fault.text, text));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_back_as_they_were),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(loopback_is_what_nobody_else_reaches),
        cmocka_unit_test(a_client_is_the_same_by_all_its_addresses),
        cmocka_unit_test(a_listener_knows_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
