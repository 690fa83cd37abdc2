/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of manifest.h for TLS and stewards, each broken once. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/manifest_check.c base/utf8.c base/cur.c base/put.c */
#include "conf/manifest_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text(const char *t) { return bytes_of_text(t); }

/* ---- TLS ---- */

static const struct bytes two_sets[] = {{(const uint8_t *)"\x30\0", 2},
                                        {(const uint8_t *)"\x30\1a\x30\0", 5}};
static const struct bytes one_policy = {(const uint8_t *)"", 0};

/* Two streams, of which each trusts one of what is there. */
struct tls_case {
    struct manifest_stream streams[2];
    struct bytes cas[2];
    size_t ca_count;
    size_t policy_count;
};

static struct tls_case tls_case(void)
{
    return (struct tls_case){
        .streams = {{.kind = STREAM_LISTEN,
                     .name = text("l"),
                     .host = text("::"),
                     .port = 1,
                     .tls = {CLIENTS_REQUIRED, VERIFY_CA, 1, {0}, text("\2h2\1x")}},
                    {.kind = STREAM_CONNECT,
                     .name = text("c"),
                     .host = text("h"),
                     .port = 1,
                     .tls = {CLIENTS_NONE, VERIFY_CA, 0, text("n"), {0}}}},
        .cas = {two_sets[0], two_sets[1]},
        .ca_count = 2,
    };
}

static int check_tls(struct tls_case c)
{
    struct bytes policy = one_policy;
    const struct manifest m = {.streams = c.streams,
                               .stream_count = 2,
                               .cas = c.cas,
                               .ca_count = c.ca_count,
                               .policies = &policy,
                               .policy_count = c.policy_count};
    return manifest_check(&m);
}

#define BAD_TLS(change)                             \
    do {                                            \
        struct tls_case c = tls_case();             \
        struct manifest_tls *l = &c.streams[0].tls; \
        struct manifest_tls *o = &c.streams[1].tls; \
        (void)l;                                    \
        (void)o;                                    \
        change;                                     \
        assert_int_equal(check_tls(c), -EBADMSG);   \
    } while (0)

static void tls_streams(void **state)
{
    (void)state;
    assert_int_equal(check_tls(tls_case()), 0);
    BAD_TLS(l->clients = CLIENTS_NONE);
    BAD_TLS(l->verify = VERIFY_NONE);
    BAD_TLS(l->server_name = text("a"));
    BAD_TLS(o->clients = CLIENTS_OPTIONAL);
    BAD_TLS((o->verify = VERIFY_NONE, c.cas[0] = two_sets[1], c.ca_count = 1, l->trust = 0));
    BAD_TLS(o->server_name = text("\xff"));
    BAD_TLS(o->server_name = ((struct bytes){(const uint8_t *)"a\0", 2}));
    BAD_TLS(o->trust = 2);
    BAD_TLS(o->trust = 1);                   /* the other is trusted by none */
    BAD_TLS(o->verify = VERIFY_ATTESTED);    /* there is no policy */
    BAD_TLS(c.policy_count = 1);             /* that nobody uses */
    BAD_TLS(c.cas[0] = two_sets[1]);         /* twice the same */
    BAD_TLS(c.cas[0] = ((struct bytes){0})); /* no certificate */
    BAD_TLS(c.cas[0] = text("\x31\1a"));     /* none, either */
    BAD_TLS(c.cas[0].size = 1);
    BAD_TLS(c.streams[1].protocol = PROTOCOL_TCP);
    BAD_TLS(c.streams[1] = ((struct manifest_stream){
                .kind = STREAM_STDIN, .name = text("c"), .tls = {.alpn = text("\1a")}}));

    struct tls_case c = tls_case();
    c.streams[1].tls.verify = VERIFY_ATTESTED;
    c.streams[0].tls.trust = 0;
    c.ca_count = c.policy_count = 1;
    assert_int_equal(check_tls(c), 0);
}

static void protocols(void **state)
{
    (void)state;
    assert_true(manifest_alpn_ok((struct bytes){0}));
    assert_true(manifest_alpn_ok(text("\1a\2ab\1b")));
    assert_false(manifest_alpn_ok(text("\1a\1b\1a")));
    assert_false(manifest_alpn_ok(text("\2a")));
    assert_false(manifest_alpn_ok((struct bytes){(const uint8_t *)"\0", 1}));
    static uint8_t many[1025] = {255, [256] = 255, 1, [512] = 255, 2, [768] = 255, 3};
    assert_true(manifest_alpn_ok((struct bytes){many, 1024}));
    many[1024] = 0;
    assert_false(manifest_alpn_ok((struct bytes){many, 1025}));
}

