/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a session takes for its peer: chains to roots, names, times and purposes, a judge's
 * word, clients with and without certificates, and which protocol. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tests/unit/tls_pair.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c crypto/issuer.c crypto/x509_parse.c crypto/ecdsa.c crypto/rsa_pss.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "crypto/issue.h"
#include "crypto/key.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  1800000000
#define HOUR 3600

/* ---- certificates ---- */

struct made {
    EVP_PKEY *key;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    uint8_t der[2048];
    size_t size;
};

static struct bytes cert_of(const struct made *m) { return (struct bytes){m->der, m->size}; }

static void make_key(struct made *m)
{
    assert_int_equal(key_generate(&m->key), 0);
    assert_int_equal(key_public(m->key, m->public_key), 0);
}

/* A certificate of `cert`, as far as that says, from `by`; null: from itself. */
static void make(struct made *m, struct certificate cert, const struct made *by)
{
    struct issuer issuer = {.key = m->key};
    if (m->key == NULL)
        make_key(m);
    issuer.key = m->key;
    if (by != NULL)
        assert_int_equal(issuer_of(cert_of(by), by->key, &issuer), 0);
    cert.organisation = "Test";
    cert.name = cert.name == NULL ? "leaf" : cert.name;
    cert.public_key = (struct bytes){m->public_key, sizeof(m->public_key)};
    cert.not_before = cert.not_before == 0 ? NOW - HOUR : cert.not_before;
    cert.not_after = cert.not_after == 0 ? NOW + HOUR : cert.not_after;
    struct put p = put_init(m->der, sizeof(m->der));
    assert_int_equal(certificate_issue(&cert, &issuer, &p), 0);
    m->size = put_done(&p).size;
    assert_true(m->size > 0);
}

static struct made root, other_root, intermediate;

static int set_up(void **state)
{
    (void)state;
    make(&root, (struct certificate){.name = "root", .ca = true, .path_length = 1}, NULL);
    make(&other_root, (struct certificate){.name = "root", .ca = true, .path_length = 1}, NULL);
    make(&intermediate, (struct certificate){.name = "between", .ca = true}, &root);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(root.key);
    EVP_PKEY_free(other_root.key);
    EVP_PKEY_free(intermediate.key);
    return 0;
}

#define IP_192_0_2_7 "\x30\x06\x87\x04\xc0\x00\x02\x07"
#define EKU(n)       "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03" n

/* What a server's certificate is like, where it is not good. */
struct like {
    const char *dns;   /* null: the name below */
    const char *ip;    /* subjectAltName as it is, in its place */
    const char *usage; /* extendedKeyUsage; null: none */
    const char *name;  /* common name */
    int64_t before, after;
    const struct made *by;
    bool self_signed;
};

static struct made leaf(struct like l)
{
    struct made m = {0};
    uint8_t san[128];
    struct put p = put_init(san, sizeof(san));
    const struct bytes name = bytes_of_text(l.dns == NULL ? "www.example.org" : l.dns);
    if (l.ip != NULL)
        put_bytes(&p, (struct bytes){(const uint8_t *)l.ip, (uint8_t)l.ip[1] + 2u});
    else
        certificate_put_host_names(&p, &name, 1);
    const struct certificate_extension extensions[] = {
        {OID_SUBJECT_ALT_NAME, false, put_done(&p)},
        {"2.5.29.37", false, {(const uint8_t *)l.usage, 12}},
    };
    const struct certificate cert = {.name = l.name,
                                     .not_before = l.before,
                                     .not_after = l.after,
                                     .extensions = extensions,
                                     .extension_count = 1 + (l.usage != NULL)};
    make(&m, cert, l.self_signed ? NULL : l.by == NULL ? &root : l.by);
    return m;
}

/* ---- clients that verify ---- */

struct wish {
    const char *name;
    struct bytes roots;
    int64_t now;
};

struct outcome {
    struct pair_result result;
    char why[128];
};

static struct outcome meet(struct tls_session *client, struct tls_session *server)
{
    struct outcome o = {.result = pair_handshake(client, server)};
    pair_carry_all(client, server);
    strncpy(o.why, tls_session_why(client), sizeof(o.why) - 1);
    if (o.result.server == 0) { /* a server may not have heard yet */
        char byte;
        o.result.server = (int)tls_session_read(server, &byte, 1);
    }
    tls_session_free(client);
    tls_session_free(server);
    return o;
}

