/* SPDX-License-Identifier: Apache-2.0 */
/* Statements about virtual machines, as host/kvm makes them: refused under any policy, and
 * good for nothing but to be held against the claims that came along. */
/* links: host/kvm/statement.c attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lssl -lcrypto -ljansson */
#include "attest/attest.h"
#include "attest/claims_buffer.h"
#include "crypto/digest.h"
#include "host/kvm/statement.h"
#include "include/kvm_keep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const uint8_t shim_kvm_digest[32];
const uint8_t shim_kvm_digest[32] = {0xd1, [31] = 0xd2};

static uint8_t statement[sizeof(struct kvm_statement)];
static const struct bytes evidence = {statement, sizeof(statement)};

/* No claims buffer, but its digest is what counts. */
static const uint8_t claims[] = "claims";
static const struct bytes claims_buffer = {claims, sizeof(claims)};

static int64_t ask(const uint8_t *data, size_t size, size_t room)
{
    return kvm_statement_make((struct bytes){data, size}, statement, room);
}

static int prepare(void **state)
{
    (void)state;
    uint8_t data[REPORT_DATA_SIZE] = {0};
    assert_int_equal(sha256(claims_buffer, data), 0);
    assert_int_equal(ask(data, sizeof(data), sizeof(statement)), sizeof(statement));
    return 0;
}

static void the_host_answers_what_is_asked_alone(void **state)
{
    (void)state;
    const uint8_t data[REPORT_DATA_SIZE + 1] = {0};
    assert_int_equal(ask(data, REPORT_DATA_SIZE - 1, sizeof(statement)), -EINVAL);
    assert_int_equal(ask(data, REPORT_DATA_SIZE + 1, sizeof(statement)), -EINVAL);
    assert_int_equal(ask(data, 0, sizeof(statement)), -EINVAL);
    assert_int_equal(ask(data, REPORT_DATA_SIZE, sizeof(statement) - 1), -EMSGSIZE);
}

static void it_is_taken_apart(void **state)
{
    (void)state;
    struct claims c;
    const void *base;
    assert_int_equal(attest_kind(evidence), KIND_KVM);
    assert_string_equal(kind_text(KIND_KVM), "kvm");
    assert_int_equal(attest_decode(evidence, &c), 0);
    assert_memory_equal(c.kvm.measurement, shim_kvm_digest, 32);
    assert_memory_equal(claims_report_data(&c).data, statement + 48, REPORT_DATA_SIZE);
    assert_int_equal(claims_fields(&c, &base).count, 3);
    assert_ptr_equal(base, &c.kvm);
}

static void what_is_malformed_is_none(void **state)
{
    (void)state;
    struct claims c;
    for (size_t size = 8; size < sizeof(statement); size++)
        assert_int_equal(attest_decode((struct bytes){statement, size}, &c), -EBADMSG);
    for (size_t i = 0; i < 16; i++) {
        statement[i] ^= 0x40;
        assert_int_equal(attest_decode(evidence, &c), -EBADMSG);
        assert_false(c.decoded);
        statement[i] ^= 0x40;
    }
    uint8_t longer[sizeof(statement) + 1] = {0};
    memcpy(longer, statement, sizeof(statement));
    assert_int_equal(attest_decode((struct bytes){longer, sizeof(longer)}, &c), -EBADMSG);
}

/* Not even one that was made to. */
static void no_policy_accepts_it(void **state)
{
    (void)state;
    static struct attest_result r;
    struct policy policy = policy_default();
    const struct attest_input in = {
        .evidence = evidence, .binding = BIND_NONE, .policy = &policy, .time = 1};
    assert_int_equal(policy.kinds & 1u << KIND_KVM, 0);
    policy.kinds = ~0u;
    policy.crls = false;
    assert_int_equal(attest_verify(&in, &r), 0);
    assert_int_equal(r.verdict, REFUSED);
    assert_int_equal(r.reason, CHECK_kvm_signature);
    assert_int_equal(r.signature, SIGNATURE_UNCHECKED);
    assert_int_equal(r.collateral, COLLATERAL_MISSING);
    assert_int_equal(r.identity, IDENTITY_ANY);
    assert_int_equal(r.ar4si.instance_identity, 97);
    assert_int_equal(r.note_count, 0);
    statement[12] = 1;
    assert_int_equal(attest_verify(&in, &r), 0);
    assert_int_equal(r.reason, CHECK_kvm_format);
    assert_int_equal(r.verdict, REFUSED);
}

static const struct check *find(const struct attest_result *r, enum check_id id)
{
    for (size_t i = 0; i < r->check_count; i++) {
        if (r->checks[i].id == id)
            return &r->checks[i];
    }
    return NULL;
}

static void it_binds_the_claims(void **state)
{
    (void)state;
    static struct attest_result r;
    const struct policy policy = policy_default();
    struct attest_input in = {.evidence = evidence,
                              .binding = BIND_CLAIMS,
                              .claims_buffer = claims_buffer,
                              .policy = &policy};
    r = (struct attest_result){.verdict = UNVERIFIED};
    assert_int_equal(attest_claims(&in, &r), 0);
    assert_int_equal(find(&r, CHECK_binding)->outcome, OUTCOME_PASSED);
    assert_int_equal(r.verdict, UNVERIFIED);
    in.claims_buffer.size--;
    r = (struct attest_result){.verdict = UNVERIFIED};
    assert_int_equal(attest_claims(&in, &r), 0);
    assert_int_equal(r.reason, CHECK_binding);
    assert_int_equal(r.verdict, UNVERIFIED);
}

/* Where nobody vouches for anything, no other evidence may stand. */
static void nothing_else_passes_for_one(void **state)
{
    (void)state;
    static struct attest_result r;
    const struct policy policy = policy_default();
    const struct attest_input in = {.evidence = {claims, sizeof(claims)},
                                    .binding = BIND_CLAIMS,
                                    .claims_buffer = claims_buffer,
                                    .policy = &policy};
    r = (struct attest_result){.verdict = UNVERIFIED};
    assert_int_equal(attest_claims(&in, &r), 0);
    assert_int_equal(r.reason, CHECK_kvm_format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_host_answers_what_is_asked_alone, prepare),
        cmocka_unit_test_setup(it_is_taken_apart, prepare),
        cmocka_unit_test_setup(what_is_malformed_is_none, prepare),
        cmocka_unit_test_setup(no_policy_accepts_it, prepare),
        cmocka_unit_test_setup(it_binds_the_claims, prepare),
        cmocka_unit_test_setup(nothing_else_passes_for_one, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
