/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated quotes; see quoting.h. A real quoting enclave keeps its attestation key
 * sealed; this one makes a new one in each process, since nobody looks for it. */
#include "sim/sgx/quoting.h"

#include "base/put.h"
#include "base/wipe.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "host/fault.h"
#include "sim/sgx/authority.h"
#include "sim/sgx/collateral.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/platform.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define QUOTE_VERSION   3u
#define KEY_TYPE_P256   2u
#define CERT_TYPE_CHAIN 5u
#define CHAIN_MAX       8192u

/* Verifiers look for Intel's: it names the format's makers, and vouches for nothing. */
static const uint8_t vendor_id[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
static const char user_data[20] = "Enarx simulation";
static const char authentication[32] = SIM_NAME; /* as many bytes as Intel's has */

/* What it takes to sign; the PCK's key is gone once it has vouched for `key`. */
static struct {
    EVP_PKEY *key; /* null: not open */
    uint8_t point[KEY_POINT_SIZE];
    struct sgx_report_body qe;
    uint8_t qe_signature[KEY_SIGNATURE_SIZE];
    uint8_t chain[CHAIN_MAX];
    size_t chain_size;
} quoting;

static struct bytes bytes_at(const void *data, size_t size)
{
    return (struct bytes){.data = data, .size = size};
}

/* ---- opening ---- */

static int describe_qe(struct sgx_report_body *qe)
{
    const struct bytes parts[] = {bytes_at(quoting.point, sizeof(quoting.point)),
                                  bytes_at(authentication, sizeof(authentication))};
    *qe = (struct sgx_report_body){
        .attributes = {.flags = SIM_QE_ATTRIBUTES, .xfrm = SIM_QE_XFRM},
        .isv_prod_id = SIM_QE_PROD_ID,
        .isv_svn = SIM_QE_SVN,
    };
    memcpy(qe->cpu_svn, model_cpu_svn, sizeof(qe->cpu_svn));
    memcpy(qe->mrenclave, SIM_QE_MRENCLAVE, strlen(SIM_QE_MRENCLAVE));
    memcpy(qe->mrsigner, SIM_QE_MRSIGNER, strlen(SIM_QE_MRSIGNER));
    return sha256_parts(parts, ARRAY_COUNT(parts), qe->report_data);
}

static int prepare(const struct authority *a, EVP_PKEY *key)
{
    struct put chain = put_init(quoting.chain, sizeof(quoting.chain));
    int error = key_point(key, quoting.point);
    if (error == 0)
        error = describe_qe(&quoting.qe);
    if (error == 0)
        error = key_sign(a->keys[SIGNER_PCK], bytes_at(&quoting.qe, sizeof(quoting.qe)),
                         quoting.qe_signature);
    authority_put_chain(a, SIGNER_PCK, &chain);
    quoting.chain_size = chain.size;
    return error < 0 ? error : chain.bad ? -ENOSPC : 0;
}

int quoting_open(struct fault *fault)
{
    struct authority authority;
    EVP_PKEY *key;
    if (quoting.key != NULL)
        return 0;
    int error = authority_open(&authority, fault);
    if (error < 0)
        return error;
    error = key_generate(&key);
    if (error == 0)
        error = prepare(&authority, key);
    authority_close(&authority);
    if (error == 0) {
        quoting.key = key;
        return 0;
    }
    EVP_PKEY_free(key);
    return fault_system(fault, error, "cannot make an attestation key");
}

void quoting_close(void)
{
    EVP_PKEY_free(quoting.key);
    quoting.key = NULL;
}

int quoting_collateral(collateral_put *put, void *context, struct fault *fault)
{
    struct authority authority;
    int error = authority_open(&authority, fault);
    if (error < 0)
        return error;
    error = sim_collateral_make(&authority, (int64_t)time(NULL), put, context);
    authority_close(&authority);
    return error < 0 ? fault_system(fault, error, "cannot make collateral") : 0;
}

/* ---- quotes ---- */

int quoting_target(struct sgx_targetinfo *target)
{
    if (quoting.key == NULL)
        return -ENOSYS;
    *target = (struct sgx_targetinfo){.attributes = quoting.qe.attributes};
    memcpy(target->mrenclave, quoting.qe.mrenclave, sizeof(target->mrenclave));
    return 0;
}

/* Made by this processor, for us. */
static int check_mac(const struct sgx_report *report)
{
    struct sgx_targetinfo target;
    uint8_t key[MODEL_KEY_SIZE], mac[sizeof(report->mac)];
    int error = quoting_target(&target);
    if (error < 0)
        return error;
    model_report_key(&target, report->key_id, key);
    model_report_mac(key, &report->body, mac);
    if (!equal_ct(mac, report->mac, sizeof(mac)))
        error = -EACCES;
    wipe(key, sizeof(key));
    wipe(mac, sizeof(mac));
    return error;
}

static void put_signed_part(struct put *p, const struct sgx_report *report)
{
    put_le16(p, QUOTE_VERSION);
    put_le16(p, KEY_TYPE_P256);
    put_le32(p, 0); /* TEE type: SGX */
    put_le16(p, SIM_QE_SVN);
    put_le16(p, SIM_PCE_SVN);
    put_bytes(p, bytes_at(vendor_id, sizeof(vendor_id)));
    put_bytes(p, bytes_at(user_data, sizeof(user_data)));
    put_bytes(p, bytes_at(&report->body, sizeof(report->body)));
}

static void put_signature(struct put *p, const uint8_t signature[static KEY_SIGNATURE_SIZE])
{
    put_bytes(p, bytes_at(signature, KEY_SIGNATURE_SIZE));
    put_bytes(p, bytes_at(quoting.point, sizeof(quoting.point)));
    put_bytes(p, bytes_at(&quoting.qe, sizeof(quoting.qe)));
    put_bytes(p, bytes_at(quoting.qe_signature, sizeof(quoting.qe_signature)));
    put_le16(p, sizeof(authentication));
    put_bytes(p, bytes_at(authentication, sizeof(authentication)));
    put_le16(p, CERT_TYPE_CHAIN);
    put_le32(p, (uint32_t)quoting.chain_size);
    put_bytes(p, bytes_at(quoting.chain, quoting.chain_size));
}

int quoting_sign(const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct put p = put_init(quote, *size), counter = put_counter();
    int error = check_mac(report);
    if (error < 0)
        return error;
    put_signed_part(&p, report);
    if (p.bad)
        return -ENOSPC;
    error = key_sign(quoting.key, put_done(&p), signature);
    if (error < 0)
        return error;
    put_signature(&counter, signature);
    put_le32(&p, (uint32_t)counter.size);
    put_signature(&p, signature);
    if (p.bad)
        return -ENOSPC;
    *size = p.size;
    return 0;
}
