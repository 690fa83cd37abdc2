/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a steward, and what becomes of whatever answers in its place. */
/* links: net/steward_client.c net/http.c net/libcurl.c net/watchdog.c host/clock.c host/fault.c tests/unit/https_server.c tests/unit/scratch.c crypto/issue.c crypto/key.c crypto/digest.c crypto/pem.c base/base64.c base/cur.c base/put.c base/wipe.c base/der_put.c base/der.c base/rfc3339.c */
/* libs: -lssl -lcrypto -ljansson */
#define _GNU_SOURCE
#include "net/steward_client.h"

#include "net/http.h"
#include "tests/unit/https_server.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE_REQUEST "application/pkcs10"
#define TYPE_PATH    "application/pkix-pkipath"

static struct https_server server;
static struct http *http;

/* ---- a steward of sorts: the path that is asked for says how it answers ---- */

static const struct reply {
    const char *path, *status, *type, *body;
} replies[] = {
    {"/refuses/", "403 Forbidden", "application/json",
     "{\"error\": \"no\\u001b such workload\", \"check\": \"names_entry\"}"},
    {"/refuses/nonce", "401 Unauthorized", "application/json", "{\"error\": \"who?\"}"},
    {"/form/", "400 Bad Request", "text/plain", "not json"},
    {"/busy/", "503 Unavailable", "application/json", "{\"error\": \"collateral\"}"},
    {"/much/", "429 Too Many", "application/json", "{\"error\": 7}"},
    {"/gone/", "404 Not Found", "text/html", "<html>"},
    {"/broken/", "500 Error", "application/json", ""},
    {"/moved/", "302 Found\r\nLocation: /good/", TYPE_PATH, "moved"},
    {"/typeless/", "200 OK", "text/html", "<html>"},
    {"/parameters/", "200 OK", TYPE_PATH "; charset=none", "path"},
};

static void answer(SSL *tls, const char *status, const char *type, const char *body, size_t size)
{
    char head[512];
    snprintf(head, sizeof(head),
             "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
             status, type, size);
    https_server_say(tls, head);
    for (size_t sent = 0; sent < size;) {
        const int n = SSL_write(tls, body + sent, (int)(size - sent));
        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

/* Says what it was asked. */
static void echo(SSL *tls, const char *line, const char *request)
{
    static char body[8192], rest[4096];
    const char *length = strcasestr(request, "Content-Length: ");
    const bool typed = strcasestr(request, "Content-Type: " TYPE_REQUEST "\r\n") != NULL;
    const int size = length == NULL ? 0 : atoi(length + strlen("Content-Length: "));
    for (int got = 0; got < size;)
        got += SSL_read(tls, rest + got, size - got);
    const int head = snprintf(body, sizeof(body), "%s|%s|", line, typed ? "typed" : "");
    memcpy(body + head, rest, (size_t)size);
    answer(tls, "200 OK", TYPE_PATH, body, (size_t)head + (size_t)size);
}

static void serve(SSL *tls, const char *request)
{
    static char large[STEWARD_ANSWER_MAX + 1];
    char method[16], path[256], line[300];
    assert_int_equal(sscanf(request, "%15s %255s", method, path), 2);
    snprintf(line, sizeof(line), "%s %s", method, path);
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        const struct reply *r = &replies[i];
        if (strcmp(path, r->path) == 0) {
            answer(tls, r->status, r->type, r->body, strlen(r->body));
            return;
        }
    }
    if (strncmp(path, "/large/", 7) == 0)
        answer(tls, "200 OK", TYPE_PATH, large, sizeof(large));
    else
        echo(tls, line, request);
}

static int set_up(void **state)
{
    struct fault fault;
    if (scratch_open(state) < 0)
        return -1;
    setenv("no_proxy", "*", 1);
    https_server_start(serve, &server);
    return http_open(&(struct http_options){.ca_bundle = "server.pem"}, &http, &fault);
}

static int tear_down(void **state)
{
    http_close(http);
    https_server_stop(&server);
    return scratch_close(state);
}

static uint8_t got[STEWARD_ANSWER_MAX];
static struct put out;

static int ask(const char *path, const char *request, struct fault *fault)
{
    char url[STEWARD_URL_MAX + 64];
    out = put_init(got, sizeof(got));
    snprintf(url, sizeof(url), "https://%s%s", server.authority, path);
    return steward_client_ask(http, url, bytes_of_text(request), &out, fault);
}

static void gives(const char *path, const char *request, const char *expected)
{
    struct fault fault = {0};
    assert_int_equal(ask(path, request, &fault), 0);
    assert_true(bytes_equal(put_done(&out), bytes_of_text(expected)));
}

static void fails(const char *path, const char *request, int error, const char *said)
{
    struct fault fault = {0};
    assert_int_equal(ask(path, request, &fault), error);
    assert_non_null(strstr(fault.text, said));
    assert_non_null(strstr(fault.text, server.authority));
    assert_int_equal(out.size, 0);
}

/* ---- */

static void asks_for_nonces_and_certificates(void **state)
{
    (void)state;
    gives("", "", "GET /nonce||");
    gives("/", "", "GET /nonce||");
    gives("/a/b//", "", "GET /a/b/nonce||");
    gives("", "request", "POST /|typed|request");
    gives("/a", "request", "POST /a/|typed|request");
    gives("/parameters", "request", "path");
    gives("", "", "GET /nonce||"); /* nothing of the one before */
}

static void bytes_are_carried_as_they_are(void **state)
{
    (void)state;
    struct fault fault;
    char url[64];
    static const uint8_t request[] = {0x30, 0, 0xff, 0, '\r', '\n'};
    snprintf(url, sizeof(url), "https://%s", server.authority);
    out = put_init(got, sizeof(got));
    put_u8(&out, '!');
    assert_int_equal(
        steward_client_ask(http, url, (struct bytes){request, sizeof(request)}, &out, &fault), 0);
    const char *head = "!POST /|typed|";
    assert_int_equal(out.size, strlen(head) + sizeof(request));
    assert_memory_equal(got, head, strlen(head));
    assert_memory_equal(got + strlen(head), request, sizeof(request));
}

static void refusals_say_why(void **state)
{
    (void)state;
    fails("/refuses", "request", -EACCES, "no? such workload");
    fails("/refuses", "", -EACCES, "who?");
    fails("/form", "request", -EACCES, "400");
    fails("/busy", "request", -ETIMEDOUT, "collateral");
    fails("/much", "request", -ETIMEDOUT, "429");
}

static void others_are_no_stewards(void **state)
{
    (void)state;
    fails("/gone", "request", -EIO, "404");
    fails("/broken", "request", -EIO, "500");
    fails("/moved", "request", -EIO, "302");
    fails("/typeless", "request", -EIO, "text/html");
    fails("/large", "request", -EMSGSIZE, "65537 bytes");
    fails("/large", "", -EMSGSIZE, "bytes"); /* a nonce of 65 and more */
}

static void room_is_not_gone_beyond(void **state)
{
    (void)state;
    struct fault fault;
    uint8_t small[4];
    char url[64];
    snprintf(url, sizeof(url), "https://%s", server.authority);
    out = put_init(small, sizeof(small));
    assert_int_equal(steward_client_ask(http, url, bytes_of_text("request"), &out, &fault),
                     -EMSGSIZE);
}

static void urls_are_those_of_http(void **state)
{
    (void)state;
    static char long_one[STEWARD_URL_MAX + 2] = "http://";
    memset(long_one + 7, 'a', STEWARD_URL_MAX - 6);
    const char *const bad[] = {"",       "steward.example", "ftp://a/",   "file:///etc/passwd",
                               long_one, "http://a/?x",     "http://a/#x"};
    struct fault fault;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        out = put_init(got, sizeof(got));
        assert_int_equal(steward_client_ask(http, bad[i], (struct bytes){0}, &out, &fault),
                         -EINVAL);
    }
    assert_int_equal(
        steward_client_ask(http, "http://127.0.0.1:1", (struct bytes){0}, &out, &fault),
        -ECONNREFUSED);
}

