/* SPDX-License-Identifier: Apache-2.0 */
/* Upgraded connections, before a server of ours that sends back what it gets; and what
 * answers may say. */
/* links: net/upgrade.c net/upgrade_head.c net/http.c net/libcurl.c net/watchdog.c host/fault.c host/clock.c tests/unit/https_server.c tests/unit/scratch.c crypto/issue.c crypto/key.c crypto/digest.c crypto/pem.c base/base64.c base/cur.c base/put.c base/wipe.c base/der_put.c base/der.c base/rfc3339.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "net/upgrade.h"

#include "host/clock.h"
#include "tests/unit/https_server.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PROTOCOL "enarx-keep/1"

static const struct http_options any = {.any_certificate = true, .token = "tkn"};

/* ---- heads ---- */

static int parse(const char *text, struct upgrade_head *head)
{
    return upgrade_head_parse(bytes_of_text(text), PROTOCOL, head);
}

static void heads_are_understood(void **state)
{
    (void)state;
    struct upgrade_head h;
    const char *good = "HTTP/1.1 101 Switching Protocols\r\nupgrade:  enarx-keep/1 \r\n\r\nmore";
    assert_int_equal(parse(good, &h), 0);
    assert_true(h.upgraded);
    assert_int_equal(h.size, strlen(good) - 4);
    assert_int_equal(parse("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n", &h), 0);
    assert_false(h.upgraded);
    assert_int_equal(h.status, 404);
    assert_int_equal(h.content_length, 12);
    assert_int_equal(parse("HTTP/1.1 503\r\n\r\n", &h), 0);
    assert_int_equal(h.content_length, SIZE_MAX);
}

static void another_protocol_is_no_upgrade(void **state)
{
    (void)state;
    struct upgrade_head h;
    assert_int_equal(parse("HTTP/1.1 101 x\r\nUpgrade: enarx-keep/2\r\n\r\n", &h), 0);
    assert_false(h.upgraded);
    assert_int_equal(parse("HTTP/1.1 101 x\r\n\r\n", &h), 0);
    assert_false(h.upgraded);
    assert_int_equal(parse("HTTP/1.1 200 x\r\nUpgrade: enarx-keep/1\r\n\r\n", &h), 0);
    assert_false(h.upgraded);
}

static void part_of_a_head_waits_for_more(void **state)
{
    (void)state;
    struct upgrade_head h;
    assert_int_equal(parse("", &h), -EAGAIN);
    assert_int_equal(parse("HTTP/1.1 101 Switching", &h), -EAGAIN);
    assert_int_equal(parse("HTTP/1.1 101 x\r\nUpgrade: enarx-keep/1\r\n", &h), -EAGAIN);
}

static void what_is_no_head_is_refused(void **state)
{
    (void)state;
    struct upgrade_head h;
    assert_int_equal(parse("SSH-2.0-OpenSSH\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.0 101 x\r\n\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.1 1x1 x\r\n\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.1 1011\r\n\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.1 200 x\r\nContent-Length: -1\r\n\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.1 200 x\r\nContent-Length:\r\n\r\n", &h), -EBADMSG);
    assert_int_equal(parse("HTTP/1.1 200 x\r\nContent-Length: 9999999999\r\n\r\n", &h), -EBADMSG);
    char *endless = malloc(UPGRADE_HEAD_MAX + 1);
    memset(endless, 'x', UPGRADE_HEAD_MAX);
    memcpy(endless, "HTTP/1.1 101 ", 13);
    endless[UPGRADE_HEAD_MAX] = '\0';
    assert_int_equal(parse(endless, &h), -EBADMSG);
    free(endless);
}

/* ---- connections ---- */

#define VOLUME (8u << 20)

/* Greets in the record of the answer, then echoes. */
static void echo(SSL *tls, const char *request)
{
    static uint8_t buffer[65536];
    int n;
    if (strstr(request, "GET /v1/keeps/k1/channel HTTP/1.1\r\n") == NULL ||
        strstr(request, "\r\nUpgrade: enarx-keep/1\r\n") == NULL ||
        strstr(request, "\r\nConnection: Upgrade\r\n") == NULL ||
        strstr(request, "\r\nAuthorization: Bearer tkn\r\n") == NULL)
        return;
    https_server_say(tls, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                          "Upgrade: enarx-keep/1\r\n\r\nhello");
    while ((n = SSL_read(tls, buffer, sizeof(buffer))) > 0)
        SSL_write(tls, buffer, n);
}

static void refuse(SSL *tls, const char *request)
{
    (void)request;
    https_server_say(tls, "HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n{\"error\":");
    https_server_say(tls, " \"gone\"}");
}

static void hang_up(SSL *tls, const char *request)
{
    (void)request;
    https_server_say(tls, "HTTP/1.1 101 Switch");
}

static int open_channel(const struct https_server *server, struct upgrade **u,
                        struct http_response *response)
{
    struct fault fault = {0};
    const struct upgrade_target target = {
        .authority = server->authority, .path = "/v1/keeps/k1/channel", .protocol = PROTOCOL};
    int error = upgrade_open(&any, &target, u, response, &fault);
    if (error < 0 && error != -EPROTONOSUPPORT)
        assert_non_null(strstr(fault.text, server->authority));
    return error;
}

