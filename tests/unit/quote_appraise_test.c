/* SPDX-License-Identifier: Apache-2.0 */
/* links: tests/attest/set.c attest/anchors.c attest/anchors_data.S attest/ar4si.c attest/attest.c attest/kvm_statement.c attest/binding.c attest/cache.c attest/check.c attest/claims.c attest/claims_buffer.c attest/document.c attest/endorsement.c attest/pck.c attest/policy.c attest/qe.c attest/qe_identity.c attest/quote.c attest/quote_appraise.c attest/record.c attest/sgx.c attest/signed_json.c attest/snp.c attest/snp_cert.c attest/snp_fields.c attest/snp_policy.c attest/snp_report.c attest/tcb.c attest/tcb_evaluate.c attest/tcb_info.c attest/tcb_level.c attest/tcb_status.c attest/tdx.c attest/text.c crypto/digest.c crypto/ecdsa.c crypto/pem.c crypto/rsa_pss.c crypto/x509.c crypto/x509_link.c crypto/x509_parse.c base/cbor.c base/base64.c base/cur.c base/der.c base/hex.c base/put.c base/rfc3339.c base/utf8.c base/wipe.c crypto/x509_signature.c */
/* libs: -lcrypto -ljansson */
/* SGX and TDX: real quotes, every field that their expected.json names, and what
 * the default policy makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "attest/record.h"
#include "base/hex.h"
#include "tests/attest/set.h"

/* A set, its expected.json and a policy that tolerates all of its TCB. */
struct subject {
    struct set set;
    json_t *expected;
    struct policy policy;
    struct set_input input;
    struct attest_result result;
};

static struct subject *open_subject(const char *name)
{
    struct subject *s = calloc(1, sizeof(*s));
    char path[256];

    assert_non_null(s);
    assert_true(set_load(&s->set, name));
    snprintf(path, sizeof(path), EVIDENCE_FOLDER "%s/expected.json", name);
    s->expected = json_load_file(path, 0, NULL);
    assert_non_null(s->expected);
    s->policy = set_policy(&s->set);
    set_input_init(&s->input, &s->set, &s->policy);
    return s;
}

static void close_subject(struct subject *s)
{
    set_policy_free(&s->policy);
    set_free(&s->set);
    json_decref(s->expected);
    free(s);
}

static void verify(struct subject *s)
{
    assert_int_equal(attest_verify(&s->input.in, &s->result), 0);
}

/* ---- fields ---- */

static void same_hex(const json_t *from, const char *name, const void *data, size_t size)
{
    char text[2 * 64 + 1];

    hex_put((struct bytes){data, size}, text);
    assert_string_equal(json_string_value(json_object_get(from, name)), text);
}
#define same_array(from, name, array) same_hex((from), (name), (array), sizeof(array))

static void same_uint(const json_t *from, const char *name, uint64_t value)
{
    assert_int_equal(json_integer_value(json_object_get(from, name)), value);
}

static void same_le64(const json_t *from, const char *name, size_t at, uint64_t value)
{
    const char *text = json_string_value(json_object_get(from, name)) + 2 * at;
    uint8_t bytes[8];
    char digits[17] = "";

    memcpy(digits, text, 16);
    assert_int_equal(hex_parse(digits, bytes, sizeof(bytes)), 0);
    struct cur c = cur_init(BYTES(bytes));

    assert_int_equal(cur_le64(&c), value);
}

static void same_time(const json_t *from, const char *name, int64_t seconds)
{
    const json_t *text = json_object_get(from, name);
    struct shown shown = show_time(seconds);

    if (json_is_null(text))
        assert_int_equal(seconds, 0);
    else
        assert_memory_equal(json_string_value(text), shown.text, 19); /* up to the seconds */
}

static void same_shared_fields(const json_t *fields, const struct intel_claims *c)
{
    same_uint(fields, "ct", c->cert_data_type);
    same_uint(fields, "qe_isvsvn", c->qe_isv_svn);
    same_array(fields, "qe_mrsigner", c->qe_mrsigner);
}

static void same_sgx_fields(const json_t *fields, const struct sgx_claims *c)
{
    same_array(fields, "mrenclave", c->mrenclave);
    same_array(fields, "mrsigner", c->mrsigner);
    same_uint(fields, "isvprod", c->isv_prod_id);
    same_uint(fields, "isvsvn", c->isv_svn);
    same_le64(fields, "attr", 0, c->attributes);
    same_le64(fields, "attr", 8, c->xfrm);
    same_array(fields, "cpusvn", c->cpu_svn);
    same_array(fields, "report_data", c->report_data);
    assert_int_equal(json_is_true(json_object_get(fields, "debug")), c->attributes >> 1 & 1);
    same_shared_fields(fields, &c->intel);
}

