/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward may answer: a certificate as its policy would have it, and every other one
 * that a steward, or a host in its place, could send. */
/* links: exec/steward_answer.c tls/path.c tls/peer.c conf/host_name.c crypto/host_names.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c crypto/x509_signature.c crypto/ecdsa.c crypto/rsa_pss.c crypto/pem.c crypto/key.c crypto/digest.c tests/unit/made_cert.c base/base64.c base/der.c base/der_put.c base/rfc3339.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "exec/steward_answer.h"

#include "base/attr.h"
#include "base/der_put.h"
#include "crypto/key.h"
#include "tests/unit/made_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW    1800000000
#define HOUR   3600
#define DAY    (24 * HOUR)
#define CA     "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"
#define NO_CA  "basicConstraints=critical,CA:FALSE"
#define USAGE  "keyUsage=critical,digitalSignature"
#define BOTH   "extendedKeyUsage=serverAuth,clientAuth"
#define USUAL  NO_CA "\n" USAGE "\n" BOTH "\n"
#define NAMES  "subjectAltName=DNS:a.example,DNS:b.example"
#define ISSUED USUAL NAMES

static struct made_cert root, issuing, other;
static struct tls_roots *roots;
static EVP_PKEY *key;
static uint8_t public_key[KEY_PUBLIC_SIZE];
static uint8_t path_room[32768], above_room[16384];
static struct put above;
static struct steward_answer answer;
static struct bytes wanted[2];

static int set_up(void **state)
{
    (void)state;
    const struct made_like ca = {
        .name = "root", .extensions = CA, .before = NOW - 9 * DAY, .after = NOW + 9 * DAY};
    struct made_like below = ca;
    below.name = "issuing";
    below.by = &root;
    made_cert_init(&root, ca);
    made_cert_init(&other, ca);
    made_cert_init(&issuing, below);
    assert_int_equal(tls_roots_new(made_cert_der(&root), &roots), 0);
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_public(key, public_key), 0);
    wanted[0] = bytes_of_text("b.example");
    wanted[1] = bytes_of_text("a.example");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_roots_free(roots);
    made_cert_fini(&root);
    made_cert_fini(&other);
    made_cert_fini(&issuing);
    EVP_PKEY_free(key);
    return 0;
}

/* ---- answers ---- */

/* As stewards issue them, as far as it says nothing else. */
static struct made_cert issued(struct made_like like)
{
    struct made_cert m;
    like.name = "Enarx keep";
    like.extensions = like.extensions == NULL ? ISSUED : like.extensions;
    like.before = like.before == 0 ? NOW - 300 : like.before;
    like.after = like.after == 0 ? NOW - 300 + DAY : like.after;
    like.by = like.by == NULL ? &issuing : like.by;
    like.key = like.key == NULL ? key : like.key;
    made_cert_init(&m, like);
    return m;
}

static struct bytes path_of(const struct made_cert *const *certs)
{
    struct put p = put_init(path_room, sizeof(path_room));
    const size_t all = der_open(&p, DER_SEQUENCE);
    for (; *certs != NULL; certs++)
        put_bytes(&p, made_cert_der(*certs));
    der_close(&p, all);
    return put_done(&p);
}
#define PATH(...) path_of((const struct made_cert *const[]){__VA_ARGS__, NULL})

static const char *check_for(struct bytes path, size_t name_count)
{
    const struct steward_asked asked = {
        .public_key = {public_key, sizeof(public_key)},
        .names = wanted,
        .name_count = name_count,
        .roots = roots,
        .now = NOW,
    };
    above = put_init(above_room, sizeof(above_room));
    return steward_answer_check(path, &asked, &above, &answer);
}

static void takes(struct bytes path, size_t name_count)
{
    const char *why = check_for(path, name_count);
    if (why != NULL)
        fail_msg("%s: %s", why, answer.detail);
}

static void refuses_for(struct bytes path, size_t name_count, const char *expected)
{
    const char *why = check_for(path, name_count);
    if (why == NULL || strstr(why, expected) == NULL)
        fail_msg("\"%s\", not \"%s\"", why, expected);
}

static void refuses(struct made_like like, const char *expected)
{
    struct made_cert m = issued(like);
    refuses_for(PATH(&root, &issuing, &m), 2, expected);
    made_cert_fini(&m);
}

