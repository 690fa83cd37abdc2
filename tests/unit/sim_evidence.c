/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of the software model; see sim_evidence.h. */
#include "tests/unit/sim_evidence.h"

#include "crypto/digest.h"
#include "host/fault.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/quoting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PART_MAX 8u

static struct {
    struct bytes certs[PART_MAX], crls[PART_MAX], tcb_info, qe_identity, root;
    size_t cert_count, crl_count;
    struct bytes owned[2 * PART_MAX];
    size_t owned_count;
    uint8_t mrenclave[32];
    struct bytes mrenclave_bytes;
    uint8_t claims[EVIDENCE_CLAIMS_MAX];
    uint8_t quote[16384];
} sim;

static int put(void *context, const char *name, struct bytes content)
{
    (void)context;
    uint8_t *data = malloc(content.size);
    assert_non_null(data);
    memcpy(data, content.data, content.size);
    const struct bytes copy = {data, content.size};
    sim.owned[sim.owned_count++] = copy;
    if (strcmp(name, "root.pem") == 0)
        sim.root = copy;
    else if (strcmp(name, "tcb_info.json") == 0)
        sim.tcb_info = copy;
    else if (strcmp(name, "qe_identity.json") == 0)
        sim.qe_identity = copy;
    else if (strstr(name, "crl.der") != NULL)
        sim.crls[sim.crl_count++] = copy;
    else
        sim.certs[sim.cert_count++] = copy;
    return 0;
}

void sim_evidence_open(void)
{
    struct fault fault;
    memset(&sim, 0, sizeof(sim));
    memset(sim.mrenclave, SIM_MRENCLAVE_BYTE, sizeof(sim.mrenclave));
    sim.mrenclave_bytes = (struct bytes){sim.mrenclave, sizeof(sim.mrenclave)};
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    assert_int_equal(quoting_open(&fault), 0);
    assert_int_equal(quoting_collateral(put, NULL, &fault), 0);
}

void sim_evidence_close(void)
{
    quoting_close();
    for (size_t i = 0; i < sim.owned_count; i++)
        free((void *)sim.owned[i].data);
    sim.owned_count = 0;
}

struct attest_input sim_evidence_endorsements(void)
{
    return (struct attest_input){
        .certificates = {sim.certs, sim.cert_count},
        .crls = {sim.crls, sim.crl_count},
        .tcb_info = sim.tcb_info,
        .qe_identity = sim.qe_identity,
    };
}

struct policy sim_evidence_policy(void)
{
    struct policy policy = policy_default();
    policy.sgx.tcb.simulated_roots = (struct bytes_list){&sim.root, 1};
    policy.sgx.mrenclaves = (struct bytes_list){&sim.mrenclave_bytes, 1};
    return policy;
}

int64_t sim_evidence_quote(const uint8_t report_data[64], void *quote, size_t size)
{
    uint8_t mac_key[MODEL_KEY_SIZE];
    struct sgx_targetinfo target;
    struct sgx_report report = {
        .body = {.attributes = {.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT, .xfrm = 7},
                 .isv_svn = 1},
        .key_id = {0xaa},
    };
    memcpy(report.body.mrenclave, sim.mrenclave, sizeof(sim.mrenclave));
    memcpy(report.body.report_data, report_data, 64);
    assert_int_equal(quoting_target(&target), 0);
    model_report_key(&target, report.key_id, mac_key);
    model_report_mac(mac_key, &report.body, report.mac);
    assert_int_equal(quoting_sign(&report, quote, &size), 0);
    return (int64_t)size;
}

struct sim_evidence sim_evidence_make(const struct evidence_claims *claims, struct bytes key)
{
    uint8_t hash[EVIDENCE_DIGEST_SIZE], report_data[64] = {0};
    struct evidence_claims own = *claims;
    struct put out = put_init(sim.claims, sizeof(sim.claims));
    assert_int_equal(sha256(key, hash), 0);
    own.key_hash = hash;
    evidence_claims_put(&out, &own);
    assert_int_equal(sha256(put_done(&out), report_data), 0);
    const int64_t size = sim_evidence_quote(report_data, sim.quote, sizeof(sim.quote));
    return (struct sim_evidence){put_done(&out), {sim.quote, (size_t)size}};
}