static void certificate_names(void **state)
{
    (void)state;
    struct bytes names[MANIFEST_NAMES_MAX + 1] = {text("a.example.org"), text("x-1")};
    struct manifest m = {.cert_names = names, .cert_name_count = 2};
    assert_int_equal(manifest_check(&m), 0);
    names[1] = text("a.example.org");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    names[1] = text("*.example.org");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    static char texts[MANIFEST_NAMES_MAX + 1][4];
    for (size_t i = 0; i <= MANIFEST_NAMES_MAX; i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
        names[i] = text(texts[i]);
    }
    m.cert_name_count = MANIFEST_NAMES_MAX;
    assert_int_equal(manifest_check(&m), 0);
    m.cert_name_count++;
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

/* ---- the steward ---- */

static const char *const good_urls[] = {
    "https://a",
    "http://a.example:1",
    "https://127.0.0.1:65535/",
    "https://[::1]",
    "https://[2001:db8::1]:443",
    "https://a:00080/x",
    "https://a/b/c%20;=@",
    "https://a//",
};

static const char *const bad_urls[] = {
    "",
    "https://",
    "https:///x",
    "https:/a",
    "HTTPS://a",
    "ftp://a",
    "https://a b",
    "https://A",
    "https://a_b",
    "https://a.",
    "https://user@a",
    "https://user:1@a",
    "https://a?x",
    "https://a/?x",
    "https://a#x",
    "https://a/#x",
    "https://a/b c",
    "https://a/\x7f",
    "https://a/\xc3\xa9",
    "https://a/\"",
    "https://a/[",
    "https://a\\b",
    "https://a:",
    "https://a:/",
    "https://a:0",
    "https://a:65536",
    "https://a:000080",
    "https://a:4294967297",
    "https://a:+1",
    "https://a:1:2",
    "https://::1",
    "https://[]",
    "https://[::1",
    "https://[::1]x",
    "https://[::1%lo]",
    "https://[1.2.3.4]",
    "https://[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0]",
    "https://a\nb",
    " https://a",
};

static void urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good_urls); i++) {
        if (!manifest_url_ok(text(good_urls[i])))
            fail_msg("refused: %s", good_urls[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad_urls); i++) {
        if (manifest_url_ok(text(bad_urls[i])))
            fail_msg("taken: %s", bad_urls[i]);
    }
    assert_false(manifest_url_ok((struct bytes){(const uint8_t *)"https://a\0", 10}));
    assert_false(manifest_url_ok((struct bytes){(const uint8_t *)"https://a/\0", 11}));
    assert_false(manifest_url_ok((struct bytes){(const uint8_t *)"https://[::1\0]", 14}));
    assert_false(manifest_url_ok((struct bytes){(const uint8_t *)"https://a:1\0", 12}));
}

static void urls_have_a_length(void **state)
{
    (void)state;
    uint8_t url[MANIFEST_STEWARD_MAX + 1];
    memset(url, 'x', sizeof(url));
    memcpy(url, "https://a/", 10);
    assert_true(manifest_url_ok((struct bytes){url, MANIFEST_STEWARD_MAX}));
    assert_false(manifest_url_ok((struct bytes){url, MANIFEST_STEWARD_MAX + 1}));
}

static void stewards(void **state)
{
    (void)state;
    struct tls_case c = tls_case();
    struct manifest m = {
        .streams = c.streams,
        .stream_count = 2,
        .cas = c.cas,
        .ca_count = 2,
        .steward = text("https://a"),
    };
    assert_int_equal(manifest_check(&m), 0); /* one that a stream trusts, too */
    m.steward_ca = 1;
    assert_int_equal(manifest_check(&m), 0);
    m.steward_ca = 2; /* there is no such */
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.steward_ca = 1;
    m.steward = text("a");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.steward = text(""); /* and an index */
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.steward_ca = 0;
    assert_int_equal(manifest_check(&m), 0);
}

/* Its CA is used, and a stream is there to be certified. */
static void stewards_alone(void **state)
{
    (void)state;
    struct bytes ca = two_sets[0];
    struct manifest_stream listener = {
        .kind = STREAM_LISTEN, .name = text("l"), .host = text("::"), .port = 1};
    struct manifest m = {.streams = &listener,
                         .stream_count = 1,
                         .cas = &ca,
                         .ca_count = 1,
                         .steward = text("https://a")};
    assert_int_equal(manifest_check(&m), 0);
    m.steward = text("");
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.steward = text("https://a");
    m.ca_count = 0;
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.ca_count = 1;
    listener.protocol = PROTOCOL_TCP;
    assert_int_equal(manifest_check(&m), -EBADMSG);
    m.stream_count = 0;
    assert_int_equal(manifest_check(&m), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_streams),        cmocka_unit_test(protocols),
        cmocka_unit_test(certificate_names),  cmocka_unit_test(urls),
        cmocka_unit_test(urls_have_a_length), cmocka_unit_test(stewards),
        cmocka_unit_test(stewards_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
