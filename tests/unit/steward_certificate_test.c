/* SPDX-License-Identifier: Apache-2.0 */
/* What the process with the key makes of an order, whoever gave it; and that it makes
 * nothing of any other. */
/* links: svc/steward/certificate.c svc/steward/names.c svc/steward/order.c svc/steward/check.c svc/steward/rate.c */
/* links: svc/steward/answer.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c */
/* links: base/[a-z]*.c conf/[a-z]*.c */
/* libs: -ljansson -lcrypto */
#include "svc/steward/certificate.h"

#include "base/attr.h"
#include "crypto/key.h"
#include "svc/steward/answer.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000
#define DAY 86400
#define H32 "0101010101010101010101010101010101010101010101010101010101010101"
#define W32 "0202020202020202020202020202020202020202020202020202020202020202"
#define X32 "0303030303030303030303030303030303030303030303030303030303030303"

static struct policy_file policy;
static struct authority authority;
static EVP_PKEY *ca_key, *key;
static uint8_t ca[2048], made[CERTIFICATE_MAX];
static size_t ca_size;

static void make_authority(void)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    struct put out = put_init(ca, sizeof(ca));
    assert_int_equal(key_generate(&ca_key), 0);
    assert_int_equal(key_public(ca_key, public_key), 0);
    const struct certificate cert = {
        .organisation = "of a test",
        .name = "authority",
        .public_key = {public_key, sizeof(public_key)},
        .ca = true,
        .not_before = NOW - 100 * DAY,
        .not_after = NOW + 100 * DAY,
    };
    assert_int_equal(certificate_issue(&cert, &(const struct issuer){.key = ca_key}, &out), 0);
    ca_size = out.size;
    authority = (struct authority){
        .not_before = cert.not_before,
        .not_after = cert.not_after,
        .policy = &policy,
        .lifetime = DAY,
    };
    assert_int_equal(issuer_of((struct bytes){ca, ca_size}, ca_key, &authority.issuer), 0);
}

static int set_up(void **state)
{
    (void)state;
    struct toml_error error;
    static const char text[] =
        "[[names]]\nmeasurement = \"" H32 "\"\nworkload = \"" X32 "\"\ndns = [\"x.example\"]\n"
        "[[names]]\nmeasurement = \"" H32 "\"\nworkload = \"" W32
        "\"\ndns = [\"a.example\", \"b.example\", \"c.example\"]\n"
        "[[names]]\nmeasurement = \"" X32 "\"\nworkload = \"" W32 "\"\ndns = [\"y.example\"]\n";
    assert_int_equal(policy_toml_parse(bytes_of_text(text), &policy, &error), 0);
    make_authority();
    assert_int_equal(key_generate(&key), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_toml_fini(&policy);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return 0;
}

static struct order usual(void)
{
    struct order order = {.kind = KIND_SGX,
                          .entry = 1,
                          .hosts = 5,
                          .measurement_size = 32,
                          .public_key_size = KEY_PUBLIC_SIZE};
    memset(order.measurement, 1, 32);
    memset(order.workload, 2, 32);
    memset(order.evidence, 9, 32);
    assert_int_equal(key_public(key, order.public_key), 0);
    return order;
}

static X509 *make_at(const struct order *order, int64_t now, enum steward_check wanted)
{
    int error;
    struct put out = put_init(made, sizeof(made));
    const enum steward_check check = certificate_make(&authority, order, now, &out, &error);
    if (check != wanted)
        fail_msg("%s instead of %s", steward_check_name(check), steward_check_name(wanted));
    assert_int_equal(error, 0);
    if (check != STEWARD_PASSED) {
        assert_int_equal(out.size, 0);
        return NULL;
    }
    const uint8_t *pos = made;
    X509 *x = d2i_X509(NULL, &pos, (long)out.size);
    assert_non_null(x);
    assert_ptr_equal(pos, made + out.size);
    return x;
}

static void refuse(const struct order *order, enum steward_check wanted)
{
    assert_null(make_at(order, NOW, wanted));
}

static bool verifies(X509 *x, int64_t at, int purpose, const char *host)
{
    const uint8_t *pos = ca;
    X509 *root = d2i_X509(NULL, &pos, (long)ca_size);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(param, purpose);
    if (host != NULL)
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    const bool ok = X509_verify_cert(ctx) == 1;
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(root);
    return ok;
}

/* ---- what a certificate says ---- */

static void it_is_for_servers_and_clients_of_its_names(void **state)
{
    (void)state;
    const struct order order = usual();
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    assert_true(verifies(x, NOW, X509_PURPOSE_SSL_SERVER, "a.example"));
    assert_true(verifies(x, NOW, X509_PURPOSE_SSL_SERVER, "c.example"));
    assert_true(verifies(x, NOW, X509_PURPOSE_SSL_CLIENT, NULL));
    static const char *const others[] = {"b.example", "x.example", "y.example", "Enarx keep"};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_false(verifies(x, NOW, X509_PURPOSE_SSL_SERVER, others[i]));
    assert_int_equal(X509_check_ca(x), 0);
    X509_free(x);
}

static void it_lives_a_day_at_most(void **state)
{
    (void)state;
    const struct order order = usual();
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    int days, seconds;
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)),
                     1);
    assert_int_equal(days * DAY + seconds, DAY);
    assert_true(verifies(x, NOW - 300, X509_PURPOSE_SSL_SERVER, NULL)); /* clocks differ */
    assert_true(verifies(x, NOW + DAY - 301, X509_PURPOSE_SSL_SERVER, NULL));
    assert_false(verifies(x, NOW + DAY - 299, X509_PURPOSE_SSL_SERVER, NULL));
    X509_free(x);
    authority.lifetime = 600;
    x = make_at(&order, NOW, STEWARD_PASSED);
    assert_false(verifies(x, NOW + 301, X509_PURPOSE_SSL_SERVER, NULL));
    X509_free(x);
}

