/* SPDX-License-Identifier: Apache-2.0 */
/* Forged evidence; see proof.h. The report is authenticated with keys that the model's
 * quoting believes, since both are in this process. */
#include "tests/deploy/proof.h"

#include "base/attr.h"
#include "crypto/digest.h"
#include "host/fault.h"
#include "include/sgx_keep.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/quoting.h"

#include <err.h>
#include <string.h>

/* ---- what can be wrong ---- */

static void wrong_nonce(struct proof *p)
{
    p->claims.nonce = (struct bytes){.data = p->other, .size = sizeof(p->other)};
}
static void no_nonce(struct proof *p) { p->claims.nonce.size = 0; }
static void short_nonce(struct proof *p) { p->claims.nonce.size--; }
static void wrong_exporter(struct proof *p) { p->claims.tls_exporter = p->other; }
static void no_exporter(struct proof *p) { p->claims.tls_exporter = NULL; }
static void wrong_key(struct proof *p) { p->claims.key_hash = p->other; }
static void wrong_workload(struct proof *p) { p->claims.workload = p->other; }
static void no_workload(struct proof *p) { p->claims.workload = NULL; }
static void purpose_inspect(struct proof *p) { p->claims.purpose = PURPOSE_INSPECT; }
static void purpose_empty(struct proof *p) { p->claims.purpose = PURPOSE_EMPTY; }
static void purpose_ready(struct proof *p) { p->claims.purpose = PURPOSE_READY; }
static void purpose_longer(struct proof *p) { p->claims.purpose = PURPOSE_EMPTY "-"; }
static void unbound(struct proof *p) { p->unbound = true; }
static void wrong_measurement(struct proof *p) { p->body.mrenclave[31] ^= 1; }
static void no_measurement(struct proof *p) { memset(p->body.mrenclave, 0, 32); }
static void debug(struct proof *p) { p->body.attributes.flags |= SGX_ATTR_DEBUG; }
static void provision(struct proof *p) { p->body.attributes.flags |= SGX_ATTR_PROVISIONKEY; }
static void not_initialised(struct proof *p) { p->body.attributes.flags &= ~SGX_ATTR_INIT; }
static void nothing(struct proof *p) { p->nothing = true; }
static void cut_one(struct proof *p) { p->cut = 1; }
static void cut_half(struct proof *p) { p->cut = 2000; }
static void flip_body(struct proof *p)
{
    p->flip = 48 + 192; /* CONFIGID, of which no policy of ours says anything */
}
static void flip_signature(struct proof *p) { p->flip = 48 + 384 + 4; }

struct proof_fault {
    const char *name;
    void (*spoil)(struct proof *p);
};

static const struct proof_fault faults[] = {
    {"nonce", wrong_nonce},
    {"no-nonce", no_nonce},
    {"short-nonce", short_nonce},
    {"exporter", wrong_exporter},
    {"no-exporter", no_exporter},
    {"key", wrong_key},
    {"workload", wrong_workload},
    {"no-workload", no_workload},
    {"purpose-inspect", purpose_inspect},
    {"purpose-empty", purpose_empty},
    {"purpose-ready", purpose_ready},
    {"purpose-longer", purpose_longer},
    {"unbound", unbound},
    {"measurement", wrong_measurement},
    {"no-measurement", no_measurement},
    {"debug", debug},
    {"provision", provision},
    {"not-initialised", not_initialised},
    {"nothing", nothing},
    {"cut-one", cut_one},
    {"cut-half", cut_half},
    {"flip-body", flip_body},
    {"flip-signature", flip_signature},
};

const struct proof_fault *proof_fault_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(faults); i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    return NULL;
}

/* ---- making ---- */

void proof_open(void)
{
    struct fault fault;
    model_keys_set((const uint8_t[MODEL_KEY_SIZE]){1, 2, 3});
    if (quoting_open(&fault) < 0)
        errx(2, "%s", fault.text);
}

static struct sgx_report_body body_of(const uint8_t mrenclave[static 32])
{
    struct sgx_report_body body = {
        .miscselect = SGX_MISC_EXINFO,
        .attributes = {.flags = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT, .xfrm = SGX_KEEP_XFRM},
        .mrsigner = "a signer",
        .isv_svn = SGX_KEEP_SVN,
    };
    memcpy(body.cpu_svn, model_cpu_svn, sizeof(body.cpu_svn));
    memcpy(body.mrenclave, mrenclave, sizeof(body.mrenclave));
    return body;
}

static void quote(struct proof *p)
{
    const struct bytes claims = {p->claims_buffer, p->unbound ? 0 : p->claims_size};
    struct sgx_report report = {.body = p->body};
    struct sgx_targetinfo target;
    uint8_t key[MODEL_KEY_SIZE];
    if (sha256(claims, report.body.report_data) < 0 || quoting_target(&target) < 0)
        errx(2, "no report");
    model_report_key(&target, report.key_id, key);
    model_report_mac(key, &report.body, report.mac);
    p->quote_size = sizeof(p->quote);
    if (quoting_sign(&report, p->quote, &p->quote_size) < 0)
        errx(2, "no quote");
}

void proof_make(struct proof *p, const struct evidence_claims *claims,
                const uint8_t mrenclave[static 32], const struct proof_fault *fault)
{
    *p = (struct proof){.claims = *claims, .body = body_of(mrenclave), .other = "another"};
    struct put out = put_init(p->claims_buffer, sizeof(p->claims_buffer));
    if (fault != NULL)
        fault->spoil(p);
    evidence_claims_put(&out, &p->claims);
    p->claims_size = put_done(&out).size;
    quote(p);
    p->quote_size = p->nothing ? 0 : p->quote_size - p->cut;
    p->quote[p->flip] ^= p->flip != 0;
}
