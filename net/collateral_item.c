/* SPDX-License-Identifier: Apache-2.0 */
/* Names of collateral; see collateral_item.h. */
#include "net/collateral_item.h"

#include "attest/snp_report.h"
#include "base/hex.h"

#include <stdarg.h>
#include <stdio.h>

#define ROOT_URL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

format_like(2, 3) static void set_name(struct collateral_item *item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(item->name, sizeof(item->name), format, args);
    va_end(args);
}

format_like(2, 3) static void set_url(struct collateral_item *item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(item->url, sizeof(item->url), format, args);
    va_end(args);
}

/* ---- AMD ---- */

#define TURIN_ID_SIZE 8u /* bytes of a chip id on Turin; 64 before [KDS 3.1] */

struct collateral_item item_vcek(const char *kds, enum product product, const struct snp_claims *c)
{
    const struct snp_tcb t = snp_tcb_decode(c->reported_tcb, product);
    const bool turin = product == PRODUCT_TURIN;
    char id[2 * sizeof(c->chip_id) + 1], fmc[24] = "";
    hex_put((struct bytes){c->chip_id, turin ? TURIN_ID_SIZE : sizeof(c->chip_id)}, id);
    if (turin)
        snprintf(fmc, sizeof(fmc), "fmcSPL=%u&", t.fmc);
    struct collateral_item item = {.constant = true};
    set_name(&item, "vcek-%s-%s-%u.%u.%u.%u.%u", product_text(product), id, t.fmc, t.bootloader,
             t.tee, t.snp, t.microcode);
    set_url(&item, "%s/vcek/v1/%s/%s?%sblSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u", kds,
            product_text(product), id, fmc, t.bootloader, t.tee, t.snp, t.microcode);
    return item;
}

struct collateral_item item_amd_chain(const char *kds, const char *key, enum product product)
{
    const char *line = product_text(product);
    struct collateral_item item = {.constant = true};
    set_name(&item, "%s-%s-cert_chain", key, line);
    set_url(&item, "%s/%s/v1/%s/cert_chain", kds, key, line);
    return item;
}

struct collateral_item item_amd_crl(const char *kds, const char *key, enum product product)
{
    const char *line = product_text(product);
    struct collateral_item item = {.constant = false};
    set_name(&item, "%s-%s-crl", key, line);
    set_url(&item, "%s/%s/v1/%s/crl", kds, key, line);
    return item;
}

/* ---- Intel ---- */

struct collateral_item item_tcb_info(const char *pcs, enum kind kind, const uint8_t fmspc[static 6])
{
    const char *tee = kind_text(kind);
    char hex[2 * 6 + 1];
    hex_put((struct bytes){fmspc, 6}, hex);
    struct collateral_item item = {.constant = false};
    set_name(&item, "%s-%s-tcb_info", tee, hex);
    set_url(&item, "%s/%s/certification/v4/tcb?fmspc=%s", pcs, tee, hex);
    return item;
}

struct collateral_item item_qe_identity(const char *pcs, enum kind kind)
{
    const char *tee = kind_text(kind);
    struct collateral_item item = {.constant = false};
    set_name(&item, "%s-qe_identity", tee);
    set_url(&item, "%s/%s/certification/v4/qe/identity", pcs, tee);
    return item;
}

struct collateral_item item_pck_crl(const char *pcs, const char *ca)
{
    struct collateral_item item = {.constant = false};
    set_name(&item, "intel-%s-pck_crl", ca);
    set_url(&item, "%s/sgx/certification/v4/pckcrl?ca=%s&encoding=der", pcs, ca);
    return item;
}

struct collateral_item item_root_crl(const char *pccs)
{
    struct collateral_item item = {.constant = false};
    set_name(&item, "intel-root_ca_crl");
    if (pccs == NULL)
        set_url(&item, "%s", ROOT_URL);
    else
        set_url(&item, "%s/sgx/certification/v4/rootcacrl", pccs);
    return item;
}
