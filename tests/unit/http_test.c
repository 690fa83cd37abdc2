/* SPDX-License-Identifier: Apache-2.0 */
/* Requests through libcurl, before a server of ours that says what it was asked. */
/* links: net/http.c net/libcurl.c net/watchdog.c host/clock.c host/fault.c tests/unit/https_server.c tests/unit/scratch.c crypto/issue.c crypto/key.c crypto/digest.c crypto/pem.c base/base64.c base/cur.c base/put.c base/wipe.c base/der_put.c base/der.c base/rfc3339.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "net/http.h"

#include "host/clock.h"
#include "tests/unit/https_server.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct https_server server;

/* Answers with the request line, the token and what follows the head. */
static void echo(SSL *tls, const char *request)
{
    char body[4096] = "", rest[1024] = "", answer[8192];
    const char *token = strstr(request, "Authorization: "), *length;
    snprintf(body, sizeof(body), "%.*s|%.*s|", (int)strcspn(request, "\r"), request,
             token == NULL ? 0 : (int)strcspn(token, "\r"), token == NULL ? "" : token);
    length = strcasestr(request, "Content-Length: ");
    if (length != NULL && strcasestr(request, "Content-Type: application/json") != NULL)
        SSL_read(tls, rest, atoi(length + strlen("Content-Length: ")));
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s%s",
             strlen(body) + strlen(rest), body, rest);
    https_server_say(tls, answer);
}

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("no_proxy", "*", 1);
    https_server_start(echo, &server);
    return 0;
}

static int tear_down(void **state)
{
    https_server_stop(&server);
    return scratch_close(state);
}

static int send_with(const struct http_options *options, const char *method, const char *json,
                     const char *expected)
{
    char url[128];
    struct fault fault = {0};
    struct http *http;
    struct http_response response;
    snprintf(url, sizeof(url), "https://%s/v1/keeps", server.authority);
    assert_int_equal(http_open(options, &http, &fault), 0);
    const struct http_request request = {
        .method = method,
        .url = url,
        .body = json == NULL ? (struct bytes){0} : bytes_of_text(json),
        .type = json == NULL ? NULL : "application/json",
    };
    int error = http_send(http, &request, &response, &fault);
    if (error == 0) {
        assert_int_equal(response.status, 200);
        assert_int_equal(response.size, strlen(expected));
        assert_memory_equal(response.body, expected, response.size);
        http_response_fini(&response);
    } else {
        assert_non_null(strstr(fault.text, url));
    }
    http_close(http);
    return error;
}

static void methods_and_bodies_arrive(void **state)
{
    (void)state;
    const struct http_options any = {.any_certificate = true};
    assert_int_equal(send_with(&any, "GET", NULL, "GET /v1/keeps HTTP/1.1||"), 0);
    assert_int_equal(send_with(&any, "DELETE", NULL, "DELETE /v1/keeps HTTP/1.1||"), 0);
    assert_int_equal(send_with(&any, "POST", "{\"a\": 1}", "POST /v1/keeps HTTP/1.1||{\"a\": 1}"),
                     0);
}

/* As one handle sends them: what belongs to one request is not in the next. */
static void requests_follow_each_other(void **state)
{
    (void)state;
    char url[128];
    struct fault fault;
    struct http *http;
    struct http_response r;
    snprintf(url, sizeof(url), "https://%s/", server.authority);
    assert_int_equal(http_open(&(struct http_options){.any_certificate = true}, &http, &fault), 0);
    const struct http_request post = {
        .method = "POST", .url = url, .body = bytes_of_text("[]"), .type = "application/json"};
    assert_int_equal(http_send(http, &post, &r, &fault), 0);
    http_response_fini(&r);
    assert_int_equal(http_get(http, url, &r, &fault), 0);
    assert_int_equal(r.size, strlen("GET / HTTP/1.1||"));
    http_response_fini(&r);
    http_close(http);
}

