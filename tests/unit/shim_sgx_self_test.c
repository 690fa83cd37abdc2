/* SPDX-License-Identifier: Apache-2.0 */
/* What an enclave checks of itself, and the key it asks for: the leaves are the
 * test's. [SDM 3D 38.4 EREPORT, EGETKEY] */
/* links: shim/sgx/quote.c shim/core/sha256.c shim/x86/sha256.c shim/x86/sha_ni.S base/wipe.c */
/* libs: -lcrypto */
#define SHIM_SGX_LEAF_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "shim/sgx/sgx.h"

static void leaf_report(const struct sgx_targetinfo *target, const uint8_t *data,
                        struct sgx_report *report);
static uint32_t leaf_key(const struct sgx_keyrequest *request, uint8_t *key);

static uint64_t image = 1u << 20;
#define sgx_image ((const uint8_t *)image)
#include "shim/sgx/self.c"
#undef sgx_image

#include "shim/x86/sha_ni.h"

struct kernel sgx_kernel;
bool sha_ni_there(void) { return false; }

static jmp_buf stopped;
static struct sgx_report_body self;
static struct sgx_keyrequest asked;
static uint32_t key_result;

no_return void sgx_stop(enum sgx_keep_stop why)
{
    assert_int_equal(why, image == SGX_KEEP_IMAGE ? SGX_KEEP_STOP_CPU : SGX_KEEP_STOP_BLOCK);
    longjmp(stopped, 1);
}

static void leaf_report(const struct sgx_targetinfo *target, const uint8_t *data,
                        struct sgx_report *report)
{
    assert_int_equal((uint64_t)target % 512, 0);
    assert_int_equal((uint64_t)data % 128, 0);
    assert_int_equal((uint64_t)report % 512, 0);
    report->body = self;
    memcpy(report->body.report_data, data, 64);
}

static uint32_t leaf_key(const struct sgx_keyrequest *request, uint8_t *key)
{
    assert_int_equal((uint64_t)request % 512, 0);
    assert_int_equal((uint64_t)key % 16, 0);
    asked = *request;
    memset(key, 0x4b, 16);
    return key_result;
}

/* Of exec's memory and the port nothing is used here but that it is refused. */
static bool allowed;
static struct sgx_report reported;
static int64_t port_result;

int user_read(struct kernel *k, uint64_t from, void *to, size_t size)
{
    assert_ptr_equal(k, &sgx_kernel);
    if (allowed)
        memcpy(to, (const void *)from, size);
    return allowed ? 0 : -EFAULT;
}

bool user_ok(struct kernel *k, uint64_t address, uint64_t size, unsigned prot)
{
    (void)k;
    (void)size;
    assert_int_equal(prot, PROT_W);
    return address != 0;
}

int64_t port_carry(struct shared *block, const struct port_call *call)
{
    (void)block;
    assert_int_equal(call->verb, PORT_QUOTE);
    if (call->arg[0] == SGX_KEEP_QUOTE_TARGET && port_result == 0) {
        memset(call->out, 0x11, call->out_size);
        return (int64_t)call->out_size;
    }
    if (call->in != NULL)
        memcpy(&reported, call->in, sizeof(reported));
    return port_result == 0 ? -11 : port_result;
}

static int setup(void **state)
{
    (void)state;
    memset(&self, 0, sizeof(self));
    self.attributes.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT;
    self.attributes.xfrm = 7;
    self.miscselect = 1;
    self.isv_svn = 9;
    memset(self.cpu_svn, 0xc5, 16);
    key_result = SGX_SUCCESS;
    allowed = true;
    return 0;
}

static bool stops(void)
{
    if (setjmp(stopped) != 0)
        return true;
    sgx_check_self();
    return false;
}

static void only_the_enclave_it_was_made_for_starts(void **state)
{
    (void)state;
    assert_false(stops());
    self.attributes.flags |= SGX_ATTR_DEBUG;
    assert_true(stops());
    setup(NULL);
    for (unsigned bit = 0; bit < 32; bit++) {
        self.miscselect ^= 1u << bit;
        assert_true(stops());
        self.miscselect ^= 1u << bit;
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        self.attributes.xfrm ^= 1ull << bit;
        assert_true(stops());
        self.attributes.xfrm ^= 1ull << bit;
    }
    assert_false(stops());
}

/* The processor takes any base that is aligned, and no measurement knows of it. */
static void only_an_enclave_that_holds_address_0_starts(void **state)
{
    (void)state;
    for (unsigned bit = 36; bit < 47; bit++) {
        image = SGX_KEEP_IMAGE | 1ull << bit;
        assert_true(stops());
    }
    image = SGX_KEEP_IMAGE;
    assert_false(stops());
}

static void the_key_is_of_this_measurement_and_processor(void **state)
{
    (void)state;
    static const char label[] = "enarx code cache 1";
    uint8_t key[32];
    uint8_t in[sizeof(label) + 16];
    uint8_t expected[32];
    assert_false(stops());
    sgx_seal_key(key);
    assert_int_equal(asked.name, 4);   /* SEAL_KEY [SDM 35.16.1] */
    assert_int_equal(asked.policy, 1); /* MRENCLAVE alone */
    assert_int_equal(asked.isv_svn, 9);
    assert_memory_equal(asked.cpu_svn, self.cpu_svn, 16);
    assert_true(asked.attribute_mask.flags == UINT64_MAX); /* DEBUG among them */
    assert_true(asked.attribute_mask.xfrm == UINT64_MAX);
    assert_int_equal(asked.miscmask, UINT32_MAX);
    memcpy(in, label, sizeof(label));
    memset(in + sizeof(label), 0x4b, 16);
    SHA256(in, sizeof(in), expected);
    assert_memory_equal(key, expected, 32);
    const uint8_t zero[16] = {0};
    assert_memory_equal(operand.key, zero, 16); /* wiped */
}

static void without_a_key_it_does_not_start(void **state)
{
    (void)state;
    uint8_t key[32];
    const uint32_t results[] = {SGX_INVALID_CPUSVN, SGX_INVALID_ISVSVN, SGX_INVALID_KEYNAME, 1};
    for (volatile size_t i = 0; i < 4; i++) {
        key_result = results[i];
        if (setjmp(stopped) == 0) {
            sgx_seal_key(key);
            fail();
        }
    }
}

static void evidence_is_for_execs_memory(void **state)
{
    (void)state;
    uint8_t data[64] = {1};
    uint8_t out[64];
    port_result = -38;
    assert_int_equal(sgx_evidence(data, out, sizeof(out)), -38);
    port_result = 0; /* a target, and then none who signs */
    assert_int_equal(sgx_evidence(data, out, sizeof(out)), -11);
    assert_memory_equal(reported.body.report_data, data, 64);
    assert_int_equal(reported.body.isv_svn, 9);
    assert_int_equal(sgx_evidence(data, NULL, sizeof(out)), -EFAULT);
    allowed = false;
    assert_int_equal(sgx_evidence(data, out, sizeof(out)), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_the_enclave_it_was_made_for_starts, setup),
        cmocka_unit_test_setup(only_an_enclave_that_holds_address_0_starts, setup),
        cmocka_unit_test_setup(the_key_is_of_this_measurement_and_processor, setup),
        cmocka_unit_test_setup(without_a_key_it_does_not_start, setup),
        cmocka_unit_test_setup(evidence_is_for_execs_memory, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
