/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate leads to roots, what it is for; and that sessions show the path to
 * it, the one that their context had when they began. */
/* links: tls/path.c tls/pipe.c tls/peer.c tls/context.c tls/certificate.c tests/unit/tls_pair.c tests/unit/made_cert.c crypto/digest.c crypto/issue.c crypto/key.c base/der_put.c base/der.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "tls/path.h"

#include "tests/unit/made_cert.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  1800000000
#define HOUR 3600

#define CA "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"
#define LEAF                                                                   \
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n" \
    "extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:www.example.org"

static struct made_cert root, between, issuing, other;

static void make(struct made_cert *m, const char *name, const char *extensions,
                 const struct made_cert *by)
{
    made_cert_init(m, (struct made_like){.name = name,
                                         .extensions = extensions,
                                         .before = NOW - HOUR,
                                         .after = NOW + HOUR,
                                         .by = by});
}

static int set_up(void **state)
{
    (void)state;
    make(&root, "root", CA, NULL);
    make(&other, "root", CA, NULL);
    make(&between, "between", CA, &root);
    make(&issuing, "issuing", CA, &between);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    made_cert_fini(&root);
    made_cert_fini(&other);
    made_cert_fini(&between);
    made_cert_fini(&issuing);
    return 0;
}

static uint8_t above_buffer[16384], others_buffer[16384];
static struct put above;
static const char *why;

static struct bytes join(const struct made_cert *const *certs)
{
    struct put p = put_init(others_buffer, sizeof(others_buffer));
    for (; *certs != NULL; certs++)
        put_bytes(&p, made_cert_der(*certs));
    return put_done(&p);
}
#define JOIN(...) join((const struct made_cert *const[]){__VA_ARGS__, NULL})

static int verify_at(const struct made_cert *leaf, struct bytes trusted, struct bytes others,
                     int64_t now)
{
    struct tls_roots *roots;
    assert_int_equal(tls_roots_new(trusted, &roots), 0);
    above = put_init(above_buffer, sizeof(above_buffer));
    why = "";
    const struct tls_path path = {.cert = made_cert_der(leaf), .others = others};
    const int result = tls_path_verify(roots, &path, now, &above, &why);
    tls_roots_free(roots);
    return result;
}

static int verify(const struct made_cert *leaf, const struct made_cert *trusted,
                  struct bytes others)
{
    return verify_at(leaf, made_cert_der(trusted), others, NOW);
}

static void refuses(const struct made_cert *leaf, const struct made_cert *trusted,
                    struct bytes others, const char *expected)
{
    assert_int_equal(verify(leaf, trusted, others), -EKEYREJECTED);
    if (strstr(why, expected) == NULL)
        fail_msg("\"%s\", not \"%s\"", why, expected);
    assert_int_equal(above.size, 0);
}

static void is_above(struct bytes expected)
{
    assert_int_equal(above.size, expected.size);
    assert_memory_equal(above.data, expected.data, expected.size);
}

/* ---- paths ---- */

static void leads_to_a_root(void **state)
{
    (void)state;
    struct made_cert leaf, direct;
    make(&leaf, "leaf", LEAF, &issuing);
    make(&direct, "leaf", LEAF, &root);
    assert_int_equal(verify(&direct, &root, (struct bytes){0}), 0);
    assert_int_equal(above.size, 0);
    assert_int_equal(verify(&leaf, &root, JOIN(&issuing, &between)), 0);
    is_above(JOIN(&issuing, &between));
    /* in whatever order, and without what is not part of it */
    assert_int_equal(verify(&leaf, &root, JOIN(&root, &direct, &between, &other, &issuing)), 0);
    is_above(JOIN(&issuing, &between));
    /* who is pinned may stand in the middle, and is shown to those who trust the root */
    assert_int_equal(verify(&leaf, &between, JOIN(&root, &between, &issuing)), 0);
    is_above(JOIN(&issuing, &between));
    assert_int_equal(verify(&leaf, &issuing, JOIN(&root, &between)), 0);
    is_above(JOIN(&issuing));
    made_cert_fini(&leaf);
    made_cert_fini(&direct);
}

