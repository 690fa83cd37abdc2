/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner keeps: its key, and of each keep left running what proves it the same. */
/* links: base/der_put.c base/rfc3339.c */
/* links: host/deploy/keep_record.c host/deploy/owner_key.c host/deploy/remote.c net/upgrade.c net/upgrade_head.c net/http.c net/libcurl.c net/watchdog.c host/fault.c host/clock.c host/newfile.c host/user_dir.c tls/certificate.c tests/unit/scratch.c crypto/issue.c crypto/key.c crypto/key_pem.c crypto/digest.c crypto/pem.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto -ljansson */
#define _GNU_SOURCE
#include "host/deploy/keep_record.h"

#include "host/deploy/owner_key.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <limits.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct fault fault;

static int set_up(void **state)
{
    char path[PATH_MAX];
    if (scratch_open(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    return setenv("XDG_STATE_HOME", path, 1);
}

/* ---- keeps ---- */

static struct keep_record sample(void)
{
    return (struct keep_record){
        .id = "k1",
        .host = "host.example:7443",
        .backend = "sgx-sim",
        .program = "app.wasm",
        .workload = {1, 2, 3},
        .key = {4, 5, 6},
        .policy = "tees = [\"sgx\"]\n",
        .simulated_root = "-----BEGIN",
        .insecure = true,
    };
}

static void records_come_back(void **state)
{
    (void)state;
    struct keep_record r = sample(), back;
    assert_int_equal(keep_record_put(&r, &fault), 0);
    assert_int_equal(keep_record_get("k1", &back, &fault), 0);
    assert_string_equal(back.id, r.id);
    assert_string_equal(back.host, r.host);
    assert_string_equal(back.backend, r.backend);
    assert_string_equal(back.program, r.program);
    assert_memory_equal(back.workload, r.workload, sizeof(r.workload));
    assert_memory_equal(back.key, r.key, sizeof(r.key));
    assert_string_equal(back.policy, r.policy);
    assert_string_equal(back.simulated_root, r.simulated_root);
    assert_true(back.insecure);
    assert_null(back.collateral);
    keep_record_fini(&back);
    json_t *collateral = json_pack("{s:s}", "pck_crl.der", "MAA=");
    r.id = "k2";
    r.collateral = collateral;
    r.simulated_root = NULL;
    r.insecure = false;
    assert_int_equal(keep_record_put(&r, &fault), 0);
    assert_int_equal(keep_record_get("k2", &back, &fault), 0);
    assert_null(back.simulated_root);
    assert_false(back.insecure);
    assert_true(json_equal(back.collateral, collateral));
    json_decref(collateral);
    keep_record_fini(&back);
}

static void others_cannot_read_them(void **state)
{
    (void)state;
    struct keep_record r = sample();
    struct stat st;
    assert_int_equal(keep_record_put(&r, &fault), 0);
    assert_int_equal(stat("state/enarx/keeps/k1.json", &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(chmod("state/enarx/keeps/k1.json", 0644), 0);
    assert_int_equal(keep_record_get("k1", &r, &fault), -EPERM);
}

/* A host that gives one keep the id of another does not take its place. */
static void one_does_not_take_the_place_of_another(void **state)
{
    (void)state;
    struct keep_record r = sample(), back;
    assert_int_equal(keep_record_put(&r, &fault), 0);
    r.host = "elsewhere:1";
    assert_int_equal(keep_record_put(&r, &fault), -EEXIST);
    assert_int_equal(keep_record_get("k1", &back, &fault), 0);
    assert_string_equal(back.host, "host.example:7443");
    keep_record_fini(&back);
}

static void unknown_ones_are_told(void **state)
{
    (void)state;
    struct keep_record r = sample();
    assert_int_equal(keep_record_get("k1", &r, &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "k1"));
    r = sample();
    assert_int_equal(keep_record_put(&r, &fault), 0);
    assert_int_equal(keep_record_get("k2", &r, &fault), -ENOENT);
    keep_record_drop("k1");
    assert_int_equal(keep_record_get("k1", &r, &fault), -ENOENT);
    keep_record_drop("k1");
}

static void ids_lead_nowhere_else(void **state)
{
    (void)state;
    struct keep_record r = sample();
    r.id = "../k1";
    assert_int_equal(keep_record_put(&r, &fault), -EINVAL);
    assert_int_equal(keep_record_get("../k1", &r, &fault), -EINVAL);
    scratch_write("k1.json", "{}");
    keep_record_drop("../../../k1");
    assert_int_equal(access("k1.json", F_OK), 0);
}

#define DIGEST "\"0102030000000000000000000000000000000000000000000000000000000000\""
#define RECORD(id, host, workload, key)                                                     \
    "{\"id\": \"" id "\", \"host\": \"" host "\", \"backend\": \"b\", \"program\": \"p\", " \
    "\"workload\": " workload ", \"key\": " key ", \"policy\": \"\", \"insecure\": false}"

static void damaged_ones_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"id\": \"k1\"}",
        RECORD("k2", "h", DIGEST, DIGEST),
        RECORD("k1", "h/x", DIGEST, DIGEST),
        RECORD("k1", "h", "\"010203\"", DIGEST),
        RECORD("k1", "h", DIGEST, "\"010203\""),
        RECORD("k1", "h", DIGEST, "null"),
    };
    struct keep_record r = sample();
    assert_int_equal(keep_record_put(&r, &fault), 0);
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        scratch_write("state/enarx/keeps/k1.json", texts[i]);
        assert_int_equal(keep_record_get("k1", &r, &fault), -EBADMSG);
        assert_non_null(strstr(fault.text, "k1.json"));
    }
    scratch_write("state/enarx/keeps/k1.json", RECORD("k1", "h", DIGEST, DIGEST));
    assert_int_equal(keep_record_get("k1", &r, &fault), 0);
    keep_record_fini(&r);
}

/* ---- the key ---- */

static void the_key_stays_the_same(void **state)
{
    (void)state;
    struct owner_key one, other;
    assert_int_equal(owner_key_open(&one, true, &fault), 0);
    assert_int_equal(owner_key_open(&other, false, &fault), 0);
    assert_memory_equal(one.public, other.public, sizeof(one.public));
    const uint8_t *der = other.identity.cert.data;
    X509 *cert = d2i_X509(NULL, &der, (long)other.identity.cert.size);
    assert_non_null(cert);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), one.key), 1);
    X509_free(cert);
    owner_key_close(&one);
    owner_key_close(&other);
    struct stat st;
    assert_int_equal(stat("state/enarx/owner.key", &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

static void no_key_is_made_where_none_is_wanted(void **state)
{
    (void)state;
    struct owner_key k;
    assert_int_equal(owner_key_open(&k, false, &fault), -ENOENT);
    owner_key_close(&k);
    assert_int_equal(access("state/enarx/owner.key", F_OK), -1);
}

static void a_key_that_is_none_is_refused(void **state)
{
    (void)state;
    struct owner_key k;
    assert_int_equal(owner_key_open(&k, true, &fault), 0);
    owner_key_close(&k);
    assert_int_equal(chmod("state/enarx/owner.key", 0640), 0);
    assert_int_equal(owner_key_open(&k, true, &fault), -EPERM);
    assert_int_equal(chmod("state/enarx/owner.key", 0600), 0);
    scratch_write("state/enarx/owner.key", "no key");
    assert_int_equal(owner_key_open(&k, true, &fault), -EBADMSG);
    assert_non_null(strstr(fault.text, "owner.key"));
    owner_key_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_back, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(others_cannot_read_them, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(one_does_not_take_the_place_of_another, set_up,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(unknown_ones_are_told, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(ids_lead_nowhere_else, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(damaged_ones_are_refused, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(the_key_stays_the_same, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(no_key_is_made_where_none_is_wanted, set_up, scratch_close),
        cmocka_unit_test_setup_teardown(a_key_that_is_none_is_refused, set_up, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
