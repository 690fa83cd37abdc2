/* SPDX-License-Identifier: Apache-2.0 */
/* What a server may show, and which clients it takes: files as OpenSSL's command makes them. */
/* links: net/server_tls.c host/fault.c base/cur.c */
/* links: tests/unit/scratch.c */
/* libs: -lssl -lcrypto */
#define _GNU_SOURCE
#include "net/server_tls.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EC "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
#define MAKE \
    "openssl req -x509 -nodes -days 2 -subj /CN=x %s -keyout %s.key -out %s.crt 2> /dev/null"

static void make_pair(const char *kind, const char *name)
{
    char command[256];
    snprintf(command, sizeof(command), MAKE, kind, name, name);
    assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
    scratch_open(state);
    make_pair(EC, "one");
    make_pair(EC, "two");
    make_pair("-newkey rsa:1024", "short");
    make_pair("-newkey rsa:2048", "rsa");
    assert_int_equal(system("cat one.crt two.crt > chain.crt; "
                            "openssl ec -in one.key -aes128 -passout pass:x -out locked.key "
                            "2> /dev/null; printf '' > empty; head -c 200 one.crt > cut.crt"),
                     0);
    return 0;
}

static struct server_pem read_pem(const char *name, uint8_t *text, size_t size)
{
    int fd = open(name, O_RDONLY);
    const ssize_t n = fd < 0 ? 0 : read(fd, text, size);
    close(fd);
    return (struct server_pem){.text = {.data = text, .size = (size_t)n}, .name = name};
}

static int try(const char *chain, const char *key, const char *ca, SSL_CTX **ctx,
               struct fault *fault)
{
    uint8_t text[3][8192];
    struct server_identity id = {
        .chain = read_pem(chain, text[0], sizeof(text[0])),
        .key = read_pem(key, text[1], sizeof(text[1])),
    };
    if (ca != NULL)
        id.client_ca = read_pem(ca, text[2], sizeof(text[2]));
    return server_tls_new(&id, ctx, fault);
}

static void good_files_are_taken(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"one.crt", "one.key"}, {"rsa.crt", "rsa.key"}, {"chain.crt", "one.key"}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        SSL_CTX *ctx;
        struct fault fault;
        assert_int_equal(try(rows[i][0], rows[i][1], NULL, &ctx, &fault), 0);
        assert_int_equal(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_NONE);
        assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_3_VERSION);
        SSL_CTX_free(ctx);
    }
}

static void a_chain_goes_with_its_certificate(void **state)
{
    (void)state;
    SSL_CTX *ctx;
    struct fault fault;
    STACK_OF(X509) *chain = NULL;
    assert_int_equal(try("chain.crt", "one.key", NULL, &ctx, &fault), 0);
    SSL_CTX_get0_chain_certs(ctx, &chain);
    assert_int_equal(sk_X509_num(chain), 1);
    SSL_CTX_free(ctx);
}

static void bad_files_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *chain, *key, *ca, *said;
    } rows[] = {
        {"one.crt", "two.key", NULL, "two.key holds no private key"},
        {"one.crt", "locked.key", NULL, "locked.key holds no private key"},
        {"one.crt", "one.crt", NULL, "one.crt holds no private key"},
        {"one.key", "one.key", NULL, "one.key holds no certificate"},
        {"empty", "one.key", NULL, "empty holds no certificate"},
        {"cut.crt", "one.key", NULL, "cut.crt holds no certificate"},
        {"short.crt", "short.key", NULL, "RSA of 2048 bits"},
        {"one.crt", "one.key", "one.key", "one.key holds no certificates"},
        {"one.crt", "one.key", "cut.crt", "cut.crt holds no certificates"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        SSL_CTX *ctx = NULL;
        struct fault fault;
        assert_int_equal(try(rows[i].chain, rows[i].key, rows[i].ca, &ctx, &fault), -EINVAL);
        assert_null(ctx);
        assert_non_null(strstr(fault.text, rows[i].said));
    }
}

static void clients_are_asked_where_there_is_an_authority(void **state)
{
    (void)state;
    SSL_CTX *ctx;
    struct fault fault;
    assert_int_equal(try("one.crt", "one.key", "chain.crt", &ctx, &fault), 0);
    assert_int_equal(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_PEER);
    assert_int_equal(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(ctx)), 2);
    SSL_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_are_taken),
        cmocka_unit_test(a_chain_goes_with_its_certificate),
        cmocka_unit_test(bad_files_are_told),
        cmocka_unit_test(clients_are_asked_where_there_is_an_authority),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_close);
}