static void leads_nowhere(void **state)
{
    (void)state;
    struct made_cert leaf, forged;
    make(&leaf, "leaf", LEAF, &issuing);
    refuses(&leaf, &root, JOIN(&issuing), "issuer");
    refuses(&leaf, &root, (struct bytes){0}, "issuer");
    refuses(&leaf, &other, JOIN(&issuing, &between), "issuer");
    refuses(&leaf, &other, JOIN(&issuing, &between, &root), "");
    refuses(&issuing, &leaf, (struct bytes){0}, "");
    make(&forged, "leaf", LEAF, NULL);
    refuses(&forged, &root, JOIN(&root), "self-signed");
    made_cert_fini(&leaf);
    made_cert_fini(&forged);
}

static void through(const char *extensions, const char *expected)
{
    struct made_cert ca, leaf;
    make(&ca, "ca", extensions, &root);
    make(&leaf, "leaf", LEAF, &ca);
    refuses(&leaf, &root, JOIN(&ca), expected);
    made_cert_fini(&leaf);
    made_cert_fini(&ca);
}

static void only_cas_issue(void **state)
{
    (void)state;
    through(LEAF, "CA certificate");
    through("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign", "CA");
    through("keyUsage=critical,keyCertSign", "CA");
    through("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign", "");
    through(CA "\nextendedKeyUsage=serverAuth", "purpose"); /* not of clients */
    through(CA "\nextendedKeyUsage=clientAuth", "purpose");
    through(CA "\nnameConstraints=critical,permitted;DNS:example.com", "subtree");
    through(CA "\n1.2.3.4=critical,DER:0500", "critical");
}

/* Not even where it is trusted. */
static void cas_say_that_they_are_some(void **state)
{
    (void)state;
    struct made_cert bare, leaf;
    make(&bare, "bare", "keyUsage=critical,keyCertSign", NULL);
    make(&leaf, "leaf", LEAF, &bare);
    refuses(&leaf, &bare, (struct bytes){0}, "CA");
    made_cert_fini(&leaf);
    made_cert_fini(&bare);
}

/* What a CA may say or leave out. */
static void cas_need_not_say_what_for(void **state)
{
    (void)state;
    struct made_cert plain, leaf;
    make(&plain, "plain", "basicConstraints=CA:TRUE", NULL);
    make(&leaf, "leaf", LEAF, &plain);
    assert_int_equal(verify(&leaf, &plain, (struct bytes){0}), 0);
    made_cert_fini(&leaf);
    made_cert_fini(&plain);
}

static void paths_are_as_long_as_they_may_be(void **state)
{
    (void)state;
    struct made_cert narrow, ca, leaf;
    make(&narrow, "narrow", "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign",
         &root);
    make(&ca, "ca", CA, &narrow);
    make(&leaf, "leaf", LEAF, &ca);
    refuses(&leaf, &root, JOIN(&ca, &narrow), "path length");
    made_cert_fini(&leaf);
    make(&leaf, "leaf", LEAF, &narrow);
    assert_int_equal(verify(&leaf, &root, JOIN(&narrow)), 0);
    made_cert_fini(&leaf);
    made_cert_fini(&ca);
    made_cert_fini(&narrow);
}

static void all_are_valid_now(void **state)
{
    (void)state;
    struct made_cert leaf, ca;
    make(&leaf, "leaf", LEAF, &root);
    const struct bytes none = {0}, trusted = made_cert_der(&root);
    assert_int_equal(verify_at(&leaf, trusted, none, NOW + HOUR - 1), 0);
    assert_int_equal(verify_at(&leaf, trusted, none, NOW + HOUR + 1), -EKEYREJECTED);
    assert_non_null(strstr(why, "expired"));
    assert_int_equal(verify_at(&leaf, trusted, none, NOW - HOUR - 1), -EKEYREJECTED);
    assert_non_null(strstr(why, "not yet valid"));
    made_cert_fini(&leaf);
    made_cert_init(
        &ca,
        (struct made_like){
            .name = "ca", .extensions = CA, .before = NOW - HOUR, .after = NOW - 1, .by = &root});
    make(&leaf, "leaf", LEAF, &ca);
    refuses(&leaf, &root, JOIN(&ca), "expired");
    made_cert_fini(&leaf);
    made_cert_fini(&ca);
}

