/* SPDX-License-Identifier: Apache-2.0 */
/* Peers by their evidence: quotes of the simulation in certificates, by policies, collateral
 * and times that fit and that do not. The verifier itself is tested elsewhere: here, that its
 * word counts, and that it is asked about the right thing. */
/* links: exec/peer_policy.c attest/carrier.c conf/collateral.c conf/evidence_claims.c conf/policy_toml.c conf/policy_names.c conf/policy_value.c conf/policy_key.c conf/config_key.c conf/manifest_check.c conf/manifest_tls.c conf/host_name.c conf/toml.c conf/toml_define.c conf/toml_tree.c conf/toml_scan.c conf/toml_error.c conf/toml_string.c conf/toml_number.c conf/toml_datetime.c base/nearest.c crypto/pkcs10.c tls/certificate.c */
/* links: sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c sim/sgx/collateral.c sim/sgx/pck_extension.c crypto/key.c crypto/key_pem.c crypto/cmac.c crypto/issue.c host/user_dir.c host/newfile.c host/fault.c tests/unit/scratch.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/document.c attest/endorsement.c attest/pck.c attest/policy.c attest/qe.c attest/qe_identity.c attest/quote.c attest/quote_appraise.c attest/record.c attest/sgx.c attest/signed_json.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/tcb.c attest/tcb_evaluate.c attest/tcb_info.c attest/tcb_level.c attest/tcb_status.c attest/tdx.c attest/text.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c crypto/rsa_pss.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/issuer.c base/der_put.c crypto/x509_signature.c */
/* libs: -ljansson -lcrypto */
#define _GNU_SOURCE
#include "exec/peer_policy.h"

#include "attest/carrier.h"
#include "base/der_put.h"
#include "conf/evidence_claims.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/key.h"
#include "host/fault.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/quoting.h"
#include "tests/unit/scratch.h"
#include "tls/certificate.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DAY 86400
static const uint8_t workload[32] = {0x77};
static const char mrenclave[] = "0102030000000000000000000000000000000000000000000000000000000000";

static struct {
    char root[4096]; /* PEM */
    uint8_t blob[65536];
    struct put put;
    unsigned pieces;
    struct collateral_set collateral;
    uint8_t der[32768]; /* the peer's certificate */
    size_t der_size;
    struct claims own;
} world;

/* ---- the simulation ---- */

static int keep_piece(maybe_unused void *context, const char *name, struct bytes content)
{
    if (strcmp(name, "root.pem") == 0)
        snprintf(world.root, sizeof(world.root), "%.*s", (int)content.size,
                 (const char *)content.data);
    if (collateral_find(bytes_of_text(name)) == NULL)
        return 0;
    collateral_piece_put(&world.put, name, content);
    world.pieces++;
    return 0;
}

static void make_collateral(void)
{
    static uint8_t pieces[65536];
    struct fault fault;
    world.put = put_init(pieces, sizeof(pieces));
    assert_int_equal(quoting_open(&fault), 0);
    assert_int_equal(quoting_collateral(keep_piece, NULL, &fault), 0);
    struct put blob = put_init(world.blob, sizeof(world.blob));
    collateral_blob_put(&blob, world.pieces);
    put_bytes(&blob, put_done(&world.put));
    assert_int_equal(collateral_blob_parse(put_done(&blob), &world.collateral), 0);
    assert_int_equal(world.collateral.crl_count, 2);
    assert_true(world.collateral.tcb_info.size > 0 && world.collateral.qe_identity.size > 0);
}

static size_t quote_of(struct bytes claims, uint8_t *quote, size_t size)
{
    struct sgx_targetinfo target;
    uint8_t key[MODEL_KEY_SIZE];
    assert_int_equal(quoting_target(&target), 0);
    struct sgx_report report = {
        .body = {.attributes = {.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT, .xfrm = 7},
                 .mrenclave = {1, 2, 3},
                 .mrsigner = {4, 5, 6}},
    };
    assert_int_equal(sha256(claims, report.body.report_data), 0);
    model_report_key(&target, report.key_id, key);
    model_report_mac(key, &report.body, report.mac);
    assert_int_equal(quoting_sign(&report, quote, &size), 0);
    return size;
}

