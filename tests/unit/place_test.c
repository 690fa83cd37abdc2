/* SPDX-License-Identifier: Apache-2.0 */
/* HOST:PORT as text, and which addresses are anybody's to reach. */
/* links: host/place.c base/cur.c */
#include "host/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In memory of its own size, so that a look behind it is noticed. */
static int parse(const char *text, size_t size, struct place *out)
{
    uint8_t *copy = malloc(size + (size == 0));
    assert_non_null(copy);
    memcpy(copy, text, size);
    const int error = place_parse((struct bytes){copy, size}, out);
    free(copy);
    return error;
}

static void places_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } rows[] = {
        {"example.org:443", "example.org", 443},
        {"EXAMPLE.org.:1", "EXAMPLE.org.", 1},
        {"192.0.2.7:65535", "192.0.2.7", 65535},
        {"[2001:db8::7]:80", "2001:db8::7", 80},
        {"[::]:8080", "::", 8080},
        {"a_b-c.d:80", "a_b-c.d", 80},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct place place;
        assert_int_equal(parse(rows[i].text, strlen(rows[i].text), &place), 0);
        assert_string_equal(place.host, rows[i].host);
        assert_int_equal(place.port, rows[i].port);
    }
}

static void what_is_no_place_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "host",
        "host:",
        ":80",
        "host:0",
        "host:65536",
        "host:080",
        "host:-1",
        "host:+1",
        "host:80 ",
        " host:80",
        "ho st:80",
        "host:99999",
        "host:123456",
        "::1:80",
        "[::1:80",
        "::1]:80",
        "[]:80",
        "[host]:80",
        "[1.2.3.4]:80",
        "[fe80::1%eth0]:80",
        "host%1:80",
        "h\xc3\xb6st:80",
        "a/b:80",
        "a@b:80",
        "host:80:80",
        "host:8\n",
        "[::1]x:80",
        "*:80",
    };
    struct place place = {.port = 7};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (parse(texts[i], strlen(texts[i]), &place) != -EINVAL)
            fail_msg("\"%s\" is taken", texts[i]);
    }
    assert_int_equal(parse("host\0x:80", 9, &place), -EINVAL);
    assert_int_equal(parse("host:8\0", 7, &place), -EINVAL);
    assert_int_equal(place.port, 7);
}

static void names_are_bounded(void **state)
{
    (void)state;
    struct place place;
    char text[300];
    memset(text, 'x', sizeof(text));
    memcpy(text + 253, ":80", 3);
    assert_int_equal(parse(text, 256, &place), 0);
    assert_int_equal(strlen(place.host), 253);
    text[253] = 'x';
    memcpy(text + 254, ":80", 3);
    assert_int_equal(parse(text, 257, &place), -EINVAL);
}

/* ---- addresses ---- */

static bool is_public(const char *text)
{
    struct in6_addr address;
    assert_true(host_address_parse(text, &address));
    return host_address_is_public(&address);
}

/* The first and the last of each range of [RFC 6890], and their neighbours. */
static void addresses_of_a_network_alone_are_not_public(void **state)
{
    (void)state;
    static const char *const of_one[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.9",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:1ff:ffff::",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "1fff::1",
    };
    for (size_t i = 0; i < ARRAY_COUNT(of_one); i++) {
        if (is_public(of_one[i]))
            fail_msg("%s is public", of_one[i]);
    }
}

static void all_others_are(void **state)
{
    (void)state;
    static const char *const public[] = {
        "1.0.0.0",        "9.255.255.255",   "11.0.0.0",    "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",   "169.253.255.255",
        "169.255.0.0",    "172.15.255.255",  "172.32.0.0",  "192.0.1.0",
        "192.0.3.0",      "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0",     "223.255.255.255", "8.8.8.8",     "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8", "2000::1",         "2001:200::1", "2001:db9::1",
        "2003::1",        "2606:4700::1111", "3ffe::1",     "3fff:1000::1",
    };
    for (size_t i = 0; i < ARRAY_COUNT(public); i++) {
        if (!is_public(public[i]))
            fail_msg("%s is not public", public[i]);
    }
}

/* An address is one, however it is written; what only looks like one is a name. */
static void addresses_have_one_form(void **state)
{
    (void)state;
    const struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct in6_addr a, b;
    assert_true(host_address_parse("127.0.0.1", &a));
    assert_true(host_address_parse("::ffff:127.0.0.1", &b));
    assert_memory_equal(&a, &b, sizeof(a));
    b = host_address_of((const struct sockaddr *)&four);
    assert_memory_equal(&a, &b, sizeof(a));
    six.sin6_addr = a;
    b = host_address_of((const struct sockaddr *)&six);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_false(host_address_parse("127.1", &a));
    assert_false(host_address_parse("0x7f.0.0.1", &a));
    assert_false(host_address_parse("2130706433", &a));
    assert_false(host_address_parse("localhost", &a));
    assert_false(host_address_parse("fe80::1%lo", &a));
    assert_false(host_address_parse("", &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_read),
        cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(addresses_of_a_network_alone_are_not_public),
        cmocka_unit_test(all_others_are),
        cmocka_unit_test(addresses_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
