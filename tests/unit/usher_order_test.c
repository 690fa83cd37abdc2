/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of a keep to its usher, as they are and as they must not be. */
/* links: host/usher_order.c host/place.c base/cur.c base/put.c */
#include "host/usher_order.h"

#include "base/put.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t message[USHER_ORDER_MAX + 1];
static struct usher_order order;

static int parse(uint32_t kind, const char *text, size_t size)
{
    struct put p = put_init(message, sizeof(message));
    put_le32(&p, kind);
    put_le32(&p, 77);
    put_bytes(&p, (struct bytes){(const uint8_t *)text, size});
    return usher_order_parse(put_done(&p), &order);
}

static int parse_text(uint32_t kind, const char *text) { return parse(kind, text, strlen(text)); }

static void sockets_are_ordered(void **state)
{
    (void)state;
    assert_int_equal(parse_text(USHER_LISTEN, "[::]:8080"), 0);
    assert_int_equal(order.kind, USHER_LISTEN);
    assert_int_equal(order.number, 77);
    assert_string_equal(order.place.host, "::");
    assert_int_equal(order.place.port, 8080);
    assert_int_equal(parse_text(USHER_CONNECT, "example.org:443"), 0);
    assert_string_equal(order.place.host, "example.org");
    assert_int_equal(order.request.size, 0);
}

static void stewards_are_asked(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        uint16_t port;
    } rows[] = {
        {"https://steward.example.org", "steward.example.org", 443},
        {"https://steward.example.org:8443/", "steward.example.org", 8443},
        {"http://192.0.2.7/a/b?c=d", "192.0.2.7", 80},
        {"http://[2001:db8::7]", "2001:db8::7", 80},
        {"https://[2001:db8::7]:1/x", "2001:db8::7", 1},
        {"https://a?b:9", "a", 443},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(parse_text(USHER_NONCE, rows[i].url), 0);
        assert_string_equal(order.url, rows[i].url);
        assert_string_equal(order.place.host, rows[i].host);
        assert_int_equal(order.place.port, rows[i].port);
        assert_int_equal(order.request.size, 0);
    }
    assert_int_equal(parse(USHER_CERTIFICATE, "https://a/\0der\0more", 19), 0);
    assert_string_equal(order.url, "https://a/");
    assert_int_equal(order.request.size, 8);
    assert_memory_equal(order.request.data, "der\0more", 8);
}

/* What one reader takes for a host and another for something else is nobody's URL. */
static void urls_that_are_none(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "https://",
        "https:///",
        "ftp://a/",
        "HTTPS://a/",
        "https:/a",
        "//a/",
        "file:///etc/passwd",
        "https://user@a/",
        "https://a\\@b/",
        "https://a/\\b",
        "https://a/ b",
        "https://a/\tb",
        "https://a/\r\nHost: b",
        "https://a#b",
        "https://a/\x80",
        "https://a:0/",
        "https://a:65536/",
        "https://a:/",
        "https://[::1/",
        "https://::1/",
        "https://a b/",
        "https://*/",
    };
    for (size_t i = 0; i < ARRAY_COUNT(urls); i++) {
        if (parse_text(USHER_NONCE, urls[i]) != -EBADMSG)
            fail_msg("\"%s\" is taken", urls[i]);
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    static char url[USHER_URL_MAX + 2] = "https://a/";
    memset(url + 10, 'x', USHER_URL_MAX - 10);
    assert_int_equal(parse_text(USHER_NONCE, url), 0);
    assert_int_equal(strlen(order.url), USHER_URL_MAX);
    url[USHER_URL_MAX] = 'x';
    assert_int_equal(parse_text(USHER_NONCE, url), -EBADMSG);
}

static void what_is_no_order_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < USHER_HEADER; size++)
        assert_int_equal(usher_order_parse((struct bytes){message, size}, &order), -EBADMSG);
    static const uint32_t kinds[] = {0, USHER_CERTIFICATE + 1, 0x100, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        assert_int_equal(parse_text(kinds[i], "127.0.0.1:80"), -EBADMSG);
    assert_int_equal(parse_text(USHER_LISTEN, ""), -EBADMSG);
    assert_int_equal(parse_text(USHER_LISTEN, "127.0.0.1"), -EBADMSG);
    assert_int_equal(parse(USHER_CONNECT, "127.0.0.1:80\0", 13), -EBADMSG);
    assert_int_equal(parse(USHER_NONCE, "https://a/\0x", 12), -EBADMSG);
    assert_int_equal(parse_text(USHER_CERTIFICATE, "https://a/"), -EBADMSG);
    assert_int_equal(parse(USHER_CERTIFICATE, "https://a/\0", 11), -EBADMSG);
    assert_int_equal(parse(USHER_CERTIFICATE, "\0der", 4), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_ordered),         cmocka_unit_test(stewards_are_asked),
        cmocka_unit_test(urls_that_are_none),          cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(what_is_no_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
