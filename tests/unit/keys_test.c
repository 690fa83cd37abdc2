/* SPDX-License-Identifier: Apache-2.0 */
/* The model's keys: who gets which, and what each depends on [SDM 38.4 EGETKEY]. */
/* links: sim/sgx/keys.c crypto/cmac.c base/wipe.c base/cur.c host/newfile.c host/user_dir.c */
/* links: host/fault.c tests/unit/scratch.c */
/* libs: -lcrypto */
#include "sim/sgx/keys.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t root[16] = "fuses";
static const struct sgx_secs plain = {
    .miscselect = 1,
    .attributes = {SGX_ATTR_INIT | SGX_ATTR_MODE64BIT, 7},
    .mrenclave = "an enclave",
    .mrsigner = "its signer",
    .isv_prod_id = 4,
    .isv_svn = 3,
};

static int setup(void **state)
{
    model_keys_set(root);
    return scratch_open(state);
}

static void get(const struct sgx_secs *secs, const struct sgx_keyrequest *request, uint8_t key[16])
{
    assert_int_equal(model_get_key(secs, request, key), SGX_SUCCESS);
}

static bool same(const struct sgx_secs *a, const struct sgx_keyrequest *ra,
                 const struct sgx_secs *b, const struct sgx_keyrequest *rb)
{
    uint8_t ka[16];
    uint8_t kb[16];
    get(a, ra, ka);
    get(b, rb, kb);
    return memcmp(ka, kb, 16) == 0;
}

static struct sgx_keyrequest seal_request(uint16_t policy)
{
    struct sgx_keyrequest r = {.name = SGX_KEY_SEAL, .policy = policy, .isv_svn = 2};
    memcpy(r.cpu_svn, model_cpu_svn, 16);
    return r;
}

/* EREPORT's key for a target is what the target's EGETKEY gives. */
static void test_report_key(void **state)
{
    (void)state;
    struct sgx_targetinfo target = {.attributes = plain.attributes, .miscselect = 1};
    struct sgx_keyrequest r = {.name = SGX_KEY_REPORT, .key_id = "id"};
    uint8_t made[16];
    uint8_t got[16];
    memcpy(target.mrenclave, plain.mrenclave, 32);
    model_report_key(&target, r.key_id, made);
    get(&plain, &r, got);
    assert_memory_equal(made, got, 16);
    target.mrenclave[31] ^= 1;
    model_report_key(&target, r.key_id, made);
    assert_memory_not_equal(made, got, 16);
}

static void test_seal_policies(void **state)
{
    (void)state;
    struct sgx_secs other_enclave = plain;
    struct sgx_secs other_signer = plain;
    other_enclave.mrenclave[0] ^= 1;
    other_signer.mrsigner[0] ^= 1;
    const struct sgx_keyrequest enclave = seal_request(SGX_KEYPOLICY_MRENCLAVE);
    const struct sgx_keyrequest signer = seal_request(SGX_KEYPOLICY_MRSIGNER);
    assert_false(same(&plain, &enclave, &other_enclave, &enclave));
    assert_true(same(&plain, &enclave, &other_signer, &enclave));
    assert_true(same(&plain, &signer, &other_enclave, &signer));
    assert_false(same(&plain, &signer, &other_signer, &signer));
    assert_false(same(&plain, &signer, &plain, &enclave));
}

static void test_seal_dependencies(void **state)
{
    (void)state;
    const struct sgx_keyrequest r = seal_request(SGX_KEYPOLICY_MRENCLAVE);
    struct sgx_secs secs = plain;
    secs.attributes.flags |= SGX_ATTR_DEBUG; /* enters without a mask */
    assert_false(same(&plain, &r, &secs, &r));
    secs = plain;
    secs.attributes.xfrm = 3;
    assert_true(same(&plain, &r, &secs, &r));
    struct sgx_keyrequest other = r;
    other.attribute_mask.xfrm = ~0ull;
    assert_false(same(&plain, &other, &secs, &other));
    secs = plain;
    secs.isv_prod_id++;
    assert_false(same(&plain, &r, &secs, &r));
    secs = plain;
    secs.isv_svn++; /* a newer enclave gets the older's key */
    assert_true(same(&plain, &r, &secs, &r));
    other = r;
    other.isv_svn--;
    assert_false(same(&plain, &r, &plain, &other));
    other = r;
    other.cpu_svn[0]--;
    assert_false(same(&plain, &r, &plain, &other));
    other = r;
    other.key_id[31]++;
    assert_false(same(&plain, &r, &plain, &other));
    other = r;
    other.miscmask = 1;
    assert_false(same(&plain, &r, &plain, &other));
}

