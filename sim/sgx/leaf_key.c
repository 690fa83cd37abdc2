/* SPDX-License-Identifier: Apache-2.0 */
/* EREPORT and EGETKEY [SDM 38.4]. */
#include "sim/sgx/machine.h"

#include "base/wipe.h"
#include "sim/sgx/keys.h"

#include <errno.h>
#include <string.h>

#define KEYREQUEST_ALIGNMENT 512u
#define KEY_ALIGNMENT        16u
#define TARGET_ALIGNMENT     512u
#define DATA_ALIGNMENT       128u
#define REPORT_ALIGNMENT     512u

static void describe(struct sgx_report_body *body)
{
    const struct sgx_secs *secs = &machine.secs;
    memcpy(body->cpu_svn, model_cpu_svn, sizeof(body->cpu_svn));
    body->miscselect = secs->miscselect;
    memcpy(body->isv_ext_prod_id, machine.isv_ext_prod_id, sizeof(body->isv_ext_prod_id));
    body->attributes = secs->attributes;
    memcpy(body->mrenclave, secs->mrenclave, sizeof(body->mrenclave));
    memcpy(body->mrsigner, secs->mrsigner, sizeof(body->mrsigner));
    memcpy(body->config_id, secs->config_id, sizeof(body->config_id));
    body->isv_prod_id = secs->isv_prod_id;
    body->isv_svn = secs->isv_svn;
    body->config_svn = secs->config_svn;
}

int leaf_report(const struct leaf_registers *r, struct exception *e)
{
    if (!leaf_operand(r->rbx, TARGET_ALIGNMENT, SGX_R, e) ||
        !leaf_operand(r->rcx, DATA_ALIGNMENT, SGX_R, e) ||
        !leaf_operand(r->rdx, REPORT_ALIGNMENT, SGX_W, e))
        return -EFAULT;
    struct sgx_targetinfo target;
    struct sgx_report report = {0};
    uint8_t key[MODEL_KEY_SIZE];
    memory_read(r->rbx, &target, sizeof(target));
    memory_read(r->rcx, report.body.report_data, sizeof(report.body.report_data));
    describe(&report.body);
    memcpy(report.key_id, machine.report_key_id, sizeof(report.key_id));
    model_report_key(&target, report.key_id, key);
    model_report_mac(key, &report.body, report.mac);
    wipe(key, sizeof(key));
    memory_write(r->rdx, &report, sizeof(report));
    return SGX_SUCCESS;
}

int leaf_get_key(const struct leaf_registers *r, struct exception *e)
{
    if (!leaf_operand(r->rbx, KEYREQUEST_ALIGNMENT, SGX_R, e) ||
        !leaf_operand(r->rcx, KEY_ALIGNMENT, SGX_W, e))
        return -EFAULT;
    struct sgx_keyrequest request;
    uint8_t key[MODEL_KEY_SIZE];
    memory_read(r->rbx, &request, sizeof(request));
    int result = model_get_key(&machine.secs, &request, key);
    if (result == -EINVAL)
        return raise_general_protection(e);
    if (result == SGX_SUCCESS)
        memory_write(r->rcx, key, sizeof(key));
    wipe(key, sizeof(key));
    return result;
}