static void it_does_not_outlive_its_authority(void **state)
{
    (void)state;
    const struct order order = usual();
    X509 *x = make_at(&order, authority.not_after - 60, STEWARD_PASSED);
    assert_int_equal(X509_cmp_time(X509_get0_notAfter(x), &(time_t){authority.not_after + 1}), -1);
    X509_free(x);
    assert_null(make_at(&order, authority.not_after, STEWARD_order_authority));
    assert_null(make_at(&order, authority.not_before - 1, STEWARD_order_authority));
    X509_free(make_at(&order, authority.not_before, STEWARD_PASSED));
}

static const ASN1_OCTET_STRING *statement_of(const X509 *x)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(STATEMENT_OID, 1);
    const int at = X509_get_ext_by_OBJ(x, oid, -1);
    assert_true(at >= 0);
    ASN1_OBJECT_free(oid);
    return X509_EXTENSION_get_data(X509_get_ext(x, at));
}

static void it_states_what_runs(void **state)
{
    (void)state;
    const struct order order = usual();
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    const ASN1_OCTET_STRING *value = statement_of(x);
    uint8_t wanted[2 + 5 + 3 * 34] = {0x30, sizeof(wanted) - 2, 0x0c, 3, 's', 'g', 'x'};
    for (size_t i = 0; i < 3; i++) {
        uint8_t *part = wanted + 7 + 34 * i;
        part[0] = 0x04;
        part[1] = 32;
        memset(part + 2, i == 0 ? 1 : i == 1 ? 2 : 9, 32);
    }
    assert_int_equal(ASN1_STRING_length(value), sizeof(wanted));
    assert_memory_equal(ASN1_STRING_get0_data(value), wanted, sizeof(wanted));
    X509_free(x);
}

/* Whoever trusts the authority need not know what its policy puts up with. */
static void it_states_that_it_is_simulated(void **state)
{
    (void)state;
    struct order order = usual();
    order.simulated = true;
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    assert_memory_equal(ASN1_STRING_get0_data(statement_of(x)) + 2, "\x0c\x0dsimulated sgx\x04",
                        16);
    X509_free(x);
    order.kind = (enum kind)255;
    assert_string_equal(order_tee(&order), "unknown");
}

static void without_a_name_there_is_none(void **state)
{
    (void)state;
    struct order order = usual();
    order.hosts = 0;
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), -1);
    X509_free(x);
}

