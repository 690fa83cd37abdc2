/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors say what is true, whatever the policy accepts. Values are those of [AR4SI 2.3.4];
 * evidence is real, from tests/data/evidence, or made under a root that is not pinned. */
/* links: tests/attest/forge.c tests/attest/issuer.c tests/attest/set.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "tests/attest/forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct attest_result result;

struct vector {
    int instance_identity, configuration, executables, hardware, runtime_opaque;
};

static void vector_is(const struct attest_result *r, struct vector v)
{
    assert_int_equal(r->ar4si.instance_identity, v.instance_identity);
    assert_int_equal(r->ar4si.configuration, v.configuration);
    assert_int_equal(r->ar4si.executables, v.executables);
    assert_int_equal(r->ar4si.hardware, v.hardware);
    assert_int_equal(r->ar4si.runtime_opaque, v.runtime_opaque);
    assert_int_equal(r->ar4si.file_system, 0);
    assert_int_equal(r->ar4si.storage_opaque, 0);
    assert_int_equal(r->ar4si.sourced_data, 0);
}

/* Real evidence, under a policy that tolerates all of it. */
static const struct attest_result *accept_real(const char *name)
{
    struct set set;
    struct set_input input;
    assert_true(set_load(&set, name));
    struct policy policy = set_policy(&set);
    set_input_init(&input, &set, &policy);
    assert_int_equal(attest_verify(&input.in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_false(result.simulated);
    set_policy_free(&policy);
    set_free(&set);
    return &result;
}

static void hardware_that_is_up_to_date_is_affirmed(void **state)
{
    (void)state;
    vector_is(accept_real("tdx/dcap-qvl/quote-v4-uptodate"), (struct vector){2, 2, 0, 2, 2});
}

/* Accepted since the policy says so, and no better for it. */
static void what_is_tolerated_is_told(void **state)
{
    (void)state;
    vector_is(accept_real("sgx/azure-samples/intel-sdk-release"), (struct vector){2, 2, 0, 32, 2});
    vector_is(accept_real("tdx/trustee+attestation-rs/quote-v4-outofdate-2026"),
              (struct vector){2, 2, 0, 32, 96}); /* under debug, too */
    vector_is(accept_real("sgx/azure-samples/intel-sdk-debug"), (struct vector){2, 2, 0, 32, 96});
    vector_is(accept_real("snp/enarx-steward/milan-v2-idblock"), (struct vector){2, 2, 0, 32, 2});
    vector_is(accept_real("snp/go-sev-guest/milan-v2"), (struct vector){0, 2, 0, 32, 96});
}

/* ---- simulations ---- */

static void prepare_named(struct forge *f, struct bytes *measurement)
{
    *measurement = (struct bytes){f->head + f->body + 136, 48};
    f->policy.tdx.mrtds = (struct bytes_list){measurement, 1};
}

static void a_simulation_is_never_affirmed(void **state)
{
    (void)state;
    struct bytes mrtd;
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    prepare_named(f, &mrtd);
    forge_seal(f);
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_int_equal(result.signature, SIGNATURE_VALID);
    assert_int_equal(result.tcb_status, TCB_UP_TO_DATE);
    assert_int_equal(result.identity, IDENTITY_NAMED);
    assert_true(result.simulated);
    vector_is(&result, (struct vector){96, 0, 0, 97, 96});
    forge_close(f);
}

/* What it says against itself is told all the same. */
static void a_simulation_that_fails_is_no_better(void **state)
{
    (void)state;
    static const uint8_t zero[64];
    static const struct bytes other_measurement = {zero, 48}, other_owner = {zero + 8, 48};
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    f->policy.tdx.mrtds = (struct bytes_list){&other_measurement, 1};
    f->head[f->body + 232] ^= 1; /* MROWNER */
    f->policy.tdx.mr_owner = other_owner;
    forge_seal(f);
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, REFUSED);
    vector_is(&result, (struct vector){96, 96, 33, 97, 96});
    forge_close(f);
}

/* A root named for one TEE vouches for no other, also where both are of one maker. */
static void a_root_is_for_its_own_tee(void **state)
{
    (void)state;
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    forge_seal(f);
    f->policy.tdx.tcb.simulated_roots = (struct bytes_list){0};
    f->policy.snp.simulated_roots = f->policy.sgx.tcb.simulated_roots;
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, REFUSED);
    assert_int_equal(result.reason, CHECK_cert_anchor);
    assert_false(result.simulated);
    f->policy.tdx.tcb.simulated_roots = f->policy.sgx.tcb.simulated_roots;
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    forge_close(f);
}