static struct outcome verify_server(struct tls_session *server, struct wish w)
{
    struct tls_roots *roots;
    struct tls_context *context;
    struct tls_session *client;
    assert_int_equal(tls_roots_new(w.roots.size == 0 ? cert_of(&root) : w.roots, &roots), 0);
    const struct tls_config config = {.roots = roots,
                                      .server_name = w.name == NULL ? "www.example.org" : w.name};
    assert_int_equal(tls_context_new(&config, &context), 0);
    assert_int_equal(tls_session_open(context, w.now == 0 ? NOW : w.now, &client), 0);
    const struct outcome o = meet(client, server);
    tls_context_free(context);
    tls_roots_free(roots);
    return o;
}

/* The server shows `m`. */
static struct outcome verify(struct made m, struct wish w)
{
    const struct tls_identity own = {.key = m.key, .cert = cert_of(&m)};
    const struct tls_config config = {.server = true, .own = &own};
    const struct outcome o = verify_server(pair_new(&config), w);
    EVP_PKEY_free(m.key);
    return o;
}

static void takes(struct like l, struct wish w)
{
    const struct outcome o = verify(leaf(l), w);
    if (o.result.client != 0 || o.result.server != -EAGAIN)
        fail_msg("%d %d: %s", o.result.client, o.result.server, o.why);
}

static void refuses(struct like l, struct wish w, const char *why)
{
    const struct outcome o = verify(leaf(l), w);
    assert_int_equal(o.result.client, -EPROTO);
    assert_true(o.result.server == -EPROTO || o.result.server == -ECONNABORTED);
    if (strstr(o.why, why) == NULL)
        fail_msg("\"%s\", not \"%s\"", o.why, why);
}

#define GOOD \
    (struct like) { 0 }
#define WISH \
    (struct wish) { 0 }

static void names(void **state)
{
    (void)state;
    takes(GOOD, WISH);
    takes(GOOD, (struct wish){.name = "WWW.example.org"});
    takes((struct like){.dns = "*.example.org"}, WISH);
    refuses(GOOD, (struct wish){.name = "example.org"}, "ostname mismatch");
    refuses((struct like){.dns = "w*.example.org"}, WISH, "ostname mismatch");
    refuses((struct like){.dns = "*.org"}, WISH, "ostname mismatch");
    /* the common name alone counts for nothing */
    refuses((struct like){.dns = "a.example", .name = "www.example.org"}, WISH, "ostname mismatch");
    refuses((struct like){.ip = IP_192_0_2_7, .name = "www.example.org"}, WISH, "ostname mismatch");
}

static void addresses(void **state)
{
    (void)state;
    takes((struct like){.ip = IP_192_0_2_7}, (struct wish){.name = "192.0.2.7"});
    refuses((struct like){.ip = IP_192_0_2_7}, (struct wish){.name = "192.0.2.8"},
            "IP address mismatch");
    /* a name that looks like one is none */
    refuses((struct like){.dns = "192.0.2.7"}, (struct wish){.name = "192.0.2.7"},
            "IP address mismatch");
    refuses(GOOD, (struct wish){.name = "::1"}, "IP address mismatch");
}

static void times(void **state)
{
    (void)state;
    refuses(GOOD, (struct wish){.now = NOW + HOUR + 1}, "expired");
    refuses(GOOD, (struct wish){.now = NOW - HOUR - 1}, "not yet valid");
    refuses((struct like){.after = NOW - 1}, WISH, "expired");
    refuses((struct like){.before = NOW + 1}, WISH, "not yet valid");
    takes((struct like){.after = NOW + 1}, WISH);
}