/* A certificate whose evidence says so; of `key`, though the evidence be of another. */
static void make_certificate(EVP_PKEY *key, const char *purpose, EVP_PKEY *proved)
{
    uint8_t public_key[KEY_PUBLIC_SIZE], hash[SHA256_SIZE], buffer[512];
    static uint8_t quote[16384], extension[20000];
    assert_int_equal(key_public(proved, public_key), 0);
    assert_int_equal(sha256((struct bytes){public_key, sizeof(public_key)}, hash), 0);
    struct put claims = put_init(buffer, sizeof(buffer));
    evidence_claims_put(&claims, &(struct evidence_claims){
                                     .key_hash = hash, .purpose = purpose, .workload = workload});
    const size_t size = quote_of(put_done(&claims), quote, sizeof(quote));
    assert_int_equal(attest_decode((struct bytes){quote, size}, &world.own), 0);
    struct put e = put_init(extension, sizeof(extension));
    evidence_extension_put(&e, EVIDENCE_INTEL_QUOTE, (struct bytes){quote, size},
                           put_done(&claims));
    struct put out = put_init(world.der, sizeof(world.der));
    const struct tls_certificate cert = {.name = "peer", .evidence = put_done(&e)};
    assert_int_equal(tls_certificate_make(key, &cert, &out), 0);
    world.der_size = put_done(&out).size;
}

/* The same quote as the original has it: about the key alone, and with no word on what for. */
static void make_original(EVP_PKEY *key)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    static uint8_t quote[16384], extension[20000];
    assert_int_equal(key_public(key, public_key), 0);
    const struct bytes spki = {public_key, sizeof(public_key)};
    const struct bytes empty_sequence = {(const uint8_t *)"\x30\0", 2};
    const struct bytes evidence = {quote, quote_of(spki, quote, sizeof(quote))};
    struct put e = put_init(extension, sizeof(extension));
    const size_t all = der_open(&e, DER_SEQUENCE);
    der_put(&e, DER_OCTET_STRING, evidence);
    der_put(&e, DER_SEQUENCE, empty_sequence); /* of CRLs */
    const size_t tcb = der_open(&e, DER_SEQUENCE);
    der_put(&e, DER_SEQUENCE, (struct bytes){0}); /* of certificates */
    der_put(&e, DER_OCTET_STRING, (struct bytes){0});
    der_close(&e, tcb);
    der_close(&e, all);
    const struct certificate_extension one = {"1.3.6.1.4.1.58270.1.2", false, put_done(&e)};
    const struct certificate cert = {.organisation = "Enarx",
                                     .name = "peer",
                                     .public_key = spki,
                                     .not_after = time(NULL) + DAY,
                                     .extensions = &one,
                                     .extension_count = 1};
    struct put out = put_init(world.der, sizeof(world.der));
    assert_int_equal(certificate_issue(&cert, &(struct issuer){.key = key}, &out), 0);
    world.der_size = put_done(&out).size;
}

static EVP_PKEY *key, *other_key;