static void same_tdx_fields(const json_t *fields, const struct tdx_claims *c)
{
    const json_t *rtmr = json_object_get(fields, "rtmr");

    same_array(fields, "teetcb", c->tee_tcb_svn);
    same_array(fields, "mrseam", c->mrseam);
    same_array(fields, "mrsignerseam", c->mrsignerseam);
    same_le64(fields, "seamattr", 0, c->seam_attributes);
    same_le64(fields, "tdattr", 0, c->td_attributes);
    same_le64(fields, "xfam", 0, c->xfam);
    same_array(fields, "mrtd", c->mrtd);
    same_array(fields, "report_data", c->report_data);
    assert_int_equal(json_array_size(rtmr), 4);
    for (size_t i = 0; i < 4; i++) {
        char text[97];

        hex_put(BYTES(c->rtmr[i]), text);
        assert_string_equal(json_string_value(json_array_get(rtmr, i)), text);
    }
    assert_int_equal(json_is_true(json_object_get(fields, "debug")), c->td_attributes & 1);
    if (json_object_get(fields, "bt")) {
        same_uint(fields, "bt", c->body_type);
        same_array(fields, "teetcb2", c->tee_tcb_svn_2);
        same_array(fields, "mrservicetd", c->mr_service_td);
    }
    same_shared_fields(fields, &c->intel);
}

static void same_pck(const json_t *pck, const struct intel_claims *c)
{
    const json_t *components = json_object_get(pck, "sgx_tcb_comp");

    assert_int_equal(c->cert.present, pck != NULL);
    if (!pck)
        return;
    same_array(pck, "fmspc", c->fmspc);
    same_array(pck, "pceid", c->pce_id);
    same_uint(pck, "pcesvn", c->cert_pce_svn);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(json_integer_value(json_array_get(components, i)), c->tcb_comp[i]);
    assert_string_equal(json_string_value(json_object_get(pck, "issuer")), c->cert.issuer);
    same_time(pck, "not_before", c->cert.not_before);
    same_time(pck, "not_after", c->cert.not_after);

    char serial[2 * CERT_SERIAL_SIZE + 1];
    const char *expected = json_string_value(json_object_get(pck, "serial"));

    hex_put(BYTES(c->cert.serial), serial);
    assert_string_equal(expected, serial + strlen(serial) - strlen(expected));
}

/* ---- TCB ---- */

static void same_status(const json_t *from, const char *name, enum tcb_status status)
{
    const char *expected = json_string_value(json_object_get(from, name));

    if (expected)
        assert_string_equal(expected, tcb_status_text(status));
    else
        assert_null(tcb_status_text(status));
}

static void same_tcb(const json_t *tcb, const struct subject *s, const struct intel_claims *c)
{
    const char *const lists[] = {"platform_advisories", "tdx_module_advisories"};
    size_t at = 0;

    same_status(tcb, "platform_tcb_status", c->platform_status);
    same_status(tcb, "tdx_module_status", c->module_status);
    same_status(tcb, "qe_status", c->qe_status);
    same_status(tcb, "converged_status", s->result.tcb_status);
    if (tcb)
        same_time(tcb, "platform_tcb_date", c->platform_tcb_date);
    for (size_t l = 0; l < ARRAY_COUNT(lists); l++) {
        const json_t *list = json_object_get(tcb, lists[l]);

        for (size_t i = 0; i < json_array_size(list); i++) {
            assert_true(at < c->advisory_count);
            assert_string_equal(json_string_value(json_array_get(list, i)), c->advisories[at++]);
        }
    }
    assert_int_equal(at, c->advisory_count); /* all of these QEs are up to date */
}

/* ---- signature and collateral ---- */

static bool is_missing(const struct subject *s, const char *file)
{
    const json_t *list = json_object_get(s->expected, "missing_collateral");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), file) == 0)
            return true;
    return false;
}

static enum signature expected_signature(const struct subject *s)
{
    const json_t *here = json_object_get(s->expected, "checked_here");

    if (json_is_false(json_object_get(here, "quote_signature")))
        return SIGNATURE_INVALID;
    return is_missing(s, "tcb_info.json") ? SIGNATURE_UNCHECKED : SIGNATURE_VALID;
}

static enum collateral expected_collateral(const struct subject *s)
{
    const json_t *window = json_object_get(s->expected, "validity_window");

    if (is_missing(s, "pck_crl.der"))
        return COLLATERAL_MISSING;
    return json_is_true(json_object_get(window, "consistent")) ? COLLATERAL_FRESH
                                                               : COLLATERAL_EXPIRED;
}