static void keys_of_p_384_are_certified(void **state)
{
    (void)state;
    struct order order = usual();
    EVP_PKEY *larger = EVP_EC_gen("P-384");
    uint8_t *to = order.public_key;
    order.public_key_size = (size_t)i2d_PUBKEY(larger, NULL);
    assert_int_equal(i2d_PUBKEY(larger, &to), 120);
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), larger), 1);
    X509_free(x);
    EVP_PKEY_free(larger);
}

/* ---- what no order gets ---- */

static void no_name_of_another_entry(void **state)
{
    (void)state;
    struct order order = usual();
    order.entry = 0;
    order.hosts = 1;
    refuse(&order, STEWARD_order_workload);
    order.entry = 2;
    refuse(&order, STEWARD_order_measurement);
    order.entry = 3;
    refuse(&order, STEWARD_order_entry);
    order.entry = UINT32_MAX;
    refuse(&order, STEWARD_order_entry);
}

static void no_other_measurement_or_workload(void **state)
{
    (void)state;
    struct order order = usual();
    order.measurement[31]++;
    refuse(&order, STEWARD_order_measurement);
    order = usual();
    order.measurement_size = 48;
    refuse(&order, STEWARD_order_measurement);
    order = usual();
    order.workload[0]++;
    refuse(&order, STEWARD_order_workload);
}

static void no_name_that_is_not_there(void **state)
{
    (void)state;
    struct order order = usual();
    for (unsigned bit = 3; bit < 32; bit++) {
        order.hosts = 1 | 1u << bit;
        refuse(&order, STEWARD_order_names);
    }
}

static void no_other_key(void **state)
{
    (void)state;
    struct order order = usual();
    order.public_key_size--;
    refuse(&order, STEWARD_order_key);
    order.public_key_size = 0;
    refuse(&order, STEWARD_order_key);
    order = usual();
    order.public_key[KEY_PUBLIC_SIZE - 1] ^= 1; /* off the curve */
    refuse(&order, STEWARD_order_key);
    static const char *const groups[] = {"P-224", "secp256k1", "P-521"};
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        EVP_PKEY *other = EVP_EC_gen(groups[i]);
        uint8_t der[256], *to = der;
        const int size = i2d_PUBKEY(other, &to);
        order.public_key_size = (size_t)size < ORDER_KEY_MAX ? (size_t)size : ORDER_KEY_MAX;
        memcpy(order.public_key, der, order.public_key_size);
        refuse(&order, STEWARD_order_key);
        EVP_PKEY_free(other);
    }
}

static void the_originals_have_no_name_or_workload(void **state)
{
    (void)state;
    struct order order = usual();
    order.original = true;
    order.entry = order.hosts = 0;
    memset(order.workload, 0, 32);
    refuse(&order, STEWARD_order_original);
    authority.legacy = true;
    X509 *x = make_at(&order, NOW, STEWARD_PASSED);
    assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), -1);
    X509_free(x);
    order.hosts = 1;
    refuse(&order, STEWARD_order_original);
    order.hosts = 0;
    order.entry = 1;
    refuse(&order, STEWARD_order_original);
    order.entry = 0;
    order.workload[31] = 1;
    refuse(&order, STEWARD_order_original);
}

/* ---- orders as messages ---- */

static void orders_come_back(void **state)
{
    (void)state;
    uint8_t message[ORDER_SIZE], again[ORDER_SIZE];
    struct order order = usual(), back;
    order.simulated = true;
    order_put(&order, message);
    assert_int_equal(order_parse(message, &back), STEWARD_PASSED);
    order_put(&back, again);
    assert_memory_equal(message, again, sizeof(message));
    assert_int_equal(back.hosts, 5);
    assert_int_equal(back.entry, 1);
    assert_true(back.simulated && !back.original);
}

static void nothing_else_is_an_order(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {
        {0, 0},
        {0, 4},
        {0, 255}, /* kind */
        {0, 1},   /* SNP, whose measurement is longer */
        {1, 2},   /* original */
        {2, 0},
        {2, 31},
        {2, 48},
        {2, 255}, /* size of the measurement */
        {3, 121},
        {3, 255}, /* of the key */
        {ORDER_SIZE - 1, 1},
        {244, 2}, /* simulated */
        {245, 1}, /* nothing behind */
    };
    uint8_t message[ORDER_SIZE];
    struct order back;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        const struct order order = usual();
        order_put(&order, message);
        message[bad[i].at] = bad[i].value;
        assert_int_equal(order_parse(message, &back), STEWARD_order_form);
    }
    memset(message, 0, sizeof(message));
    assert_int_equal(order_parse(message, &back), STEWARD_order_form);
}

