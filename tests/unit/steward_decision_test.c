/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a certificate: true quotes of a simulated machine, right in everything, or wrong
 * in one thing at a time. */
/* links: svc/steward/application.c svc/steward/check.c svc/steward/collateral.c */
/* links: svc/steward/decision.c svc/steward/machine.c svc/steward/names.c svc/steward/nonce.c */
/* links: svc/steward/nonces_used.c svc/steward/order.c tests/steward/keep.c tests/unit/steward_scene.c */
/* links: tests/unit/scratch.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c */
/* links: sim/sgx/pck_extension.c net/collateral_item.c host/user_dir.c host/newfile.c */
/* links: host/fault.c host/cli/file.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c */
/* links: base/[a-z]*.c conf/[a-z]*.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "crypto/digest.h"
#include "crypto/key.h"
#include "tests/unit/steward_scene.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- right in everything ---- */

static void what_is_right_is_ordered(void **state)
{
    (void)state;
    const struct keep keep = usual();
    uint8_t digest[32], public_key[KEY_PUBLIC_SIZE];
    assert_decided(&keep, STEWARD_PASSED);
    const struct order *o = &decision->order;
    assert_int_equal(o->kind, KIND_SGX);
    assert_false(o->original);
    assert_true(o->simulated);
    assert_int_equal(o->entry, 1);
    assert_int_equal(o->hosts, 3); /* asked for none: gets all */
    assert_int_equal(o->measurement_size, 32);
    assert_memory_equal(o->measurement, keep.mrenclave, 32);
    assert_memory_equal(o->workload, keep.workload.data, 32);
    assert_int_equal(sha256(keep_quote(), digest), 0);
    assert_memory_equal(o->evidence, digest, 32);
    assert_int_equal(key_public(key, public_key), 0);
    assert_int_equal(o->public_key_size, sizeof(public_key));
    assert_memory_equal(o->public_key, public_key, sizeof(public_key));
}

static void names_are_selected(void **state)
{
    (void)state;
    struct keep keep = usual();
    ask(&keep, "b.example");
    assert_decided(&keep, STEWARD_PASSED);
    assert_int_equal(decision->order.hosts, 2);
    ask(&keep, "a.example");
    new_nonce();
    assert_decided(&keep, STEWARD_PASSED);
    assert_int_equal(decision->order.hosts, 3);
}

static void an_entry_may_have_no_names(void **state)
{
    (void)state;
    struct keep keep = usual();
    use_policy(SGX ENTRY(ENCLAVE, WORKLOAD, ""), (int)keep_root().size, keep_root().data);
    assert_decided(&keep, STEWARD_PASSED);
    assert_int_equal(decision->order.hosts, 0);
    ask(&keep, "a.example");
    new_nonce();
    assert_decided(&keep, STEWARD_names_listed);
}

static void keys_of_p_384_are_taken(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.key = EVP_EC_gen("P-384");
    assert_decided(&keep, STEWARD_PASSED);
    assert_int_equal(decision->order.public_key_size, 120);
    EVP_PKEY_free(keep.key);
}

/* ---- SV2: the key ---- */

static void other_keys_are_not(void **state)
{
    (void)state;
    EVP_PKEY *const others[] = {EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1"), EVP_EC_gen("P-224"),
                                EVP_RSA_gen(3072)};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        struct keep keep = usual();
        keep.key = others[i];
        const struct bytes der = keep_request(&keep);
        assert_int_equal(decide(&judge, der, now, decision), 0);
        assert_true(decision->check == STEWARD_request_key ||
                    decision->check == STEWARD_request_form);
        assert_true(i == 3 || decision->check == STEWARD_request_key);
        EVP_PKEY_free(others[i]);
    }
}

static void the_key_has_to_have_signed(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.signer = EVP_EC_gen("P-256");
    assert_decided(&keep, STEWARD_request_possession);
    EVP_PKEY_free(keep.signer);
}

/* Evidence for one key does nothing for another. */
static void the_evidence_is_for_its_key(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.claimed = EVP_EC_gen("P-256");
    assert_refused(&keep, CHECK_claims_key);
    EVP_PKEY_free(keep.claimed);
}

static void evidence_of_another_use_is_none(void **state)
{
    (void)state;
    static const char *const purposes[] = {"",        "deploy-empty", "deploy-ready", "workload",
                                           "inspect", "certificat",   "certificates"};
    for (size_t i = 0; i < ARRAY_COUNT(purposes); i++) {
        struct keep keep = usual();
        keep.purpose = purposes[i];
        assert_refused(&keep, CHECK_claims_purpose);
    }
    struct keep keep = usual();
    keep.profile = "tag:enarx,2026:keep/2";
    assert_refused(&keep, CHECK_claims_profile);
}

