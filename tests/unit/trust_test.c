/* SPDX-License-Identifier: Apache-2.0 */
/* The files that TLS streams name: found beside Enarx.toml, carried once each, and wrong in
 * every way. Messages go to standard error. */
/* links: host/cli/trust.c host/cli/trust_ca.c host/cli/file.c host/cli/message.c base/escape.c tests/unit/scratch.c crypto/digest.c */
/* links: conf/config.c conf/config_tls.c conf/config_key.c conf/config_template.c conf/manifest_check.c conf/manifest_tls.c conf/host_name.c conf/policy_toml.c conf/policy_names.c conf/policy_value.c conf/policy_key.c attest/policy.c */
/* links: conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c conf/toml_string.c conf/toml_number.c conf/toml_datetime.c */
/* links: tls/certificate.c crypto/key.c crypto/issue.c crypto/pem.c base/base64.c base/hex.c base/rfc3339.c base/der.c base/der_put.c base/cur.c base/put.c base/utf8.c base/nearest.c base/wipe.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "host/cli/trust.h"

#include "conf/manifest_check.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "host/cli/message.h"
#include "host/cli/trust_ca.h"
#include "tests/unit/scratch.h"
#include "tls/certificate.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;
static uint8_t der[2][TLS_CERTIFICATE_MAX];
static struct bytes certs[2];

static void write_file(const char *name, struct bytes content)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(content.data, 1, content.size, f), content.size);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *name, const char *text)
{
    write_file(name, bytes_of_text(text));
}

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    folder = *state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key;
        struct put p = put_init(der[i], sizeof(der[i]));
        assert_int_equal(key_generate(&key), 0);
        assert_int_equal(tls_certificate_put(key, "ca", &p), 0);
        certs[i] = put_done(&p);
        EVP_PKEY_free(key);
    }
    char text[8192] = "# what others write between\n";
    struct put p = put_init(text + strlen(text), sizeof(text) - 100);
    pem_put(&p, "CERTIFICATE", certs[0]);
    put_bytes(&p, bytes_of_text("Issuer: x\n\n"));
    pem_put(&p, "CERTIFICATE", certs[1]);
    write_file("two.pem", (struct bytes){(uint8_t *)text, strlen(text)});
    write_file("one.der", certs[0]);
    write_text("self.toml", "tees = [\"sgx\"]\nmeasurement = \"self\"\n");
    unsetenv("SSL_CERT_FILE");
    return 0;
}

/* The streams of such a file in the folder: a status. */
static int read_toml(const char *text, struct config *c)
{
    char path[PATH_MAX];
    struct toml_error error = {.what = ""};
    snprintf(path, sizeof(path), "%s/Enarx.toml", folder);
    if (config_parse(bytes_of_text(text), c, &error) < 0)
        fail_msg("%s", error.what);
    return trust_read(path, c);
}

#define CONNECT(name, keys) "[[files]]\nkind = \"connect\"\nhost = \"" name "\"\n" keys "\n"

static int check(const struct config *c)
{
    return manifest_check(&(struct manifest){.streams = c->streams,
                                             .stream_count = c->stream_count,
                                             .cas = c->cas,
                                             .ca_count = c->ca_count,
                                             .policies = c->policies,
                                             .policy_count = c->policy_count,
                                             .steward = c->steward,
                                             .steward_ca = c->steward_ca});
}

static void each_is_carried_once(void **state)
{
    (void)state;
    struct config c;
    write_file("copy.pem", certs[0]);
    assert_int_equal(read_toml(CONNECT("a", "ca = \"two.pem\"") CONNECT("b", "ca = \"one.der\"")
                                   CONNECT("c", "ca = \"copy.pem\"")
                                       CONNECT("d", "verify = \"attested\"\npolicy = \"self.toml\"")
                                           CONNECT("e", "prot = \"tcp\""),
                               &c),
                     0);
    assert_int_equal(c.ca_count, 2);
    assert_int_equal(c.cas[0].size, certs[0].size + certs[1].size);
    assert_memory_equal(c.cas[0].data, certs[0].data, certs[0].size);
    assert_memory_equal(c.cas[0].data + certs[0].size, certs[1].data, certs[1].size);
    assert_true(bytes_equal(c.cas[1], certs[0]));
    assert_int_equal(c.streams[0].tls.trust, 0);
    assert_int_equal(c.streams[1].tls.trust, 1);
    assert_int_equal(c.streams[2].tls.trust, 1);
    assert_int_equal(c.policy_count, 1);
    assert_true(
        bytes_equal(c.policies[0], bytes_of_text("tees = [\"sgx\"]\nmeasurement = \"self\"\n")));
    assert_int_equal(check(&c), 0);
    config_fini(&c);
}