/* Where the rules of a host let it, and not where the name leads by then. */
static void it_is_reached_where_it_was_found(void **state)
{
    (void)state;
    struct fault fault = {0};
    char url[64];
    out = put_init(got, sizeof(got));
    assert_int_equal(steward_client_carry("https://nowhere.invalid:1/", server.authority,
                                          (struct bytes){0}, &out, &fault),
                     0); /* whose certificate is of another name, and of nobody's */
    assert_true(bytes_equal(put_done(&out), bytes_of_text("GET /nonce||")));
    assert_int_equal(steward_client_carry("http://nowhere.invalid/", "127.0.0.1:1",
                                          (struct bytes){0}, &out, &fault),
                     -ECONNREFUSED);
    snprintf(url, sizeof(url), "https://%s", server.authority);
    assert_int_equal(steward_client_carry(url, "127.0.0.1:1", (struct bytes){0}, &out, &fault),
                     -ECONNREFUSED);
    setenv("no_proxy", "", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(steward_client_carry(url, server.authority, (struct bytes){0}, &out, &fault),
                     0); /* the proxy does not count */
    assert_int_equal(steward_client_carry(url, NULL, (struct bytes){0}, &out, &fault),
                     -ECONNREFUSED); /* there */
    unsetenv("https_proxy");
    setenv("no_proxy", "*", 1);
}

/* Its own error of TLS is none that a port carries. */
static void a_steward_that_is_not_trusted(void **state)
{
    (void)state;
    struct fault fault;
    struct http *strict;
    char url[64];
    snprintf(url, sizeof(url), "https://%s", server.authority);
    assert_int_equal(http_open(&(struct http_options){0}, &strict, &fault), 0);
    out = put_init(got, sizeof(got));
    assert_int_equal(steward_client_ask(strict, url, (struct bytes){0}, &out, &fault), -EIO);
    assert_non_null(strstr(fault.text, "certificate"));
    http_close(strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_nonces_and_certificates),
        cmocka_unit_test(bytes_are_carried_as_they_are),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(others_are_no_stewards),
        cmocka_unit_test(room_is_not_gone_beyond),
        cmocka_unit_test(urls_are_those_of_http),
        cmocka_unit_test(a_steward_that_is_not_trusted),
        cmocka_unit_test(it_is_reached_where_it_was_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