static void malformed_claims_are_none(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.longer = true;
    assert_decided(&keep, STEWARD_claims_form);
}

/* ---- SV1: the nonce ---- */

static void the_nonce_is_ours(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.nonce = (struct bytes){0};
    assert_decided(&keep, STEWARD_nonce_genuine);
    keep.nonce = bytes_of_text("whatever");
    assert_decided(&keep, STEWARD_nonce_genuine);
    judge.nonce_key[0]++;
    keep = usual();
    assert_decided(&keep, STEWARD_nonce_genuine);
}

static void the_nonce_is_new(void **state)
{
    (void)state;
    const struct keep keep = usual();
    now += NONCE_LIFETIME + 1;
    assert_decided(&keep, STEWARD_nonce_age);
    now -= 1;
    assert_decided(&keep, STEWARD_PASSED);
}

static void the_nonce_serves_once(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.purpose = "inspect"; /* refused: the nonce is not used up by it */
    assert_refused(&keep, CHECK_claims_purpose);
    keep = usual();
    assert_decided(&keep, STEWARD_PASSED);
    assert_decided(&keep, STEWARD_nonce_unused);
    new_nonce();
    keep = usual();
    assert_decided(&keep, STEWARD_PASSED);
}

/* The nonce of the claims buffer, not one beside it, and the claims buffer that the quote
 * binds: any other is refused by the verifier. */
static void the_claims_are_bound(void **state)
{
    (void)state;
    const struct keep keep = usual();
    const struct bytes der = keep_request(&keep);
    uint8_t *found = memmem(der.data, der.size, nonce, sizeof(nonce));
    assert_non_null(found);
    new_nonce();
    memcpy(found, nonce, sizeof(nonce)); /* and the request is no more signed */
    assert_check(der, STEWARD_request_possession);
}

/* ---- SV5: names and workloads ---- */

static void a_workload_is_needed(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.workload = (struct bytes){0};
    assert_decided(&keep, STEWARD_workload_named);
}

static void the_workload_has_an_entry(void **state)
{
    (void)state;
    static const uint8_t unknown[32] = {0x77, 0x0d};
    struct keep keep = usual();
    keep.workload = (struct bytes){unknown, sizeof(unknown)};
    assert_decided(&keep, STEWARD_names_entry);
    keep = usual();
    use_policy(SGX ENTRY(OTHER, WORKLOAD, "\"a.example\""), (int)keep_root().size,
               keep_root().data);
    assert_decided(&keep, STEWARD_names_entry);
}

static void names_of_others_are_not_given(void **state)
{
    (void)state;
    static const char *const wrong[] = {"other.example", "c.example", "A.example", "a.example.", "",
                                        "*.example",     "xa.example"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct keep keep = usual();
        ask(&keep, "a.example");
        ask(&keep, wrong[i]);
        assert_decided(&keep, STEWARD_names_listed);
    }
}