static int set_up(void **state)
{
    char path[PATH_MAX];
    if (scratch_open(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/state", (char *)*state);
    setenv("XDG_STATE_HOME", path, 1);
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    memset(&world, 0, sizeof(world));
    make_collateral();
    assert_int_equal(key_generate(&key), 0);
    assert_int_equal(key_generate(&other_key), 0);
    make_certificate(key, PURPOSE_CERTIFICATE, key);
    return 0;
}

static int tear_down(void **state)
{
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    quoting_close();
    return scratch_close(state);
}

/* ---- policies ---- */

static const char *policy(const char *more)
{
    static char text[8192];
    snprintf(text, sizeof(text), "tees = [\"sgx\"]\nsimulated_roots = [\"\"\"\n%s\"\"\"]\n%s\n",
             world.root, more);
    return text;
}

static char why[256];

static bool judge_at(const char *text, int64_t now)
{
    struct peer_policy p;
    assert_int_equal(peer_policy_init(&p, bytes_of_text(text), &world.own, &world.collateral), 0);
    const bool accepted =
        peer_policy_judge(&p, (struct bytes){world.der, world.der_size}, now, why, sizeof(why));
    /* again, from what is remembered */
    assert_int_equal(
        peer_policy_judge(&p, (struct bytes){world.der, world.der_size}, now, why, sizeof(why)),
        accepted);
    peer_policy_fini(&p);
    return accepted;
}

static bool judge(const char *text) { return judge_at(text, time(NULL)); }

static void refuses(const char *text, const char *reason)
{
    assert_false(judge(text));
    if (strstr(why, reason) == NULL)
        fail_msg("\"%s\", not \"%s\"", why, reason);
}

static const char *named(const char *format)
{
    static char line[256];
    snprintf(line, sizeof(line), format, mrenclave);
    return policy(line);
}

static void takes_who_passes(void **state)
{
    (void)state;
    assert_true(judge(named("[sgx]\nmrenclaves = [\"%s\"]")));
    assert_true(judge(policy("measurement = \"self\"")));
    assert_true(judge(policy("measurement = \"self\"\nworkload = \"77000000000000000000000000000000"
                             "00000000000000000000000000000000\"")));
    assert_true(judge(policy("purpose = \"certificate\"\nmeasurement = \"self\"")));
}

static void refuses_others(void **state)
{
    (void)state;
    refuses(policy("[sgx]\nmrenclaves = [\"0202030000000000000000000000000000000000000000000000000"
                   "000000000\"]"),
            "sgx_mrenclave: expected 0202");
    refuses(policy("measurement = \"self\"\nworkload = \"78000000000000000000000000000000000000000"
                   "00000000000000000000000\""),
            "workload");
    refuses("tees = [\"sgx\"]\nmeasurement = \"self\"", "refused");
    refuses(policy("measurement = \"self\"\nnonce = \"00\""), "nonce");
    world.own.sgx.mrenclave[0] ^= 1; /* another image than ours */
    refuses(policy("measurement = \"self\""), "sgx_mrenclave");
}

/* A policy that names nothing takes nobody. */
static void refuses_when_nothing_is_named(void **state)
{
    (void)state;
    refuses(policy(""), "refused");
}

static void refuses_other_purposes(void **state)
{
    (void)state;
    make_certificate(key, PURPOSE_READY, key);
    refuses(policy("measurement = \"self\""), "purpose");
    refuses(policy("measurement = \"self\"\npurpose = \"deploy-ready\""), "purpose");
}

static void refuses_evidence_of_another_key(void **state)
{
    (void)state;
    make_certificate(other_key, PURPOSE_CERTIFICATE, key);
    refuses(policy("measurement = \"self\""), "refused");
}

static void refuses_the_originals_form(void **state)
{
    (void)state;
    struct carrier carrier;
    make_original(key);
    assert_int_equal(carrier_parse((struct bytes){world.der, world.der_size}, &carrier), 0);
    carrier_fini(&carrier);
    refuses(policy("measurement = \"self\""), "no evidence");
}

static void refuses_without_evidence(void **state)
{
    (void)state;
    struct put out = put_init(world.der, sizeof(world.der));
    assert_int_equal(tls_certificate_put(key, "peer", &out), 0);
    world.der_size = out.size;
    refuses(policy("measurement = \"self\""), "no evidence");
    world.der_size--;
    refuses(policy("measurement = \"self\""), "no evidence");
}

static void refuses_without_collateral(void **state)
{
    (void)state;
    const struct collateral_set all = world.collateral;
    assert_false(judge_at(policy("measurement = \"self\""), time(NULL) + 365 * DAY));
    world.collateral.crl_count = 1;
    assert_false(judge(policy("measurement = \"self\"")));
    world.collateral = all;
    world.collateral.tcb_info = (struct bytes){0};
    assert_false(judge(policy("measurement = \"self\"")));
    world.collateral = (struct collateral_set){0};
    assert_false(judge(policy("measurement = \"self\"")));
    world.collateral = all;
    assert_true(judge(policy("measurement = \"self\"")));
}

static void a_keep_without_evidence_has_no_self(void **state)
{
    (void)state;
    const struct claims none = {0};
    struct peer_policy p;
    const struct bytes self = bytes_of_text("measurement = \"self\"");
    assert_int_equal(peer_policy_init(&p, self, &none, &world.collateral), -ENOTSUP);
    const struct bytes snp = bytes_of_text("tees = [\"snp\"]\nmeasurement = \"self\"");
    assert_int_equal(peer_policy_init(&p, snp, &world.own, &world.collateral), -ENOTSUP);
    assert_int_equal(peer_policy_init(&p, bytes_of_text("colour = 1"), &none, &world.collateral),
                     -EBADMSG);
}

/* ---- the blob ---- */

static void blobs(void **state)
{
    (void)state;
    struct collateral_set set;
    uint8_t bytes[64];
    struct put p = put_init(bytes, sizeof(bytes));
    collateral_blob_put(&p, 2);
    collateral_piece_put(&p, "unknown", bytes_of_text("x"));
    collateral_piece_put(&p, "crl.der", bytes_of_text("y"));
    const struct bytes good = put_done(&p);
    assert_int_equal(collateral_blob_parse(good, &set), 0);
    assert_int_equal(set.crl_count, 1);
    assert_int_equal(set.cert_count, 0);
    for (size_t size = 0; size < good.size; size++)
        assert_int_equal(collateral_blob_parse((struct bytes){bytes, size}, &set), -EBADMSG);
    bytes[0]++; /* one more than there is */
    assert_int_equal(collateral_blob_parse(good, &set), -EBADMSG);
    assert_int_equal(collateral_blob_parse(bytes_of_text("\x8c"), &set), -EBADMSG);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_who_passes),
        TEST(refuses_others),
        TEST(refuses_when_nothing_is_named),
        TEST(refuses_other_purposes),
        TEST(refuses_evidence_of_another_key),
        TEST(refuses_the_originals_form),
        TEST(refuses_without_evidence),
        TEST(refuses_without_collateral),
        TEST(a_keep_without_evidence_has_no_self),
        cmocka_unit_test(blobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