static void weak_keys_do_not_issue(void **state)
{
    (void)state;
    struct made_cert weak, leaf;
    EVP_PKEY *key = EVP_RSA_gen(1024);
    made_cert_init(&weak, (struct made_like){.name = "weak",
                                             .extensions = CA,
                                             .before = NOW - HOUR,
                                             .after = NOW + HOUR,
                                             .key = key});
    make(&leaf, "leaf", LEAF, &weak);
    refuses(&leaf, &weak, (struct bytes){0}, "too weak");
    made_cert_fini(&leaf);
    made_cert_fini(&weak);
    EVP_PKEY_free(key);
}

static void what_is_malformed(void **state)
{
    (void)state;
    struct tls_roots *roots;
    struct made_cert leaf;
    make(&leaf, "leaf", LEAF, &root);
    const struct bytes whole = made_cert_der(&leaf), cut = {leaf.der, leaf.size - 1},
                       longer = {leaf.der, leaf.size + 1}, two = JOIN(&root, &root);
    assert_int_equal(tls_roots_new(made_cert_der(&root), &roots), 0);
    const struct tls_path bad[] = {{cut, {0}}, {longer, {0}}, {{0}, {0}}, {two, {0}}, {whole, cut}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tls_purpose purpose;
        above = put_init(above_buffer, sizeof(above_buffer));
        assert_int_equal(tls_path_verify(roots, &bad[i], NOW, &above, &why), -EBADMSG);
        if (i < 4)
            assert_int_equal(tls_purpose_parse(bad[i].cert, &purpose), -EBADMSG);
    }
    tls_roots_free(roots);
    made_cert_fini(&leaf);
}

static void room_for_what_is_above(void **state)
{
    (void)state;
    struct tls_roots *roots;
    struct made_cert leaf;
    make(&leaf, "leaf", LEAF, &between);
    assert_int_equal(tls_roots_new(made_cert_der(&root), &roots), 0);
    above = put_init(above_buffer, between.size - 1);
    const struct tls_path path = {made_cert_der(&leaf), made_cert_der(&between)};
    assert_int_equal(tls_path_verify(roots, &path, NOW, &above, &why), -EMSGSIZE);
    tls_roots_free(roots);
    made_cert_fini(&leaf);
}

/* ---- purposes ---- */

static struct tls_purpose purpose_of(const char *extensions)
{
    struct made_cert m;
    struct tls_purpose p;
    make(&m, "leaf", extensions, &root);
    assert_int_equal(tls_purpose_parse(made_cert_der(&m), &p), 0);
    made_cert_fini(&m);
    return p;
}

static void purposes(void **state)
{
    (void)state;
    struct tls_purpose p = purpose_of(LEAF);
    assert_true(!p.ca && p.signs && p.serves && p.connects);
    p = purpose_of("keyUsage=keyCertSign\nextendedKeyUsage=serverAuth");
    assert_true(!p.signs && p.serves && !p.connects && p.ca);
    p = purpose_of("keyUsage=digitalSignature\nextendedKeyUsage=clientAuth");
    assert_true(p.signs && !p.serves && p.connects);
    p = purpose_of("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature");
    assert_true(p.ca && p.signs);
    p = purpose_of(CA);
    assert_true(p.ca && !p.signs && !p.serves && !p.connects);
    p = purpose_of("extendedKeyUsage=anyExtendedKeyUsage"); /* by name */
    assert_true(p.signs && !p.serves && !p.connects);
    p = purpose_of("basicConstraints=CA:FALSE");
    assert_true(!p.ca && p.signs && !p.serves && !p.connects);
}

/* ---- what is shown ---- */

