/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx attest fetch`: what AMD's KDS or Intel's PCS says of the machine behind evidence,
 * into the files that `verify --collateral` reads. Trusts nobody: verifying comes later. */
#define _GNU_SOURCE
#include "host/cli/attest_fetch.h"
#include "attest/snp_report.h"
#include "base/hex.h"
#include "crypto/pem.h"
#include "host/cli/attest_source.h"
#include "host/cli/cli.h"
#include "host/cli/message.h"
#include "net/collateral.h"
#include "net/collateral_item.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KDS_URL "https://kdsintf.amd.com"
#define PCS_URL "https://api.trustedservices.intel.com"

struct fetch {
    struct collateral_source source;
    struct claims claims;
    const char *kds;
    const char *pcs;
    bool own_pcs; /* not Intel's: a PCCS, which has the root's CRL, too */
    const struct fetch_sink *sink;
};

/* ---- files ---- */

static int put_in_folder(void *context, const char *name, struct bytes content)
{
    return folder_write(context, name, content);
}

struct fetch_sink fetch_to_folder(struct folder *folder)
{
    const char *where = folder->final != NULL ? folder->final : folder->path;
    return (struct fetch_sink){.put = put_in_folder, .context = folder, .where = where};
}

static int put_file(const struct fetch *f, const char *name, struct bytes content)
{
    int error = f->sink->put(f->sink->context, name, content);
    return error < 0 ? fail("cannot write %s/%s: %s", f->sink->where, name, strerror(-error)) : 0;
}

/* Services send a CRL as DER, as PEM or as hexadecimal; the file has DER. */
static int put_crl(const struct fetch *f, const char *name, struct bytes content)
{
    struct bytes crl = content;
    uint8_t *der = malloc(content.size + 1);
    if (der == NULL)
        return fail("out of memory");
    struct cur c = cur_init(content);
    struct put out = put_init(der, content.size);
    if (pem_is(content) && pem_take(&c, "X509 CRL", &out) == 1) {
        crl = put_done(&out);
    } else if (content.size > 0 && content.data[0] != 0x30) {
        char *text = strndup((const char *)content.data, content.size);
        if (text != NULL && hex_parse(text, der, content.size / 2) == 0)
            crl = (struct bytes){der, content.size / 2};
        free(text);
    }
    int status = put_file(f, name, crl);
    free(der);
    return status;
}

typedef int put_content(const struct fetch *f, const char *name, struct bytes content);

/* Gets an item and writes `name`, and `chain` if it came with one. 0 or a status. */
static int get(struct fetch *f, const struct collateral_item *item, put_content *put,
               const char *name, const char *chain)
{
    struct fault fault;
    struct collateral_got got;
    if (collateral_get(&f->source, item, &got, &fault) < 0)
        return fail("%s", fault.text);
    int status = put(f, name, got.body);
    if (status == 0 && chain != NULL && got.issuer_chain.size > 0)
        status = put_file(f, chain, got.issuer_chain);
    collateral_got_fini(&got);
    return status;
}

/* ---- AMD ---- */

static bool all_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != 0)
            return false;
    }
    return true;
}

/* Reports of version 2 do not say the product: the service that knows the chip does. */
static int get_vcek(struct fetch *f, enum product *product)
{
    static const enum product guesses[] = {PRODUCT_MILAN, PRODUCT_GENOA};
    if (all_zero(f->claims.snp.chip_id, sizeof(f->claims.snp.chip_id)))
        return fail("the report hides which chip it is from, so there is no VCEK to ask for; "
                    "take the certificate from the machine's owner");
    if (*product != PRODUCT_UNKNOWN) {
        const struct collateral_item item = item_vcek(f->kds, *product, &f->claims.snp);
        return get(f, &item, put_file, "vcek.der", NULL);
    }
    struct fault fault;
    int error = -ENOENT;
    for (size_t i = 0; i < ARRAY_COUNT(guesses) && error == -ENOENT; i++) {
        const struct collateral_item item = item_vcek(f->kds, guesses[i], &f->claims.snp);
        struct collateral_got got;
        error = collateral_get(&f->source, &item, &got, &fault);
        if (error < 0)
            continue;
        *product = guesses[i];
        int status = put_file(f, "vcek.der", got.body);
        collateral_got_fini(&got);
        return status;
    }
    return fail("%s", fault.text);
}

/* `key` is "vcek" or "vlek". */
static int get_amd_chain(struct fetch *f, const char *key, enum product product)
{
    const struct collateral_item chain = item_amd_chain(f->kds, key, product);
    const struct collateral_item crl = item_amd_crl(f->kds, key, product);
    int status = get(f, &chain, put_file, "cert_chain.pem", NULL);
    return status != 0 ? status : get(f, &crl, put_crl, "crl.der", NULL);
}

static int fetch_snp(struct fetch *f)
{
    enum product product = f->claims.snp.product;
    const bool vlek = f->claims.snp.signing_key == SNP_SIGNER_VLEK;
    int status = vlek ? 0 : get_vcek(f, &product);
    if (status != 0)
        return status;
    if (product == PRODUCT_UNKNOWN)
        return fail("the report does not say which product line it is from");
    status = get_amd_chain(f, vlek ? "vlek" : "vcek", product);
    if (status == 0 && vlek)
        note(message_level(getenv("ENARX_LOG"), false),
             "the report is signed with a VLEK, which AMD gives to the cloud provider alone: put "
             "it into %s/vlek.der",
             f->sink->where);
    return status;
}

/* ---- Intel ---- */

static int get_root_crl(struct fetch *f)
{
    const struct collateral_item item = item_root_crl(f->own_pcs ? f->pcs : NULL);
    return get(f, &item, put_crl, "root_ca_crl.der", NULL);
}

static int get_pck_crl(struct fetch *f, const struct intel_claims *c)
{
    const char *ca = strstr(c->cert.issuer, "Platform") != NULL ? "platform" : "processor";
    const struct collateral_item item = item_pck_crl(f->pcs, ca);
    return get(f, &item, put_crl, "pck_crl.der", "pck_crl_issuer_chain.pem");
}

static int get_tcb(struct fetch *f, const struct intel_claims *c)
{
    const struct collateral_item tcb = item_tcb_info(f->pcs, f->claims.kind, c->fmspc);
    const struct collateral_item identity = item_qe_identity(f->pcs, f->claims.kind);
    int status = get(f, &tcb, put_file, "tcb_info.json", "tcb_signing_chain.pem");
    return status != 0 ? status : get(f, &identity, put_file, "qe_identity.json", NULL);
}

static int fetch_intel(struct fetch *f)
{
    const struct intel_claims *c =
        f->claims.kind == KIND_SGX ? &f->claims.sgx.intel : &f->claims.tdx.intel;
    if (!c->cert.present)
        return fail("the quote carries no PCK certificate (type %u), so its platform is unknown; "
                    "ask for a quote with its certificates (type 5)",
                    c->cert_data_type);
    int status = get_tcb(f, c);
    if (status == 0)
        status = get_pck_crl(f, c);
    return status != 0 ? status : get_root_crl(f);
}

/* ---- the command ---- */

static int fetch(struct fetch *f)
{
    struct fault fault;
    if ((KINDS_SIGNED & 1u << f->claims.kind) == 0)
        return fail("nobody has signed this %s evidence: there is nothing to fetch that would "
                    "make it proof",
                    kind_text(f->claims.kind));
    if (collateral_open(&f->source, &fault) < 0)
        return fail("%s", fault.text);
    int status = f->claims.kind == KIND_SNP ? fetch_snp(f) : fetch_intel(f);
    collateral_close(&f->source);
    return status;
}

static const char *value_or(const struct line *line, enum option_id id, const char *otherwise)
{
    const char *value = line_value(line, id);
    return value == NULL ? otherwise : value;
}

int attest_fetch(const struct line *line, const struct claims *claims,
                 const struct fetch_sink *sink)
{
    const bool refresh = line_has(line, OPTION_REFRESH), offline = line_has(line, OPTION_OFFLINE);
    struct fetch f = {
        .source = {.mode = refresh   ? COLLATERAL_REFRESH
                           : offline ? COLLATERAL_OFFLINE
                                     : COLLATERAL_CACHED,
                   .ca_bundle = line_value(line, OPTION_CA_BUNDLE)},
        .claims = *claims,
        .kds = value_or(line, OPTION_KDS, KDS_URL),
        .pcs = value_or(line, OPTION_PCS, PCS_URL),
        .sink = sink,
    };
    f.own_pcs = strcmp(f.pcs, PCS_URL) != 0;
    return fetch(&f);
}

int attest_fetch_command(const struct line *line)
{
    if (line_has(line, OPTION_REFRESH) && line_has(line, OPTION_OFFLINE))
        return misuse("--refresh and --offline exclude each other; give one of them");
    struct folder output = {.fd = -1};
    struct attest_source source;
    struct claims claims;
    int status = source_read(line->args[0], &source);
    if (status == 0)
        status = source_claims(&source, &claims);
    if (status == 0)
        status = folder_open(value_or(line, OPTION_OUTPUT, "."), &output);
    const struct fetch_sink sink = fetch_to_folder(&output);
    if (status == 0)
        status = attest_fetch(line, &claims, &sink);
    folder_close(&output);
    source_fini(&source);
    return status;
}
