/* SPDX-License-Identifier: Apache-2.0 */
/* Machines by their evidence; see machine.h. */
#include "svc/steward/machine.h"

#include "attest/attest.h"
#include "attest/pck.h"
#include "attest/quote.h"
#include "crypto/pem.h"
#include "crypto/x509_parse.h"

#include <string.h>

#define PCK_MAX 4096u /* bytes of a PCK certificate; they have some 1200 */

static bool read_pck(struct bytes der, const EC_KEY *curve, struct machine *out)
{
    struct x509_cert cert = {.v3 = false};
    struct intel_claims claims;
    struct bytes extension;
    char issuer[64];
    const bool ok = x509_parse_cert(der, curve, &cert) == 0 &&
                    x509_extension(&cert, PCK_EXTENSION_OID, &extension) &&
                    pck_parse(extension, &claims) == 0;
    if (ok) {
        memcpy(out->fmspc, claims.fmspc, sizeof(out->fmspc));
        x509_issuer(&cert, issuer, sizeof(issuer));
        out->ca = strstr(issuer, "Platform") != NULL ? "platform" : "processor";
    }
    x509_cert_fini(&cert);
    return ok;
}

/* The first certificate of the chain is the machine's. */
static bool read_quote(struct bytes evidence, const EC_KEY *curve, struct machine *out)
{
    struct quote quote;
    uint8_t der[PCK_MAX];
    if (quote_parse(evidence, &quote) < 0 || quote.cert_type != CERT_DATA_PCK_CHAIN)
        return false;
    struct cur chain = cur_init(quote.certs);
    struct put one = put_init(der, sizeof(der));
    return pem_take(&chain, "CERTIFICATE", &one) == 1 && !one.bad &&
           read_pck(put_done(&one), curve, out);
}

bool machine_of(struct bytes evidence, const EC_KEY *curve, struct machine *out)
{
    *out = (struct machine){.kind = attest_kind(evidence)};
    if (out->kind == KIND_SNP)
        return attest_decode(evidence, &out->claims) == 0;
    return (out->kind == KIND_SGX || out->kind == KIND_TDX) && read_quote(evidence, curve, out);
}