/* What the process does with each message: no more of them than it should. */
static void messages_are_answered_at_a_rate(void **state)
{
    (void)state;
    uint8_t message[ORDER_SIZE];
    struct rate rate = rate_start(2, 1000);
    const struct order order = usual();
    int error;
    order_put(&order, message);
    for (unsigned i = 0; i < 6; i++) {
        struct put out = put_init(made, sizeof(made));
        const struct moment at = {NOW, i < 4 ? 1000 : 1500};
        const enum steward_check check =
            certificate_answer(&authority, &rate, at, message, &out, &error);
        assert_int_equal(check, i < 2 || i == 4 ? STEWARD_PASSED : STEWARD_order_rate);
        assert_int_equal(out.size > 0, check == STEWARD_PASSED);
    }
    memset(message, 0xff, sizeof(message));
    struct put out = put_init(made, sizeof(made));
    assert_int_equal(
        certificate_answer(&authority, &rate, (struct moment){NOW, 9000}, message, &out, &error),
        STEWARD_order_form);
    assert_int_equal(out.size, 0);
}

static void rates(void **state)
{
    (void)state;
    struct rate any = rate_start(0, 0), rate = rate_start(1000, 5000);
    for (unsigned i = 0; i < 5000; i++)
        assert_true(rate_take(&any, 0));
    for (unsigned i = 0; i < 1000; i++)
        assert_true(rate_take(&rate, 5000));
    assert_false(rate_take(&rate, 5000));
    assert_false(rate_take(&rate, 4000)); /* a clock that goes back gives nothing */
    assert_true(rate_take(&rate, 5001));
    assert_false(rate_take(&rate, 5001));
    unsigned taken = 0;
    while (rate_take(&rate, UINT64_MAX))
        taken++;
    assert_int_equal(taken, 1000); /* never more than a second's */
}

/* ---- answers ---- */

static const struct bytes chain[] = {{(const uint8_t *)"\x30\x01"
                                                       "b",
                                      3},
                                     {(const uint8_t *)"\x30\x01"
                                                       "a",
                                      3}};
static const struct bytes leaves[] = {{(const uint8_t *)"\x30\x01"
                                                        "c",
                                       3},
                                      {(const uint8_t *)"\x30\x01"
                                                        "d",
                                       3}};

static void paths_lead_down(void **state)
{
    (void)state;
    uint8_t room[64];
    struct put out = put_init(room, sizeof(room));
    answer_put_path(&out, chain, 2, leaves[0]);
    assert_int_equal(out.size, 11);
    assert_memory_equal(room,
                        "\x30\x09\x30\x01"
                        "a\x30\x01"
                        "b\x30\x01"
                        "c",
                        11);
}

static void bundles(void **state)
{
    (void)state;
    uint8_t room[256];
    struct put out = put_init(room, sizeof(room));
    answer_put_bundle(&out, chain, 2, leaves, 2);
    assert_memory_equal(room,
                        "\x30\x10\x30\x06\x30\x01"
                        "a\x30\x01"
                        "b\x30\x06\x30\x01"
                        "c\x30\x01"
                        "d",
                        18);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_for_servers_and_clients_of_its_names),
        TEST(it_lives_a_day_at_most),
        TEST(it_does_not_outlive_its_authority),
        TEST(it_states_what_runs),
        TEST(it_states_that_it_is_simulated),
        TEST(without_a_name_there_is_none),
        TEST(keys_of_p_384_are_certified),
        TEST(no_name_of_another_entry),
        TEST(no_other_measurement_or_workload),
        TEST(no_name_that_is_not_there),
        TEST(no_other_key),
        TEST(the_originals_have_no_name_or_workload),
        TEST(orders_come_back),
        TEST(nothing_else_is_an_order),
        TEST(messages_are_answered_at_a_rate),
        cmocka_unit_test(rates),
        cmocka_unit_test(paths_lead_down),
        cmocka_unit_test(bundles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
