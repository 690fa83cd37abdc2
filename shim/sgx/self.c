/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor says of this enclave, and keys that only it gets. */
#include "base/wipe.h"
#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/sha256.h"
#include "shim/core/string.h"
#include "shim/sgx/leaf.h"
#include "shim/sgx/quote.h"
#include "shim/sgx/sgx.h"

/* Operands of EREPORT and EGETKEY, with the alignments that they ask for. */
static struct {
    struct sgx_targetinfo target aligned_to(512);
    struct sgx_report report aligned_to(512);
    struct sgx_keyrequest request aligned_to(512);
    uint8_t data[64] aligned_to(128);
    uint8_t key[16] aligned_to(16);
} operand;

/* Debug enclaves can be read by the host; without EXINFO a page fault has no
 * address; other features of the state than those that we save would be lost. At
 * another base, which nothing measures, a null pointer would be the host's memory. */
void sgx_check_self(void)
{
    if (!CHECK(self_base, (uint64_t)sgx_image == SGX_KEEP_BASE + SGX_KEEP_IMAGE))
        sgx_stop(SGX_KEEP_STOP_BLOCK);
    memset(&operand, 0, sizeof(operand));
    leaf_report(&operand.target, operand.data, &operand.report);
    const struct sgx_report_body *self = &operand.report.body;
    if (!CHECK(self_debug, !(self->attributes.flags & SGX_ATTR_DEBUG)) ||
        !CHECK(self_miscselect, self->miscselect == SGX_KEEP_MISCSELECT) ||
        !CHECK(self_xfrm, self->attributes.xfrm == SGX_KEEP_XFRM))
        sgx_stop(SGX_KEEP_STOP_CPU);
}

/* The sealing key of this measurement, stretched to 32 bytes. [SDM 38.4 EGETKEY] */
void sgx_seal_key(uint8_t key[static 32])
{
    static const char label[] = "enarx code cache 1";
    const struct sgx_report_body *self = &operand.report.body;
    memset(&operand.request, 0, sizeof(operand.request));
    operand.request.name = SGX_KEY_SEAL;
    operand.request.policy = SGX_KEYPOLICY_MRENCLAVE;
    operand.request.isv_svn = self->isv_svn;
    memcpy(operand.request.cpu_svn, self->cpu_svn, sizeof(self->cpu_svn));
    operand.request.attribute_mask =
        (struct sgx_attributes){.flags = UINT64_MAX, .xfrm = UINT64_MAX};
    operand.request.miscmask = UINT32_MAX;
    const uint32_t result = leaf_key(&operand.request, operand.key);
    if (!CHECK(self_key, result == SGX_SUCCESS))
        sgx_stop(SGX_KEEP_STOP_CPU);
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, label, sizeof(label));
    sha256_add(&h, operand.key, sizeof(operand.key));
    sha256_end(&h, key);
    wipe(&h, sizeof(h));
    wipe(operand.key, sizeof(operand.key));
}

static void report(const struct sgx_targetinfo *target, const uint8_t *data,
                   struct sgx_report *report)
{
    operand.target = *target;
    memcpy(operand.data, data, sizeof(operand.data));
    leaf_report(&operand.target, operand.data, &operand.report);
    *report = operand.report;
}

int64_t sgx_evidence(const uint8_t *data, void *evidence, size_t size)
{
    struct kernel *k = &sgx_kernel;
    uint8_t copy[REPORT_DATA_BYTES];
    if (user_read(k, (uint64_t)data, copy, sizeof(copy)) < 0 ||
        !user_ok(k, (uint64_t)evidence, size, PROT_W))
        return -EFAULT;
    return quote_make(k->block, report, copy, evidence, size);
}