/* Certificates that a client of OpenSSL's sees. */
static void shows(struct tls_session *server, const struct made_cert *leaf, struct bytes expected)
{
    struct tls_session *client = pair_raw_client();
    pair_connect(client, server);
    STACK_OF(X509) *seen = SSL_get_peer_cert_chain(pair_ssl(client));
    uint8_t found[16384], *to = found;
    for (int i = 0; i < sk_X509_num(seen); i++)
        assert_true(i2d_X509(sk_X509_value(seen, i), &to) > 0);
    assert_int_equal(to - found, leaf->size + expected.size);
    assert_memory_equal(found, leaf->der, leaf->size);
    assert_memory_equal(found + leaf->size, expected.data, expected.size);
    pair_say(server, client, "hello");
    tls_session_free(client);
    tls_session_free(server);
}

static struct tls_session *open_session(const struct tls_context *context)
{
    struct tls_session *s;
    assert_int_equal(tls_session_open(context, NOW, &s), 0);
    return s;
}

static void sessions_show_what_was_theirs(void **state)
{
    (void)state;
    struct made_cert old, new;
    struct tls_context *context;
    make(&old, "old", LEAF, &issuing);
    made_cert_init(&new, (struct made_like){.name = "new",
                                            .extensions = LEAF,
                                            .before = NOW,
                                            .after = NOW + 2 * HOUR,
                                            .by = &root,
                                            .key = old.key});
    const struct tls_identity first = {old.key, made_cert_der(&old), JOIN(&issuing, &between)},
                              second = {old.key, made_cert_der(&new), {0}};
    assert_int_equal(tls_context_new(&(struct tls_config){.server = true, .own = &first}, &context),
                     0);
    struct tls_session *early = open_session(context), *live = open_session(context),
                       *client = pair_client(NULL);
    pair_connect(client, live);
    assert_int_equal(tls_context_set_identity(context, &second), 0);
    shows(open_session(context), &new, (struct bytes){0});
    shows(early, &old, JOIN(&issuing, &between)); /* which had not shaken hands */
    pair_say(live, client, "still here");
    pair_say(client, live, "so am I");
    /* and back: nothing of one is left in the other */
    assert_int_equal(tls_context_set_identity(context, &first), 0);
    shows(open_session(context), &old, JOIN(&issuing, &between));
    tls_session_free(client);
    tls_session_free(live);
    tls_context_free(context);
    made_cert_fini(&new);
    made_cert_fini(&old);
}

static void an_identity_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    struct made_cert good, another;
    struct tls_context *context;
    make(&good, "good", LEAF, &between);
    make(&another, "another", LEAF, &between);
    const struct bytes whole = made_cert_der(&good), chain = made_cert_der(&between);
    const struct tls_identity own = {good.key, whole, chain};
    const struct tls_identity bad[] = {
        {good.key, made_cert_der(&another), chain},
        {another.key, whole, chain},
        {good.key, {whole.data, whole.size - 1}, chain},
        {good.key, {0}, chain},
        {good.key, JOIN(&good, &between), {0}},
        {good.key, whole, {chain.data, chain.size - 1}},
    };
    assert_int_equal(tls_context_new(&(struct tls_config){.server = true, .own = &own}, &context),
                     0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tls_context *none;
        assert_int_equal(tls_context_set_identity(context, &bad[i]), -EKEYREJECTED);
        assert_int_equal(
            tls_context_new(&(struct tls_config){.server = true, .own = &bad[i]}, &none),
            -EKEYREJECTED);
    }
    shows(open_session(context), &good, made_cert_der(&between));
    tls_context_free(context);
    made_cert_fini(&good);
    made_cert_fini(&another);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leads_to_a_root),
        cmocka_unit_test(leads_nowhere),
        cmocka_unit_test(only_cas_issue),
        cmocka_unit_test(cas_say_that_they_are_some),
        cmocka_unit_test(cas_need_not_say_what_for),
        cmocka_unit_test(paths_are_as_long_as_they_may_be),
        cmocka_unit_test(all_are_valid_now),
        cmocka_unit_test(weak_keys_do_not_issue),
        cmocka_unit_test(what_is_malformed),
        cmocka_unit_test(room_for_what_is_above),
        cmocka_unit_test(purposes),
        cmocka_unit_test(sessions_show_what_was_theirs),
        cmocka_unit_test(an_identity_is_taken_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