static void names_are_of_hosts(void **state)
{
    (void)state;
    struct names_asked asked;
    static const struct {
        const char *der;
        size_t size;
    } bad[] = {
        {"\x30\x00", 2},                         /* none */
        {"\x30\x06\x87\x04\x7f\x00\x00\x01", 8}, /* an address */
        {"\x30\x03\x81\x01\x61", 5},             /* of mail */
        {"\x30\x03\x82\x01\x61\x00", 6},         /* and more */
        {"\x30\x03\x82\x02\x61", 5},
        {"", 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        const struct bytes der = {(const uint8_t *)bad[i].der, bad[i].size};
        assert_int_equal(names_parse(der, &asked), STEWARD_names_form);
    }
    assert_int_equal(
        names_parse((struct bytes){(const uint8_t *)"\x30\x03\x82\x01\x61", 5}, &asked),
        STEWARD_PASSED);
    struct keep keep = usual();
    for (size_t i = 0; i < POLICY_HOSTS_MAX; i++)
        ask(&keep, "a.example");
    assert_decided(&keep, STEWARD_PASSED);
    ask(&keep, "a.example");
    assert_decided(&keep, STEWARD_names_form);
}

/* ---- SV6: the evidence ---- */

static void another_program_gets_nothing(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.mrenclave[31] = 1;
    assert_refused(&keep, CHECK_sgx_mrenclave);
}

static void a_debug_enclave_gets_nothing(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.attributes = 2; /* DEBUG [SDM 35.7.1] */
    assert_refused(&keep, CHECK_sgx_debug);
}

static void a_simulation_gets_nothing_unless_named(void **state)
{
    (void)state;
    const struct keep keep = usual();
    use_policy("tees = [\"sgx\"]\n[sgx]\nmrenclaves = [\"" ENCLAVE
               "\"]\n" ENTRY(ENCLAVE, WORKLOAD, "\"a.example\""));
    assert_refused(&keep, CHECK_cert_anchor);
}

static void collateral_is_needed(void **state)
{
    (void)state;
    const struct keep keep = usual();
    struct store *empty;
    struct fault fault;
    assert_int_equal(store_open(NULL, &empty, &fault), 0);
    judge.store = empty;
    assert_decided(&keep, STEWARD_evidence_accepted);
    assert_int_equal(decision->result.collateral, COLLATERAL_MISSING);
    judge.store = store;
    assert_decided(&keep, STEWARD_PASSED);
    store_close(empty);
}

static void no_byte_of_a_request_is_free(void **state)
{
    (void)state;
    const struct keep keep = usual();
    const struct bytes der = keep_request(&keep);
    uint8_t *bytes = (uint8_t *)der.data;
    for (size_t i = 0; i < der.size; i += i < 200 ? 1 : 41) {
        bytes[i] ^= 0x10;
        assert_int_equal(decide(&judge, der, now, decision), 0);
        assert_int_not_equal(decision->check, STEWARD_PASSED);
        bytes[i] ^= 0x10;
    }
    for (size_t size = 0; size < der.size; size += 53) {
        assert_int_equal(decide(&judge, (struct bytes){der.data, size}, now, decision), 0);
        assert_int_equal(decision->check, STEWARD_request_form);
    }
    assert_check(der, STEWARD_PASSED);
}

static void evidence_is_needed(void **state)
{
    (void)state;
    struct keep keep = usual();
    keep.evidence_oid = "2.25.1";
    assert_decided(&keep, STEWARD_evidence_form);
    keep.evidence_oid = "1.3.6.1.4.1.58270.1.1"; /* the original's for KVM, which proves nothing */
    assert_decided(&keep, STEWARD_evidence_form);
    judge.legacy = true;
    assert_decided(&keep, STEWARD_evidence_form);
}

/* ---- policies ---- */

static void a_policy_names_what_may_run(void **state)
{
    (void)state;
    use_policy("tees = [\"sgx\"]\n" ENTRY(ENCLAVE, WORKLOAD, ""));
    assert_non_null(strstr(decision_policy_fault(&policy, false), "names no measurement"));
    use_policy("[sgx]\nmrenclaves = [\"" ENCLAVE "\"]\n" ENTRY(ENCLAVE, WORKLOAD, ""));
    assert_non_null(strstr(decision_policy_fault(&policy, false), "names no measurement"));
    use_policy("tees = [\"sgx\"]\n[sgx]\nmrenclaves = [\"" ENCLAVE "\"]");
    assert_non_null(strstr(decision_policy_fault(&policy, false), "[[names]]"));
    assert_null(decision_policy_fault(&policy, true));
    use_policy("purpose = \"inspect\"\ntees = [\"sgx\"]\n[sgx]\nmrenclaves = [\"" ENCLAVE "\"]");
    assert_non_null(strstr(decision_policy_fault(&policy, true), "purpose"));
    use_usual_policy();
    assert_null(decision_policy_fault(&policy, false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_right_is_ordered),
        TEST(names_are_selected),
        TEST(an_entry_may_have_no_names),
        TEST(keys_of_p_384_are_taken),
        TEST(other_keys_are_not),
        TEST(the_key_has_to_have_signed),
        TEST(the_evidence_is_for_its_key),
        TEST(evidence_of_another_use_is_none),
        TEST(malformed_claims_are_none),
        TEST(the_nonce_is_ours),
        TEST(the_nonce_is_new),
        TEST(the_nonce_serves_once),
        TEST(the_claims_are_bound),
        TEST(a_workload_is_needed),
        TEST(the_workload_has_an_entry),
        TEST(names_of_others_are_not_given),
        TEST(names_are_of_hosts),
        TEST(another_program_gets_nothing),
        TEST(a_debug_enclave_gets_nothing),
        TEST(a_simulation_gets_nothing_unless_named),
        TEST(collateral_is_needed),
        TEST(no_byte_of_a_request_is_free),
        TEST(evidence_is_needed),
        TEST(a_policy_names_what_may_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
