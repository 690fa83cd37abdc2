/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an agent: how hosts are written, and what becomes of answers, which are a host's. */
/* links: base/der_put.c base/der.c base/rfc3339.c */
/* links: host/deploy/remote.c net/upgrade.c net/upgrade_head.c net/http.c net/libcurl.c net/watchdog.c host/fault.c host/clock.c tests/unit/https_server.c tests/unit/scratch.c crypto/issue.c crypto/key.c crypto/digest.c crypto/pem.c base/base64.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto -ljansson */
#define _GNU_SOURCE
#include "host/deploy/remote.h"

#include "tests/unit/https_server.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- names ---- */

static void hosts_get_their_port(void **state)
{
    (void)state;
    static const struct {
        const char *host, *authority;
    } rows[] = {
        {"host.example", "host.example:7443"},
        {"host.example:1", "host.example:1"},
        {"127.0.0.1:65535", "127.0.0.1:65535"},
        {"::1", "[::1]:7443"},
        {"[::1]", "[::1]:7443"},
        {"[2001:db8::1]:99", "[2001:db8::1]:99"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char authority[REMOTE_AUTHORITY_MAX];
        assert_int_equal(remote_authority(rows[i].host, authority), 0);
        assert_string_equal(authority, rows[i].authority);
    }
}

static void what_is_no_host_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",         ":7443",      "host:",      "host:0",    "host:65536", "host:123456",
        "host:x",   "ho st",      "host/path",  "user@host", "host#x",     "https://host",
        "-option",  "[::1",       "[::1]x",     "[]",        "[g::1]",     "host\r\nX: y",
        "::1%eth0", "a:7443/../", "host:7443 ", "[::1]:",    "*",
    };
    char long_name[REMOTE_AUTHORITY_MAX + 1];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    char authority[REMOTE_AUTHORITY_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        if (remote_authority(wrong[i], authority) == 0)
            fail_msg("'%s' was taken as %s", wrong[i], authority);
    }
    assert_int_equal(remote_authority(long_name, authority), -EINVAL);
}

static void ids_cannot_lead_elsewhere(void **state)
{
    (void)state;
    char id[REMOTE_ID_MAX + 2];
    memset(id, 'k', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    assert_false(remote_id_ok(id));
    id[REMOTE_ID_MAX] = '\0';
    assert_true(remote_id_ok(id));
    assert_true(remote_id_ok("k3f9c0a1b2d4e5f6"));
    static const char *const wrong[] = {"",    ".",    "..",  "a/b",   "../x",
                                        "a b", "a%2f", "k\n", "a.json"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_false(remote_id_ok(wrong[i]));
}

/* ---- answers ---- */

static const char *answer;

static void serve(SSL *tls, const char *request)
{
    (void)request;
    https_server_say(tls, answer);
}

/* The outcome of asking for keep k1, and what is said. */
static int ask(const char *status, const char *body, struct fault *fault)
{
    char text[4096];
    struct https_server server;
    struct remote r;
    json_t *keep;
    snprintf(text, sizeof(text),
             "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", status,
             strlen(body), body);
    answer = text;
    https_server_start(serve, &server);
    const struct http_options any = {.any_certificate = true};
    assert_int_equal(remote_open(&r, server.authority, &any, fault), 0);
    const int error = remote_ask_keep(&r, "GET", "k1", &keep, fault);
    if (error == 0)
        assert_string_equal(remote_keep_id(keep), "k1");
    else
        assert_null(keep);
    json_decref(keep);
    struct upgrade *wire;
    struct fault other;
    const int channel = remote_channel(&r, "k1", &wire, &other);
    assert_int_equal(channel, error == 0 ? -EBADMSG : error);
    remote_close(&r);
    https_server_stop(&server);
    return error;
}

static void answers_are_taken(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(ask("200 OK", "{\"id\": \"k1\", \"state\": \"ready\"}", &fault), 0);
}

static void errors_are_told(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(ask("404 Not Found", "{\"error\": \"there is no keep k1\"}", &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "there is no keep k1"));
    assert_int_equal(ask("401 Unauthorized", "{\"error\": \"who are you?\"}", &fault), -EACCES);
    assert_non_null(strstr(fault.text, "who are you?"));
    assert_non_null(strstr(fault.text, "--token-file"));
    assert_int_equal(ask("503 Service Unavailable", "{\"error\": \"full\"}", &fault), -EBUSY);
    assert_int_equal(ask("500 Oh", "<html>", &fault), -EIO);
    assert_non_null(strstr(fault.text, "does not say why"));
    assert_int_equal(ask("400 Bad", "{\"error\": \"\\u001b[2J\"}", &fault), -EIO);
    assert_null(strchr(fault.text, 27));
}

static void all_else_is_no_agent(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(ask("200 OK", "hello", &fault), -EBADMSG);
    assert_int_equal(ask("200 OK", "", &fault), -EBADMSG);
    assert_int_equal(ask("200 OK", "[]", &fault), -EBADMSG);
    assert_int_equal(ask("302 Found", "{\"id\": \"k1\"}", &fault), -EBADMSG);
    assert_non_null(strstr(fault.text, "no agent"));
}

/* Another keep than the one that was asked for. */
static void another_keep_is_no_answer(void **state)
{
    (void)state;
    struct https_server server;
    struct fault fault;
    struct remote r;
    json_t *keep;
    answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{\"id\": \"k2\"}";
    https_server_start(serve, &server);
    const struct http_options any = {.any_certificate = true};
    assert_int_equal(remote_open(&r, server.authority, &any, &fault), 0);
    assert_int_equal(remote_ask_keep(&r, "GET", "k1", &keep, &fault), -EBADMSG);
    remote_close(&r);
    https_server_stop(&server);
}

static void nobody_there_is_told(void **state)
{
    (void)state;
    struct fault fault;
    struct remote r;
    json_t *keep;
    struct upgrade *wire;
    assert_int_equal(remote_open(&r, "127.0.0.1:1", &(struct http_options){0}, &fault), 0);
    assert_int_equal(remote_ask_keep(&r, "GET", "k1", &keep, &fault), -ECONNREFUSED);
    assert_non_null(strstr(fault.text, "enarx host"));
    assert_int_equal(remote_channel(&r, "k1", &wire, &fault), -ECONNREFUSED);
    remote_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_get_their_port),
        cmocka_unit_test(what_is_no_host_is_refused),
        cmocka_unit_test(ids_cannot_lead_elsewhere),
        cmocka_unit_test_setup_teardown(answers_are_taken, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(errors_are_told, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(all_else_is_no_agent, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(another_keep_is_no_answer, scratch_open, scratch_close),
        cmocka_unit_test(nobody_there_is_told),
    };
    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