static void real_quotes_say_what_is_expected(void **state)
{
    (void)state;
    for (size_t i = 0; set_names[i]; i++) {
        if (memcmp(set_names[i], "snp/", 4) == 0)
            continue;
        struct subject *s = open_subject(set_names[i]);
        const json_t *fields = json_object_get(s->expected, "fields");
        const bool tdx = memcmp(set_names[i], "tdx/", 4) == 0;
        const struct claims *claims = &s->result.claims;
        const struct intel_claims *c = tdx ? &claims->tdx.intel : &claims->sgx.intel;

        print_message("%s\n", set_names[i]);
        verify(s);
        assert_true(claims->decoded);
        assert_int_equal(claims->kind, tdx ? KIND_TDX : KIND_SGX);
        if (tdx)
            same_tdx_fields(fields, &claims->tdx);
        else
            same_sgx_fields(fields, &claims->sgx);
        same_pck(json_object_get(s->expected, "pck"), c);
        same_tcb(json_object_get(s->expected, "tcb"), s, c);
        assert_string_equal(signature_text(s->result.signature),
                            signature_text(expected_signature(s)));
        assert_string_equal(collateral_text(s->result.collateral),
                            collateral_text(expected_collateral(s)));
        close_subject(s);
    }
}

/* By the policy of an empty policy.toml, each with the first reason. */
static void defaults_accept_what_is_up_to_date(void **state)
{
    static const struct {
        const char *set;
        enum check_id reason;
    } rows[] = {
        {"tdx/go-tdx-guest/quote-v5-uptodate-2026", CHECK_NONE},
        {"tdx/dcap-qvl/quote-v4-uptodate", CHECK_NONE},
        {"tdx/oasis-core/quote-v4-uptodate-2024", CHECK_crl_present},
        {"tdx/trustee+attestation-rs/quote-v4-outofdate-2026", CHECK_tcb_status},
        {"tdx/trustee+attestation-rs/quote-v5-2026", CHECK_tcb_level},
        {"tdx/go-tdx-guest/quote-v4-no-matching-level-2023", CHECK_tcb_level},
        {"sgx/dcap-qvl/quote-v3-cfg-and-swhardening", CHECK_tcb_status},
        {"sgx/mobilecoin/quote-v3-swhardening-2023", CHECK_crl_validity},
        {"sgx/azure-samples/intel-sdk-release", CHECK_tcb_status},
        {"sgx/oasis-core/quote-v3-certtype3-no-chain", CHECK_quote_cert_data},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct subject *s = open_subject(rows[i].set);
        const struct policy policy = policy_default();

        s->input.in.policy = &policy;
        verify(s);
        assert_string_equal(check_info(s->result.reason)->name, check_info(rows[i].reason)->name);
        assert_int_equal(s->result.verdict, rows[i].reason == CHECK_NONE ? ACCEPTED : REFUSED);
        close_subject(s);
    }
}

/* As the files are: padded, or with other bytes behind the quote. */
static void bytes_behind_a_quote_are_refused(void **state)
{
    static const char *const sets[] = {"tdx/oasis-core/quote-v4-trailing-bytes",
                                       "tdx/dcap-qvl/quote-v4-uptodate",
                                       "tdx/go-tdx-guest/quote-v4-no-matching-level-2023"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++) {
        struct subject *s = open_subject(sets[i]);
        const json_t *size = json_object_get(s->expected, "file_length");

        s->input.in.evidence.size = (size_t)json_integer_value(size);
        verify(s);
        assert_int_equal(s->result.verdict, REFUSED);
        assert_int_equal(s->result.reason, CHECK_quote_trailing);
        assert_true(s->result.claims.decoded); /* and all else is decided */
        assert_int_equal(s->result.signature, expected_signature(s));
        close_subject(s);
    }
}

static void what_is_cached_changes_nothing(void **state)
{
    struct subject *s = open_subject("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    struct attest_cache *cache = attest_cache_new(4);
    struct attest_result first;

    (void)state;
    s->input.in.cache = cache;
    verify(s);
    first = s->result;
    verify(s);
    assert_int_equal(first.verdict, ACCEPTED);
    assert_int_equal(s->result.verdict, ACCEPTED);
    assert_int_equal(s->result.check_count, first.check_count);
    assert_memory_equal(&s->result.claims, &first.claims, sizeof(first.claims));
    s->input.in.time += 31 * 86400; /* the collateral is good for a month */
    verify(s);
    assert_int_equal(s->result.verdict, REFUSED);
    assert_int_equal(s->result.collateral, COLLATERAL_EXPIRED);
    attest_cache_free(cache);
    close_subject(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_accept_what_is_up_to_date),
        cmocka_unit_test(bytes_behind_a_quote_are_refused),
        cmocka_unit_test(what_is_cached_changes_nothing),
        cmocka_unit_test(real_quotes_say_what_is_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