#define LIKE(...) \
    (struct made_like) { __VA_ARGS__ }
#define HAS(text) LIKE(.extensions = (text))

/* ---- */

static void what_was_asked_for(void **state)
{
    (void)state;
    struct made_cert m = issued(LIKE(.name = "")), direct = issued(LIKE(.by = &root));
    takes(PATH(&root, &issuing, &m), 2);
    assert_true(bytes_equal(answer.cert, made_cert_der(&m)));
    assert_int_equal(answer.not_after, NOW - 300 + DAY);
    assert_true(bytes_equal(put_done(&above), made_cert_der(&issuing)));
    takes(PATH(&issuing, &m), 2); /* whose root is pinned anyway */
    takes(PATH(&root, &direct), 2);
    assert_int_equal(above.size, 0);
    takes(PATH(&direct), 2);
    /* nothing that is not part of the path gets out to peers */
    takes(PATH(&other, &root, &issuing, &direct, &m), 2);
    assert_true(bytes_equal(put_done(&above), made_cert_der(&issuing)));
    made_cert_fini(&m);
    made_cert_fini(&direct);
}

static void no_path(void **state)
{
    (void)state;
    static const char form[] = "no path of certificates";
    struct made_cert m = issued(LIKE(.name = ""));
    const struct bytes good = PATH(&root, &issuing, &m);
    const struct bytes bad[] = {
        {0},
        {good.data, good.size - 1},
        {good.data, good.size + 1},
        {good.data, 2},
        {good.data + 4, good.size - 4}, /* certificates without the SEQUENCE around */
        made_cert_der(&m),
        bytes_of_text("\x30"),
        {(const uint8_t *)"\x30\0", 2},
        {(const uint8_t *)"\x30\x02\x30\0", 4},
        {(const uint8_t *)"\x30\x03\x02\x01\0", 5},
        bytes_of_text("-----BEGIN CERTIFICATE-----"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        refuses_for(bad[i], 2, form);
    const struct made_cert *many[STEWARD_PATH_MAX + 2] = {NULL};
    for (size_t i = 0; i < STEWARD_PATH_MAX; i++)
        many[i] = &issuing;
    many[STEWARD_PATH_MAX] = &m;
    refuses_for(path_of(many), 2, form);
    takes(path_of(many + 1), 2);
    /* what lies above has to be certificates, too */
    uint8_t junk[8192];
    struct put p = put_init(junk, sizeof(junk));
    const size_t all = der_open(&p, DER_SEQUENCE);
    der_put(&p, DER_SEQUENCE, bytes_of_text("junk"));
    put_bytes(&p, made_cert_der(&issuing));
    put_bytes(&p, made_cert_der(&m));
    der_close(&p, all);
    refuses_for(put_done(&p), 2, form);
    made_cert_fini(&m);
}

static EVP_PKEY *another_key_made(void)
{
    EVP_PKEY *made;
    assert_int_equal(key_generate(&made), 0);
    return made;
}

static void another_key(void **state)
{
    (void)state;
    EVP_PKEY *another = another_key_made();
    refuses(LIKE(.key = another), "another key");
    EVP_PKEY_free(another);
    /* the keep's certificate is the last one */
    struct made_cert m = issued(LIKE(.name = ""));
    refuses_for(PATH(&m, &issuing, &root), 2, "another key");
    made_cert_fini(&m);
}

static void other_names(void **state)
{
    (void)state;
    refuses(HAS(USUAL NAMES ",DNS:c.example"), "not asked for");
    refuses(HAS(USUAL "subjectAltName=DNS:a.example,DNS:c.example"), "not asked for");
    refuses(HAS(USUAL "subjectAltName=DNS:a.example"), "not certify all");
    refuses(HAS(USUAL "subjectAltName=DNS:a.example,DNS:a.example"), "not certify all");
    refuses(HAS(USUAL), "no names of hosts");
    refuses(HAS(USUAL NAMES ",IP:192.0.2.7"), "what are none");
    refuses(HAS(USUAL NAMES ",email:a@b.example"), "what are none");
    refuses(HAS(USUAL NAMES ",DNS:*.example"), "what are none");
    refuses(HAS(USUAL NAMES ",DNS:A.example"), "what are none");
    refuses(HAS(USUAL NAMES ",DNS:a b"), "what are none");
    refuses(HAS(USUAL NAMES "\n" NAMES), "no names of hosts");
}

/* Then it is the steward's policy that says which. */
static void none_asked_for(void **state)
{
    (void)state;
    struct made_cert m = issued(HAS(USUAL "subjectAltName=DNS:c.example"));
    struct made_cert none = issued(HAS(USUAL)), wild = issued(HAS(USUAL "subjectAltName=DNS:*.a"));
    takes(PATH(&issuing, &m), 0);
    refuses_for(PATH(&issuing, &none), 0, "no names");
    refuses_for(PATH(&issuing, &wild), 0, "what are none");
    made_cert_fini(&m);
    made_cert_fini(&none);
    made_cert_fini(&wild);
}

static void other_times(void **state)
{
    (void)state;
    refuses(LIKE(.before = NOW + 1), "not valid yet");
    refuses(LIKE(.after = NOW), "expired");
    refuses(LIKE(.before = NOW - DAY, .after = NOW - 1), "expired");
    refuses(LIKE(.after = NOW - 300 + STEWARD_LIFETIME_MAX + 1), "longer than a day");
    refuses(LIKE(.before = NOW - 2 * DAY), "longer than a day");
    refuses(LIKE(.before = 1, .after = 4102444800), "longer than a day");
    struct made_cert m = issued(LIKE(.before = NOW, .after = NOW + STEWARD_LIFETIME_MAX)),
                     last = issued(LIKE(.after = NOW + 1));
    takes(PATH(&issuing, &m), 2);
    takes(PATH(&issuing, &last), 2);
    made_cert_fini(&m);
    made_cert_fini(&last);
}

static void other_purposes(void **state)
{
    (void)state;
    refuses(HAS("basicConstraints=critical,CA:TRUE\n" USAGE "\n" BOTH "\n" NAMES), "an authority");
    refuses(HAS("keyUsage=critical,digitalSignature,keyCertSign\n" BOTH "\n" NAMES),
            "an authority");
    refuses(HAS(NO_CA "\n" USAGE "\n" NAMES), "TLS servers and clients");
    refuses(HAS(NO_CA "\n" USAGE "\nextendedKeyUsage=serverAuth\n" NAMES), "servers and clients");
    refuses(HAS(NO_CA "\n" USAGE "\nextendedKeyUsage=clientAuth\n" NAMES), "servers and clients");
    refuses(HAS(NO_CA "\n" USAGE "\nextendedKeyUsage=anyExtendedKeyUsage\n" NAMES), "servers");
    refuses(HAS(NO_CA "\nkeyUsage=critical,keyAgreement\n" BOTH "\n" NAMES), "servers and clients");
}

static void other_authorities(void **state)
{
    (void)state;
    static const char pins[] = "does not lead";
    refuses(LIKE(.by = &other), pins);
    refuses(HAS(ISSUED "\n1.2.3.4=critical,DER:0500"), pins);
    struct made_cert m = issued(LIKE(.name = ""));
    refuses_for(PATH(&m), 2, pins); /* who issued it is not there */
    refuses_for(PATH(&root, &m), 2, pins);
    made_cert_fini(&m);
    /* one of its own keeps is none */
    struct made_cert keep = issued(LIKE(.key = another_key_made()));
    m = issued(LIKE(.by = &keep));
    refuses_for(PATH(&root, &issuing, &keep, &m), 2, pins);
    assert_string_not_equal(answer.detail, "");
    made_cert_fini(&m);
    EVP_PKEY_free(keep.key);
    made_cert_fini(&keep);
    /* nor the keep itself */
    struct made_like self = {.name = "Enarx keep",
                             .extensions = ISSUED,
                             .before = NOW - 300,
                             .after = NOW + DAY - 300,
                             .key = key};
    made_cert_init(&m, self);
    refuses_for(PATH(&m), 2, pins);
    made_cert_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for), cmocka_unit_test(no_path),
        cmocka_unit_test(another_key),        cmocka_unit_test(other_names),
        cmocka_unit_test(none_asked_for),     cmocka_unit_test(other_times),
        cmocka_unit_test(other_purposes),     cmocka_unit_test(other_authorities),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