static void issuers(void **state)
{
    (void)state;
    refuses((struct like){.by = &other_root}, WISH, "unable to get local issuer");
    refuses((struct like){.by = &intermediate}, WISH, "unable to get local issuer");
    refuses((struct like){.self_signed = true}, WISH, "self-signed certificate");
    takes((struct like){.by = &other_root}, (struct wish){.roots = cert_of(&other_root)});
    /* who is named is trusted, whoever issued it */
    takes((struct like){.by = &intermediate}, (struct wish){.roots = cert_of(&intermediate)});
    uint8_t both[4096];
    struct put p = put_init(both, sizeof(both));
    put_bytes(&p, cert_of(&other_root));
    put_bytes(&p, cert_of(&root));
    takes(GOOD, (struct wish){.roots = put_done(&p)});
    /* a leaf issues nothing */
    struct made between = leaf(GOOD);
    refuses((struct like){.by = &between}, (struct wish){.roots = cert_of(&between)}, "");
    EVP_PKEY_free(between.key);
}

static void a_peer_may_be_its_own_root(void **state)
{
    (void)state;
    struct made m = leaf((struct like){.self_signed = true});
    struct made copy = m;
    const struct outcome o = verify(m, (struct wish){.roots = cert_of(&copy)});
    assert_int_equal(o.result.client, 0);
}

/* A server with as many CAs between its certificate and the root. */
static struct tls_session *server_below(size_t count, const struct made *chain)
{
    struct made m = leaf((struct like){.by = &chain[count]});
    const struct tls_identity own = {.key = m.key, .cert = cert_of(&m)};
    SSL_CTX *ctx = pair_context(&own);
    for (size_t i = count; i > 0; i--) {
        const uint8_t *pos = chain[i].der;
        X509 *cert = d2i_X509(NULL, &pos, (long)chain[i].size);
        assert_int_equal(SSL_CTX_add0_chain_cert(ctx, cert), 1);
    }
    EVP_PKEY_free(m.key);
    return pair_raw(ctx, true);
}

static void chains_have_an_end(void **state)
{
    (void)state;
    struct made chain[10] = {0};
    for (unsigned i = 0; i < 10; i++) {
        const char name[] = {(char)('A' + i), '\0'};
        make(&chain[i], (struct certificate){.name = name, .ca = true, .path_length = 20 - i},
             i == 0 ? NULL : &chain[i - 1]);
    }
    const struct wish by_the_first = {.roots = cert_of(&chain[0])};
    assert_int_equal(verify_server(server_below(8, chain), by_the_first).result.client, 0);
    const struct outcome o = verify_server(server_below(9, chain), by_the_first);
    assert_int_equal(o.result.client, -EPROTO);
    for (size_t i = 0; i < 10; i++)
        EVP_PKEY_free(chain[i].key);
}

static void purposes(void **state)
{
    (void)state;
    takes((struct like){.usage = EKU("\x01")}, WISH);              /* serverAuth */
    refuses((struct like){.usage = EKU("\x02")}, WISH, "purpose"); /* clientAuth */
}

static void roots_are_certificates(void **state)
{
    (void)state;
    struct tls_roots *roots;
    assert_int_equal(tls_roots_new((struct bytes){0}, &roots), -EBADMSG);
    assert_int_equal(tls_roots_new((struct bytes){root.der, root.size - 1}, &roots), -EBADMSG);
    assert_int_equal(tls_roots_new((struct bytes){root.der, root.size + 1}, &roots), -EBADMSG);
    assert_int_equal(tls_roots_new((struct bytes){(const uint8_t *)"\x30\0", 2}, &roots), -EBADMSG);
}

/* ---- the judge ---- */

static struct {
    bool accepts;
    unsigned asked;
    uint8_t cert[2048];
    size_t size;
    int64_t now;
} judged;

static bool judge(void *context, struct bytes cert, int64_t now, char *why, size_t size)
{
    assert_ptr_equal(context, &judged);
    assert_true(cert.size <= sizeof(judged.cert));
    memcpy(judged.cert, cert.data, cert.size);
    judged.size = cert.size;
    judged.now = now;
    judged.asked++;
    snprintf(why, size, "not by my lights");
    return judged.accepts;
}

static struct outcome ask_judge(bool accepts)
{
    struct tls_context *context;
    struct tls_session *client;
    const struct tls_config config = {.judge = judge, .judge_context = &judged};
    memset(&judged, 0, sizeof(judged));
    judged.accepts = accepts;
    assert_int_equal(tls_context_new(&config, &context), 0);
    assert_int_equal(tls_session_open(context, NOW, &client), 0);
    const struct outcome o = meet(client, pair_server(NULL));
    tls_context_free(context);
    return o;
}