static void wait_for(const struct upgrade *u)
{
    struct pollfd row = {.fd = upgrade_fd(u), .events = upgrade_events(u)};
    assert_int_equal(poll(&row, 1, 20000), 1);
}

static void read_exactly(struct upgrade *u, void *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const int64_t n = upgrade_receive(u, (uint8_t *)to + got, size - got);
        assert_true(n > 0 || n == -EAGAIN);
        got += n > 0 ? (size_t)n : 0;
        if (n == -EAGAIN)
            wait_for(u);
    }
}

static void what_came_with_the_answer_comes_first(void **state)
{
    (void)state;
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    char got[6] = "";
    https_server_start(echo, &server);
    assert_int_equal(open_channel(&server, &u, &r), 0);
    read_exactly(u, got, 2);
    read_exactly(u, got + 2, 3);
    assert_string_equal(got, "hello");
    assert_int_equal(upgrade_receive(u, got, 1), -EAGAIN);
    upgrade_close(u);
    https_server_stop(&server);
}

static uint8_t pattern(size_t i) { return (uint8_t)(i * 31 + (i >> 13)); }

/* Both ways at once, more than any buffer holds: the peer stops reading while we do not
 * read what it sends back. */
static void bytes_come_back_in_their_order(void **state)
{
    (void)state;
    static uint8_t out[40000], in[50000];
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    size_t sent = 0, got = 0, refused = 0;
    https_server_start(echo, &server);
    assert_int_equal(open_channel(&server, &u, &r), 0);
    read_exactly(u, in, 5);
    while (got < VOLUME) {
        const size_t left = VOLUME - sent;
        const size_t size = left < sizeof(out) ? left : sizeof(out);
        for (size_t i = 0; i < size; i++)
            out[i] = pattern(sent + i);
        int64_t n = upgrade_send(u, (struct bytes){out, size});
        assert_true(n >= 0);
        sent += (size_t)n;
        if (n > 0)
            continue; /* as much as it takes, before any is read */
        refused++;
        n = upgrade_receive(u, in, sizeof(in));
        assert_true(n > 0 || n == -EAGAIN);
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(in[i], pattern(got + (size_t)i));
        got += n > 0 ? (size_t)n : 0;
        if (n == -EAGAIN)
            wait_for(u);
    }
    assert_true(refused > 1);
    upgrade_close(u);
    https_server_stop(&server);
}

static void refusals_are_told(void **state)
{
    (void)state;
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    https_server_start(refuse, &server);
    assert_int_equal(open_channel(&server, &u, &r), -EPROTONOSUPPORT);
    assert_int_equal(r.status, 404);
    assert_int_equal(r.size, 16);
    assert_memory_equal(r.body, "{\"error\": \"gone\"", 16);
    http_response_fini(&r);
    https_server_stop(&server);
}

static void half_an_answer_is_none(void **state)
{
    (void)state;
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    https_server_start(hang_up, &server);
    assert_int_equal(open_channel(&server, &u, &r), -ENODATA);
    assert_null(r.body);
    https_server_stop(&server);
    assert_int_equal(open_channel(&server, &u, &r), -ECONNREFUSED);
}

static void sleep_long(SSL *tls, const char *request)
{
    (void)tls, (void)request;
    sleep(60);
}

/* Some data, and then nothing without end. */
static void flood(SSL *tls, const char *request)
{
    (void)request;
    https_server_say(tls, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                          "Upgrade: enarx-keep/1\r\n\r\nhello");
    https_server_flood(tls, 1);
}

/* It never waits: who keeps it busy with nothing for seconds is cut off. */
static void what_is_no_data_is_cut_off(void **state)
{
    (void)state;
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    char got[64];
    https_server_start(flood, &server);
    assert_int_equal(open_channel(&server, &u, &r), 0);
    read_exactly(u, got, 5);
    const uint64_t start = clock_ms();
    int64_t n = -EAGAIN;
    alarm(60);
    while (n == -EAGAIN && clock_ms() - start < 20000)
        n = upgrade_receive(u, got, sizeof(got));
    alarm(0);
    assert_int_equal(n, -EIO);
    assert_in_range(clock_ms() - start, 4000, 15000);
    assert_int_equal(upgrade_receive(u, got, sizeof(got)), -EIO);
    upgrade_close(u);
    https_server_stop(&server);
}

static unsigned asked;
static bool at_the_third_time(void) { return ++asked > 3; }

static void what_is_cancelled_ends(void **state)
{
    (void)state;
    struct https_server server;
    struct upgrade *u;
    struct http_response r;
    struct fault fault;
    struct http_options options = any;
    options.cancelled = at_the_third_time;
    https_server_start(sleep_long, &server);
    const struct upgrade_target target = {
        .authority = server.authority, .path = "/", .protocol = PROTOCOL};
    assert_int_equal(upgrade_open(&options, &target, &u, &r, &fault), -ECANCELED);
    https_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_understood),
        cmocka_unit_test(another_protocol_is_no_upgrade),
        cmocka_unit_test(part_of_a_head_waits_for_more),
        cmocka_unit_test(what_is_no_head_is_refused),
        cmocka_unit_test_setup_teardown(what_came_with_the_answer_comes_first, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(bytes_come_back_in_their_order, scratch_open,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(refusals_are_told, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_is_cancelled_ends, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_is_no_data_is_cut_off, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(half_an_answer_is_none, scratch_open, scratch_close),
    };
    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
