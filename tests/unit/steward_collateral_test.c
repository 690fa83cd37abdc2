/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of collateral: found by what evidence says of its machine, read again when it
 * changes, and how long it lasts. */
/* links: svc/steward/collateral.c svc/steward/machine.c tests/steward/keep.c tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c */
/* links: sim/sgx/pck_extension.c net/collateral_item.c host/user_dir.c host/newfile.c */
/* links: host/fault.c host/cli/file.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c */
/* links: base/[a-z]*.c conf/evidence_claims.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "svc/steward/collateral.h"

#include "base/hex.h"
#include "crypto/key.h"
#include "host/cli/file.h"
#include "sim/sgx/quoting.h"
#include "tests/steward/keep.h"
#include "tests/unit/scratch.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct store *store;
static struct fault fault;
static char root[PATH_MAX];
static EVP_PKEY *key;
static struct carrier carrier;

static int set_up(void **state)
{
    if (scratch_open(state) < 0)
        return -1;
    setenv("XDG_STATE_HOME", *state, 1);
    keep_machine_open("ev");
    if (key_generate(&key) < 0)
        return -1;
    const struct keep keep = keep_usual(key, (struct bytes){0});
    return carrier_parse(keep_request(&keep), &carrier);
}

static int tear_down(void **state)
{
    quoting_close();
    store_close(store);
    store = NULL;
    carrier_fini(&carrier);
    EVP_PKEY_free(key);
    return scratch_close(state);
}

static struct bytes content_of(const char *path)
{
    struct bytes content;
    assert_int_equal(file_read(path, 1u << 20, &content), 0);
    return content;
}

static void assert_is(struct bytes found, const char *path)
{
    const struct bytes wanted = content_of(path);
    if (!bytes_equal(found, wanted))
        fail_msg("not %s", path);
    free((void *)wanted.data);
}

static void of_one_machine(void **state)
{
    (void)state;
    struct hints hints;
    assert_int_equal(store_open("ev", &store, &fault), 0);
    store_hints(store, &carrier, NULL, &hints);
    assert_is(hints.tcb_info, "ev/tcb_info.json");
    assert_is(hints.qe_identity, "ev/qe_identity.json");
    assert_int_equal(hints.cert_count, 2);
    assert_is(hints.certs[0], "ev/tcb_signing_chain.pem");
    assert_int_equal(hints.crl_count, 2);
    assert_is(hints.crls[0], "ev/pck_crl.der");
    assert_is(hints.crls[1], "ev/root_ca_crl.der");
}

/* Names of the cache: "enxsim" is the simulation's FMSPC, its CA the platform's. */
static void of_many_machines(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"ev/tcb_info.json", "cache/sgx-656e7873696d-tcb_info"},
        {"ev/tcb_signing_chain.pem", "cache/sgx-656e7873696d-tcb_info.chain"},
        {"ev/qe_identity.json", "cache/sgx-qe_identity"},
        {"ev/pck_crl.der", "cache/intel-platform-pck_crl"},
        {"ev/pck_crl_issuer_chain.pem", "cache/intel-platform-pck_crl.chain"},
        {"ev/root_ca_crl.der", "cache/intel-root_ca_crl"},
    };
    struct hints hints;
    assert_int_equal(mkdir("cache", 0700), 0);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        assert_int_equal(rename(names[i][0], names[i][1]), 0);
    scratch_write("cache/sgx-00906ed50000-tcb_info", "{\"of\":\"another\"}");
    scratch_write("cache/intel-processor-pck_crl", "another");
    scratch_write("cache/tcb_info.json", "of one machine");
    assert_int_equal(store_open("cache", &store, &fault), 0);
    store_hints(store, &carrier, NULL, &hints);
    assert_is(hints.tcb_info, names[0][1]);
    assert_is(hints.certs[0], names[1][1]);
    assert_is(hints.qe_identity, names[2][1]);
    assert_is(hints.crls[0], names[3][1]);
    assert_int_equal(hints.cert_count, 2);
    assert_int_equal(hints.crl_count, 2);
}

static void nothing_without_a_folder(void **state)
{
    (void)state;
    struct hints hints;
    assert_int_equal(store_open(NULL, &store, &fault), 0);
    assert_int_equal(store_refresh(store, &fault), 0);
    store_hints(store, &carrier, NULL, &hints);
    assert_int_equal(hints.cert_count + hints.crl_count + hints.tcb_info.size, 0);
    assert_int_equal(store_next_update(store), 0);
    store_close(store);
    store = NULL;
    assert_true(store_open("missing", &store, &fault) < 0);
    assert_non_null(strstr(fault.text, "missing"));
}

