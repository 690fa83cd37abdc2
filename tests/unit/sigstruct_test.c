/* SPDX-License-Identifier: Apache-2.0 */
/* EINIT's checks of a SIGSTRUCT: one that passes, and one refusal for each check. */
/* links: sim/sgx/sigstruct.c tests/model/sign.c crypto/digest.c base/wipe.c */
/* libs: -lcrypto */
#include "sim/sgx/sigstruct.h"

#include "base/attr.h"
#include "tests/model/sign.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct sgx_secs secs = {
    .miscselect = SGX_MISC_EXINFO,
    .attributes = {SGX_ATTR_MODE64BIT, 7},
};
static const uint8_t mrenclave[32] = "the measurement";

static struct sgx_sigstruct good(void)
{
    struct sgx_sigstruct sig;
    sigstruct_make(&secs, mrenclave, &sig);
    sigstruct_sign(&sig);
    return sig;
}

static int check(const struct sgx_sigstruct *sig)
{
    uint8_t mrsigner[32];
    return sigstruct_check(sig, &secs, mrenclave, mrsigner);
}

static void test_accepts(void **state)
{
    (void)state;
    struct sgx_sigstruct sig = good();
    uint8_t mrsigner[32];
    uint8_t expected[32];
    assert_int_equal(sigstruct_check(&sig, &secs, mrenclave, mrsigner), SGX_SUCCESS);
    SHA256(sig.modulus, sizeof(sig.modulus), expected);
    assert_memory_equal(mrsigner, expected, 32);
    sigstruct_make(&secs, mrenclave, &sig);
    sig.vendor = 0x8086;
    sig.swdefined = 5;
    sigstruct_sign(&sig);
    assert_int_equal(check(&sig), SGX_SUCCESS);
}

/* Changed and then signed: by offset. */
static const struct {
    size_t offset;
    int error;
    const char *what;
} signed_changes[] = {
    {0, SGX_INVALID_SIG_STRUCT, "HEADER, first byte"},
    {15, SGX_INVALID_SIG_STRUCT, "HEADER, last byte"},
    {16, SGX_INVALID_SIG_STRUCT, "VENDOR"},
    {24, SGX_INVALID_SIG_STRUCT, "HEADER2, first byte"},
    {39, SGX_INVALID_SIG_STRUCT, "HEADER2, last byte"},
    {44, SGX_INVALID_SIG_STRUCT, "reserved, first byte"},
    {127, SGX_INVALID_SIG_STRUCT, "reserved, last byte"},
    {512, SGX_INVALID_SIG_STRUCT, "EXPONENT"},
    {908, SGX_INVALID_SIG_STRUCT, "reserved after MISCMASK"},
    {912, SGX_INVALID_SIG_STRUCT, "ISVFAMILYID without KSS"},
    {992, SGX_INVALID_SIG_STRUCT, "reserved after ENCLAVEHASH"},
    {1008, SGX_INVALID_SIG_STRUCT, "ISVEXTPRODID without KSS"},
    {1028, SGX_INVALID_SIG_STRUCT, "reserved after ISVSVN"},
    {900, SGX_INVALID_ATTRIBUTE, "MISCSELECT"},
    {928, SGX_INVALID_ATTRIBUTE, "ATTRIBUTES"},
    {936, SGX_INVALID_ATTRIBUTE, "ATTRIBUTES.XFRM"},
    {960, SGX_INVALID_MEASUREMENT, "ENCLAVEHASH, first byte"},
    {991, SGX_INVALID_MEASUREMENT, "ENCLAVEHASH, last byte"},
};

static void test_refuses_what_is_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(signed_changes); i++) {
        struct sgx_sigstruct sig;
        sigstruct_make(&secs, mrenclave, &sig);
        ((uint8_t *)&sig)[signed_changes[i].offset] ^= 0x40;
        sigstruct_sign(&sig);
        int error = check(&sig);
        if (error != signed_changes[i].error)
            fail_msg("%s: %d", signed_changes[i].what, error);
    }
}

/* Changed after it was signed. */
static const struct {
    size_t offset;
    const char *what;
} changes[] = {
    {20, "DATE"},        {40, "SWDEFINED"},  {128, "MODULUS"},  {511, "MODULUS, last"},
    {516, "SIGNATURE"},  {899, "SIGNATURE"}, {904, "MISCMASK"}, {944, "ATTRIBUTEMASK"},
    {1024, "ISVPRODID"}, {1026, "ISVSVN"},   {1040, "Q1"},      {1423, "Q1, last"},
    {1424, "Q2"},        {1807, "Q2, last"},
};

static void test_refuses_what_is_not_signed(void **state)
{
    (void)state;
    const struct sgx_sigstruct sig = good();
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        struct sgx_sigstruct changed = sig;
        ((uint8_t *)&changed)[changes[i].offset] ^= 1;
        int error = check(&changed);
        if (error != SGX_INVALID_SIGNATURE)
            fail_msg("%s: %d", changes[i].what, error);
    }
}

/* A mask says what does not matter. */
static void test_masks(void **state)
{
    (void)state;
    struct sgx_sigstruct sig;
    sigstruct_make(&secs, mrenclave, &sig);
    sig.attributes = (struct sgx_attributes){SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG, 3};
    sig.attribute_mask = (struct sgx_attributes){~(uint64_t)SGX_ATTR_DEBUG, 3};
    sig.miscselect = 0;
    sig.miscmask = 0;
    sigstruct_sign(&sig);
    assert_int_equal(check(&sig), SGX_SUCCESS);
    sig.attribute_mask.flags = ~0ull;
    sigstruct_sign(&sig);
    assert_int_equal(check(&sig), SGX_INVALID_ATTRIBUTE);
}

static void test_zeros(void **state)
{
    (void)state;
    const struct sgx_sigstruct nothing = {0};
    assert_int_equal(check(&nothing), SGX_INVALID_SIG_STRUCT);
    struct sgx_sigstruct sig = good();
    memset(sig.modulus, 0, sizeof(sig.modulus));
    memset(sig.signature, 0, sizeof(sig.signature));
    memset(sig.q1, 0, sizeof(sig.q1));
    memset(sig.q2, 0, sizeof(sig.q2));
    assert_int_equal(check(&sig), SGX_INVALID_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_refuses_what_is_signed),
        cmocka_unit_test(test_refuses_what_is_not_signed),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