#define STEWARD(ca)                                                         \
    "steward = \"https://a\"\ncertificate = {ca = \"" ca "\"}\n[[files]]\n" \
    "kind = \"listen\"\nname = \"l\"\nclients = \"required\"\nca = \"two.pem\"\n"

static void a_steward_has_its_own(void **state)
{
    (void)state;
    struct config c;
    assert_int_equal(read_toml(STEWARD("one.der"), &c), 0);
    assert_int_equal(c.ca_count, 2);
    assert_int_equal(c.streams[0].tls.trust, 0);
    assert_int_equal(c.steward_ca, 1);
    assert_true(bytes_equal(c.cas[1], certs[0]));
    assert_int_equal(check(&c), 0);
    config_fini(&c);
    assert_int_equal(read_toml(STEWARD("two.pem"), &c), 0); /* the same, once */
    assert_int_equal(c.ca_count, 1);
    assert_int_equal(c.steward_ca, 0);
    assert_int_equal(check(&c), 0);
    config_fini(&c);
    assert_int_equal(read_toml(STEWARD("none.pem"), &c), STATUS_FAILED);
    config_fini(&c);
    assert_int_equal(read_toml(STEWARD("self.toml"), &c), STATUS_FAILED);
    config_fini(&c);
}

static void paths_may_be_absolute(void **state)
{
    (void)state;
    char text[PATH_MAX + 100];
    struct config c;
    snprintf(text, sizeof(text), CONNECT("a", "ca = \"%s/two.pem\""), folder);
    assert_int_equal(read_toml(text, &c), 0);
    assert_int_equal(c.ca_count, 1);
    config_fini(&c);
}

static void the_system_has_the_rest(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct config c;
    snprintf(path, sizeof(path), "%s/one.der", folder);
    setenv("SSL_CERT_FILE", path, 1);
    assert_int_equal(read_toml(CONNECT("a", ""), &c), 0);
    assert_true(bytes_equal(c.cas[0], certs[0]));
    config_fini(&c);
    /* only where it is needed */
    setenv("SSL_CERT_FILE", "/nowhere", 1);
    assert_int_equal(read_toml(CONNECT("a", "prot = \"tcp\"") CONNECT("b", "ca = \"two.pem\""), &c),
                     0);
    config_fini(&c);
    assert_int_equal(read_toml(CONNECT("a", ""), &c), STATUS_FAILED);
    config_fini(&c);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const char *const policies[] = {
        "",                          /* anybody passes */
        "[sgx]\nmrenclaves = []\n",  /* the same */
        "measurement = \"other\"\n", /* not right */
        "tees = [\"sgx\", \"snp\"]\n[sgx]\nmrenclaves = "
        "[\"0000000000000000000000000000000000000000000000000000000000000000\"]\n", /* any SNP */
        "# \xff\n",
    };
    static const char *const files[] = {"nothing here", "-----BEGIN CERTIFICATE-----\nAAAA\n", ""};
    struct config c;
    for (size_t i = 0; i < ARRAY_COUNT(policies); i++) {
        write_text("p.toml", policies[i]);
        assert_int_equal(read_toml(CONNECT("a", "verify = \"attested\"\npolicy = \"p.toml\""), &c),
                         STATUS_FAILED);
        config_fini(&c);
    }
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        write_text("ca.pem", files[i]);
        assert_int_equal(read_toml(CONNECT("a", "ca = \"ca.pem\""), &c), STATUS_FAILED);
        config_fini(&c);
    }
    assert_int_equal(read_toml(CONNECT("a", "ca = \".\""), &c), STATUS_FAILED);
    config_fini(&c);
}

static void only_whole_certificates(void **state)
{
    (void)state;
    struct bytes set;
    uint8_t longer[TLS_CERTIFICATE_MAX + 1] = {0};
    memcpy(longer, certs[0].data, certs[0].size);
    assert_int_equal(trust_ca_parse((struct bytes){longer, certs[0].size + 1}, &set), -ENOENT);
    assert_int_equal(trust_ca_parse((struct bytes){longer, certs[0].size - 1}, &set), -ENOENT);
    assert_int_equal(trust_ca_parse(certs[1], &set), 0);
    assert_true(bytes_equal(set, certs[1]));
    free((void *)set.data);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_is_carried_once),     TEST(a_steward_has_its_own),
        TEST(paths_may_be_absolute),    TEST(the_system_has_the_rest),
        TEST(what_is_wrong_is_refused), TEST(only_whole_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