static void what_changes_is_read_again(void **state)
{
    (void)state;
    struct hints hints;
    assert_int_equal(store_open("ev", &store, &fault), 0);
    assert_int_equal(store_refresh(store, &fault), 0);
    scratch_write("ev/new", "x");
    assert_int_equal(store_refresh(store, &fault), 1);
    assert_int_equal(store_refresh(store, &fault), 0);
    scratch_write("ev/tcb_info.json", "{}"); /* in place */
    assert_int_equal(store_refresh(store, &fault), 1);
    store_hints(store, &carrier, NULL, &hints);
    assert_int_equal(hints.tcb_info.size, 2);
    assert_int_equal(unlink("ev/tcb_info.json"), 0);
    assert_int_equal(store_refresh(store, &fault), 1);
    store_hints(store, &carrier, NULL, &hints);
    assert_int_equal(hints.tcb_info.size, 0);
}

/* The earliest of all counts. The simulation's last for thirty days. */
static void lasts_as_long_as_its_first_to_expire(void **state)
{
    (void)state;
    static char file[2 * PATH_MAX];
    const int64_t now = (int64_t)time(NULL);
    assert_int_equal(store_open("ev", &store, &fault), 0);
    const int64_t first = store_next_update(store);
    assert_true(first > now + 29 * 86400 && first < now + 31 * 86400);
    snprintf(file, sizeof(file), "%s/tests/data/evidence/snp/enarx-steward/crl/milan_ark_crl.der",
             root);
    const struct bytes old = content_of(file);
    assert_int_equal(file_write("ev/vcek-Milan-crl", old, 0600, false), 0);
    free((void *)old.data);
    assert_int_equal(store_refresh(store, &fault), 1);
    assert_int_equal(store_next_update(store), 1683673200); /* openssl crl: May 9 23:00:00 2023 */
}

static void crls_come_in_three_forms(void **state)
{
    (void)state;
    struct hints hints;
    const struct bytes der = content_of("ev/pck_crl.der");
    char *hex = calloc(1, 2 * der.size + 1);
    hex_put(der, hex);
    scratch_write("ev/pck_crl.der", hex);
    assert_int_equal(store_open("ev", &store, &fault), 0);
    store_hints(store, &carrier, NULL, &hints);
    assert_true(bytes_equal(hints.crls[0], der));
    free(hex);
    free((void *)der.data);
}

static void what_is_no_file_or_too_large_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(mkdir("ev/folder", 0700), 0);
    assert_int_equal(mkfifo("ev/fifo", 0600), 0);
    assert_int_equal(symlink("/dev/zero", "ev/zero"), 0);
    assert_int_equal(symlink("nowhere", "ev/dangling"), 0);
    scratch_write("ev/huge", "");
    assert_int_equal(truncate("ev/huge", STORE_FILE_MAX + 1), 0);
    scratch_write("ev/.hidden", "x");
    const size_t all = scratch_count("ev");
    assert_int_equal(store_open("ev", &store, &fault), 0);
    assert_int_equal(store_count(store), all - 6);
}

/* Evidence that says nothing of its machine gets what came with it. */
static void hints_of_nobody(void **state)
{
    (void)state;
    struct hints hints;
    const struct carrier odd = {.evidence = bytes_of_text("whatever"),
                                .certs = {bytes_of_text("a")},
                                .cert_count = 1,
                                .crls = {bytes_of_text("b")},
                                .crl_count = 1,
                                .tcb_info = bytes_of_text("c")};
    assert_int_equal(store_open("ev", &store, &fault), 0);
    store_hints(store, &odd, NULL, &hints);
    assert_int_equal(hints.cert_count, 1);
    assert_int_equal(hints.crl_count, 1);
    assert_true(bytes_equal(hints.tcb_info, odd.tcb_info));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_one_machine),
        TEST(of_many_machines),
        TEST(nothing_without_a_folder),
        TEST(what_changes_is_read_again),
        TEST(lasts_as_long_as_its_first_to_expire),
        TEST(crls_come_in_three_forms),
        TEST(what_is_no_file_or_too_large_is_passed_over),
        TEST(hints_of_nobody),
    };
    if (getcwd(root, sizeof(root)) == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