static void tokens_arrive(void **state)
{
    (void)state;
    const struct http_options o = {.any_certificate = true, .token = "abc.def"};
    assert_int_equal(
        send_with(&o, "GET", NULL, "GET /v1/keeps HTTP/1.1|Authorization: Bearer abc.def|"), 0);
    assert_int_equal(
        send_with(&o, "POST", "{}", "POST /v1/keeps HTTP/1.1|Authorization: Bearer abc.def|{}"), 0);
}

static void certificates_count_unless_any_will_do(void **state)
{
    (void)state;
    const char *get = "GET /v1/keeps HTTP/1.1||";
    assert_int_equal(send_with(&(struct http_options){0}, "GET", NULL, get), -EKEYREJECTED);
    const struct http_options known = {.ca_bundle = "server.pem"};
    assert_int_equal(send_with(&known, "GET", NULL, get), 0);
}

static void nobody_there_has_its_own_error(void **state)
{
    (void)state;
    struct fault fault;
    struct http *http;
    struct http_response r;
    assert_int_equal(http_open(&(struct http_options){0}, &http, &fault), 0);
    assert_int_equal(http_get(http, "https://127.0.0.1:1/", &r, &fault), -ECONNREFUSED);
    assert_null(r.body);
    assert_int_equal(http_get(http, "ftp://127.0.0.1/", &r, &fault), -EIO);
    http_close(http);
}

/* Whatever the host is, and whatever proxy there may be. */
static void requests_go_where_they_are_told_to(void **state)
{
    (void)state;
    const struct http_options o = {.any_certificate = true, .connect_to = server.authority};
    struct fault fault;
    struct http *http;
    struct http_response r;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(http_open(&o, &http, &fault), 0);
    const int error = http_get(http, "https://no-such-host.invalid:1/a", &r, &fault);
    unsetenv("https_proxy");
    http_close(http);
    assert_int_equal(error, 0);
    assert_memory_equal(r.body, "GET /a HTTP/1.1||", r.size);
    http_response_fini(&r);
    const struct http_options nobody = {.any_certificate = true, .connect_to = "127.0.0.1:1"};
    assert_int_equal(send_with(&nobody, "GET", NULL, ""), -ECONNREFUSED);
}

/* ---- who does not come to an end ---- */

static void flood(SSL *tls, const char *request)
{
    if (strncmp(request, "GET /good ", 10) == 0)
        echo(tls, request);
    else
        https_server_flood(tls, 0);
}

static int set_up_flood(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("no_proxy", "*", 1);
    https_server_start(flood, &server);
    alarm(60); /* who never comes back is noticed */
    return 0;
}

static int tear_down_flood(void **state)
{
    alarm(0);
    return tear_down(state);
}

/* A TLS library goes on as long as records without data come, and looks at no clock. */
static void what_is_no_data_is_no_answer(void **state)
{
    (void)state;
    const struct http_options o = {.any_certificate = true, .patience = 1};
    struct http *http;
    struct fault fault = {0};
    struct http_response r;
    char bad[64], good[64];
    snprintf(bad, sizeof(bad), "https://%s/bad", server.authority);
    snprintf(good, sizeof(good), "https://%s/good", server.authority);
    assert_int_equal(http_open(&o, &http, &fault), 0);
    for (int i = 0; i < 2; i++) {
        const uint64_t start = clock_ms();
        assert_int_equal(http_get(http, bad, &r, &fault), -ETIMEDOUT);
        assert_in_range(clock_ms() - start, 900, 8000);
        assert_non_null(strstr(fault.text, bad));
        assert_int_equal(http_get(http, good, &r, &fault), 0); /* on a connection of its own */
        http_response_fini(&r);
    }
    http_close(http);
}

static bool yes(void) { return true; }

static void what_is_cancelled_ends(void **state)
{
    (void)state;
    const struct http_options o = {.any_certificate = true, .cancelled = yes};
    assert_int_equal(send_with(&o, "GET", NULL, ""), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(methods_and_bodies_arrive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_follow_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokens_arrive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(certificates_count_unless_any_will_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_go_where_they_are_told_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cancelled_ends, set_up, tear_down),
        cmocka_unit_test(nobody_there_has_its_own_error),
        cmocka_unit_test_setup_teardown(what_is_no_data_is_no_answer, set_up_flood,
                                        tear_down_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