static void a_judge_has_the_last_word(void **state)
{
    (void)state;
    struct outcome o = ask_judge(true);
    assert_int_equal(o.result.client, 0);
    assert_int_equal(judged.asked, 1);
    assert_int_equal(judged.now, NOW);
    assert_int_equal(judged.size, pair_identity(true)->cert.size);
    assert_memory_equal(judged.cert, pair_identity(true)->cert.data, judged.size);
    o = ask_judge(false);
    assert_int_equal(o.result.client, -EPROTO);
    assert_string_equal(o.why, "not by my lights");
    assert_int_equal(judged.asked, 1);
}

/* ---- clients' certificates ---- */

static struct outcome ask_client(struct made *client, struct tls_config config)
{
    struct tls_roots *roots;
    struct tls_context *context;
    struct tls_session *server;
    assert_int_equal(tls_roots_new(cert_of(&root), &roots), 0);
    config.server = true;
    config.own = pair_identity(true);
    config.roots = roots;
    assert_int_equal(tls_context_new(&config, &context), 0);
    assert_int_equal(tls_session_open(context, NOW, &server), 0);
    struct tls_identity own = {0};
    if (client != NULL)
        own = (struct tls_identity){.key = client->key, .cert = cert_of(client)};
    const struct outcome o =
        meet(pair_new(&(struct tls_config){.own = client == NULL ? NULL : &own}), server);
    tls_context_free(context);
    tls_roots_free(roots);
    return o;
}

static void clients(void **state)
{
    (void)state;
    const struct tls_config asks = {.ask_client = true}, requires = {.require_client = true};
    struct made good = leaf((struct like){.usage = EKU("\x02")});
    struct made server = leaf((struct like){.usage = EKU("\x01")});
    struct made stranger = leaf((struct like){.by = &other_root});
    assert_int_equal(ask_client(&good, requires).result.server, -EAGAIN);
    assert_int_equal(ask_client(&good, asks).result.server, -EAGAIN);
    assert_int_equal(ask_client(NULL, asks).result.server, -EAGAIN);
    assert_int_equal(ask_client(NULL, requires).result.server, -EPROTO);
    assert_int_equal(ask_client(&stranger, requires).result.server, -EPROTO);
    assert_int_equal(ask_client(&stranger, asks).result.server, -EPROTO);
    assert_int_equal(ask_client(&server, requires).result.server, -EPROTO);
    /* nobody is asked, and so nobody judged */
    assert_int_equal(ask_client(&stranger, (struct tls_config){0}).result.server, -EAGAIN);
    EVP_PKEY_free(good.key);
    EVP_PKEY_free(server.key);
    EVP_PKEY_free(stranger.key);
}

/* ---- protocols ---- */

static struct tls_session *speaks(bool server, const char *list)
{
    return pair_new(&(struct tls_config){.server = server,
                                         .own = server ? pair_identity(true) : NULL,
                                         .protocols = bytes_of_text(list)});
}

static void the_server_chooses(void **state)
{
    (void)state;
    struct tls_session *client = speaks(false, "\1a\1b\1c"), *server = speaks(true, "\1x\1c\1b");
    const unsigned char *name;
    unsigned size;
    pair_connect(client, server);
    SSL_get0_alpn_selected(pair_ssl(client), &name, &size);
    assert_true(size == 1 && name[0] == 'c');
    tls_session_free(client);
    tls_session_free(server);

    pair_refuse(speaks(false, "\1a\1b"), speaks(true, "\1x\1c"));
    pair_agree(pair_client(NULL), speaks(true, "\1x")); /* offers none */
    assert_int_equal(pair_meet(speaks(false, "\1a"), pair_server(NULL)).client, -EPROTO);
    struct tls_session *none;
    assert_int_equal(
        tls_session_new(&(struct tls_config){.protocols = bytes_of_text("\2a")}, &none), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(times),
        cmocka_unit_test(issuers),
        cmocka_unit_test(a_peer_may_be_its_own_root),
        cmocka_unit_test(chains_have_an_end),
        cmocka_unit_test(purposes),
        cmocka_unit_test(roots_are_certificates),
        cmocka_unit_test(a_judge_has_the_last_word),
        cmocka_unit_test(clients),
        cmocka_unit_test(the_server_chooses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