static void test_refusals(void **state)
{
    (void)state;
    uint8_t key[16];
    struct sgx_keyrequest r = seal_request(SGX_KEYPOLICY_MRENCLAVE);
    r.isv_svn = 4;
    assert_int_equal(model_get_key(&plain, &r, key), SGX_INVALID_ISVSVN);
    r.isv_svn = 3;
    r.cpu_svn[15] = 1;
    assert_int_equal(model_get_key(&plain, &r, key), SGX_INVALID_CPUSVN);
    r = seal_request(0);
    r.name = 5;
    assert_int_equal(model_get_key(&plain, &r, key), SGX_INVALID_KEYNAME);
    static const uint16_t guarded[] = {SGX_KEY_EINITTOKEN, SGX_KEY_PROVISION,
                                       SGX_KEY_PROVISION_SEAL};
    for (size_t i = 0; i < ARRAY_COUNT(guarded); i++) {
        struct sgx_secs privileged = plain;
        privileged.attributes.flags |= SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKENKEY;
        r = seal_request(0);
        r.name = guarded[i];
        assert_int_equal(model_get_key(&plain, &r, key), SGX_INVALID_ATTRIBUTE);
        assert_int_equal(model_get_key(&privileged, &r, key), SGX_SUCCESS);
    }
}

/* #GP [SDM 38.4 EGETKEY] */
static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint8_t bit;
    } wrong[] = {{2, 4}, {2, 0x20}, {3, 0x80}, {6, 1}, {7, 1}, {76, 1}, {78, 1}, {511, 0x80}};
    uint8_t key[16];
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct sgx_keyrequest r = seal_request(SGX_KEYPOLICY_MRENCLAVE);
        ((uint8_t *)&r)[wrong[i].offset] |= wrong[i].bit;
        assert_int_equal(model_get_key(&plain, &r, key), -EINVAL);
    }
}

static void test_other_machine(void **state)
{
    (void)state;
    static const uint8_t other[16] = "other fuses";
    const struct sgx_keyrequest r = seal_request(SGX_KEYPOLICY_MRENCLAVE);
    uint8_t here[16];
    uint8_t there[16];
    get(&plain, &r, here);
    model_keys_set(other);
    get(&plain, &r, there);
    model_keys_set(root);
    assert_memory_not_equal(here, there, 16);
}

/* The secret is made once, and belongs to the user alone. */
static void test_file(void **state)
{
    (void)state;
    char path[256];
    struct stat found;
    uint8_t first[16];
    uint8_t second[16];
    const struct sgx_keyrequest r = seal_request(SGX_KEYPOLICY_MRENCLAVE);
    assert_non_null(getcwd(path, sizeof(path)));
    setenv("XDG_STATE_HOME", path, 1);
    assert_int_equal(model_keys_open(), 0);
    get(&plain, &r, first);
    model_keys_set(root);
    assert_int_equal(model_keys_open(), 0);
    get(&plain, &r, second);
    assert_memory_equal(first, second, 16);
    assert_int_equal(stat("enarx/sim/processor.key", &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(found.st_size, 16);
    chmod("enarx/sim/processor.key", 0644);
    assert_int_equal(model_keys_open(), -EPERM);
    assert_int_equal(unlink("enarx/sim/processor.key"), 0);
    assert_int_equal(symlink("elsewhere", "enarx/sim/processor.key"), 0);
    assert_int_equal(model_keys_open(), -EPERM);
    model_keys_set(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_key),
        cmocka_unit_test(test_seal_policies),
        cmocka_unit_test(test_seal_dependencies),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_other_machine),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, setup, scratch_close);
}