/* A cache that has seen the root vouch for one TEE does not let it for another. */
static void a_cache_keeps_roots_apart(void **state)
{
    (void)state;
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    forge_seal(f);
    f->in.cache = attest_cache_new(0);
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    f->policy.tdx.tcb.simulated_roots = (struct bytes_list){0};
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, REFUSED);
    attest_cache_free(f->in.cache);
    forge_close(f);
}

/* Real evidence with a certificate of a simulation among its endorsements: either may have
 * vouched for what counts, so that nobody may take it for real. */
static void a_mixture_is_simulated(void **state)
{
    (void)state;
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    struct set set;
    struct set_input input;
    struct bytes certs[4], crls[3];
    forge_seal(f);
    assert_true(set_load(&set, f->set.name));
    set_input_init(&input, &set, &f->policy);
    assert_int_equal(attest_verify(&input.in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_false(result.simulated);
    memcpy(certs, input.certificates, sizeof(input.certificates));
    memcpy(crls, input.crls, sizeof(input.crls));
    certs[input.in.certificates.count] = f->cert_list[1]; /* its PCK CA */
    crls[input.in.crls.count] = f->crl_list[0];
    input.in.certificates = (struct bytes_list){certs, input.in.certificates.count + 1};
    input.in.crls = (struct bytes_list){crls, input.in.crls.count + 1};
    assert_int_equal(attest_verify(&input.in, &result), 0);
    assert_true(result.simulated);
    vector_is(&result, (struct vector){96, 0, 0, 97, 96});
    set_free(&set);
    forge_close(f);
}

/* Certificates of a machine and a signer named as roots: nothing leads to them, and no maker
 * is behind them either. */
static void a_root_that_vouches_itself_is_simulated(void **state)
{
    (void)state;
    struct forge *f = forge_open("tdx/go-tdx-guest/quote-v5-uptodate-2026");
    forge_seal(f);
    const struct bytes roots[] = {BLOB_BYTES(&f->certs[2]), BLOB_BYTES(&f->certs[3])};
    f->policy.tdx.tcb.simulated_roots = (struct bytes_list){roots, ARRAY_COUNT(roots)};
    f->policy.crls = false;
    f->in.certificates.count = f->in.crls.count = 0;
    assert_int_equal(attest_verify(&f->in, &result), 0);
    assert_int_equal(result.verdict, ACCEPTED);
    assert_true(result.simulated);
    vector_is(&result, (struct vector){96, 0, 0, 97, 96});
    forge_close(f);
}

/* ---- nothing that proves ---- */

static void what_proves_nothing_is_contraindicated(void **state)
{
    (void)state;
    const struct policy policy = policy_default();
    struct attest_input in = {.policy = &policy};
    result = (struct attest_result){.verdict = UNVERIFIED};
    assert_int_equal(attest_claims(&in, &result), 0);
    vector_is(&result, (struct vector){97, 0, 0, 97, 96});
    in.evidence = bytes_of_text("ENARXKVM");
    assert_int_equal(attest_verify(&in, &result), 0);
    assert_int_equal(result.verdict, REFUSED);
    vector_is(&result, (struct vector){97, 0, 0, 97, 96});
}

static void what_is_not_signed_claims_nothing_else(void **state)
{
    (void)state;
    struct set set;
    struct set_input input;
    assert_true(set_load(&set, "tdx/dcap-qvl/quote-v4-uptodate"));
    const struct policy policy = policy_default();
    set_input_init(&input, &set, &policy);
    input.in.certificates.count = 0;
    input.in.tcb_info.size = 0;
    assert_int_equal(attest_verify(&input.in, &result), 0);
    vector_is(&result, (struct vector){97, 0, 0, 0, 0});
    ((uint8_t *)set.parts[PART_EVIDENCE].data)[100] ^= 1;
    assert_int_equal(attest_verify(&input.in, &result), 0);
    vector_is(&result, (struct vector){99, 0, 0, 0, 0});
    set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hardware_that_is_up_to_date_is_affirmed),
        cmocka_unit_test(what_is_tolerated_is_told),
        cmocka_unit_test(a_simulation_is_never_affirmed),
        cmocka_unit_test(a_simulation_that_fails_is_no_better),
        cmocka_unit_test(a_root_is_for_its_own_tee),
        cmocka_unit_test(a_cache_keeps_roots_apart),
        cmocka_unit_test(a_mixture_is_simulated),
        cmocka_unit_test(a_root_that_vouches_itself_is_simulated),
        cmocka_unit_test(what_proves_nothing_is_contraindicated),
        cmocka_unit_test(what_is_not_signed_claims_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
