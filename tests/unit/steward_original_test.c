/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in the form of the original Enarx: taken on demand only, without its gaps, and
 * with no claim to a name. One is of a real machine. */
/* links: svc/steward/application.c svc/steward/check.c svc/steward/collateral.c */
/* links: svc/steward/decision.c svc/steward/machine.c svc/steward/names.c svc/steward/nonce.c */
/* links: svc/steward/nonces_used.c svc/steward/order.c tests/steward/keep.c tests/unit/steward_scene.c */
/* links: tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c */
/* links: sim/sgx/pck_extension.c net/collateral_item.c host/user_dir.c host/newfile.c */
/* links: host/fault.c host/cli/file.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c */
/* links: base/[a-z]*.c conf/[a-z]*.c */
/* libs: -ljansson -lcrypto */
#include "attest/carrier.h"
#include "base/hex.h"
#include "host/cli/file.h"
#include "tests/unit/steward_scene.h"

#include <limits.h>
#include <openssl/ec.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char root[PATH_MAX]; /* of the sources */

static struct bytes read_original(const char *path)
{
    char file[2 * PATH_MAX];
    struct bytes der;
    snprintf(file, sizeof(file), "%s/tests/data/evidence/%s", root, path);
    assert_int_equal(file_read(file, 65536, &der), 0);
    return der;
}

#define MILAN "snp/enarx-steward/milan.signed.crl.csr"

/* Of its report: what a policy has to name. */
static void use_milan_policy(struct bytes der, const char *more)
{
    struct carrier carrier;
    struct claims claims;
    char measurement[97], folder[2 * PATH_MAX];
    struct fault fault;
    assert_int_equal(carrier_parse(der, &carrier), 0);
    assert_int_equal(attest_decode(carrier.evidence, &claims), 0);
    hex_put((struct bytes){claims.snp.measurement, 48}, measurement);
    carrier_fini(&carrier);
    use_policy("tees = [\"snp\"]\n[snp]\nproduct_lines = [\"milan\"]\nplatform_require = []\n"
               "measurements = [\"%s\"]\n%s",
               measurement, more);
    now = 1672531200; /* 2023-01-01: its CRLs are fresh */
    snprintf(folder, sizeof(folder), "%s/tests/data/evidence/snp/enarx-steward/milan-v2-idblock",
             root);
    store_close(store); /* the ASK is not in the request */
    assert_int_equal(store_open(folder, &store, &fault), 0);
    judge.store = store;
}

static void a_real_machines_request_is_taken_on_demand(void **state)
{
    (void)state;
    const struct bytes der = read_original(MILAN);
    use_milan_policy(der, "");
    assert_check(der, STEWARD_evidence_binding);
    judge.legacy = true;
    assert_check(der, STEWARD_PASSED);
    const struct order *o = &decision->order;
    assert_true(o->original);
    assert_int_equal(o->kind, KIND_SNP);
    assert_int_equal(o->hosts, 0);
    assert_int_equal(o->public_key_size, 120);
    free((void *)der.data);
}

/* What the original let pass: no minimum of the TCB, CRLs that had expired, any program. */
static void the_gaps_of_the_original_are_closed(void **state)
{
    (void)state;
    const struct bytes der = read_original(MILAN);
    judge.legacy = true;
    use_milan_policy(der, "minimum_tcb.milan = {bootloader = 9}\n");
    assert_check(der, STEWARD_evidence_accepted);
    assert_int_equal(decision->result.tcb_status, TCB_BELOW_POLICY);
    use_milan_policy(der, "");
    now += 365 * 86400;
    assert_check(der, STEWARD_evidence_accepted);
    assert_int_equal(decision->result.collateral, COLLATERAL_EXPIRED);
    use_policy("tees = [\"snp\"]\n");
    assert_non_null(decision_policy_fault(&policy, true));
    free((void *)der.data);
}

/* What was signed for one key is of no use with a request of another. */
static void the_originals_binding_holds(void **state)
{
    (void)state;
    const struct bytes der = read_original(MILAN);
    use_milan_policy(der, "");
    judge.legacy = true;
    for (size_t i = 0; i < der.size; i += 97) {
        ((uint8_t *)der.data)[i] ^= 1;
        assert_int_equal(decide(&judge, der, now, decision), 0);
        assert_int_not_equal(decision->check, STEWARD_PASSED);
        ((uint8_t *)der.data)[i] ^= 1;
    }
    assert_check(der, STEWARD_PASSED);
    free((void *)der.data);
}

/* As the original's keeps in SGX ask: right, for another key, with a name. */
static void the_original_has_no_claim_to_names(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.original = true;
    assert_decided(&keep, STEWARD_evidence_binding);
    judge.legacy = true;
    assert_decided(&keep, STEWARD_PASSED);
    assert_true(decision->order.original);
    assert_int_equal(decision->order.hosts, 0);
    assert_int_equal(decision->order.entry, 0);
    const uint8_t none[32] = {0};
    assert_memory_equal(decision->order.workload, none, 32);
    keep.claimed = EVP_EC_gen("P-256");
    assert_refused(&keep, CHECK_binding);
    EVP_PKEY_free(keep.claimed);
    keep.claimed = NULL;
    ask(&keep, "a.example");
    assert_decided(&keep, STEWARD_names_of_original);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_real_machines_request_is_taken_on_demand),
        TEST(the_gaps_of_the_original_are_closed),
        TEST(the_originals_binding_holds),
        TEST(the_original_has_no_claim_to_names),
    };
    if (getcwd(root, sizeof(root)) == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
