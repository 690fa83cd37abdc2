/* SPDX-License-Identifier: Apache-2.0 */
/* What each piece of collateral is called: by its service, and in the cache, whose name says
 * everything that tells it from another of its kind. Trusts nothing. */
#ifndef NET_COLLATERAL_ITEM_H
#define NET_COLLATERAL_ITEM_H

#include "attest/claims.h"
#include "net/collateral.h"

/* The certificate of a chip at the versions that its report names [KDS 3.1, 4.1]. */
struct collateral_item item_vcek(const char *kds, enum product product,
                                 const struct snp_claims *claims);

/* `key` is "vcek" or "vlek". */
struct collateral_item item_amd_chain(const char *kds, const char *key, enum product product);
struct collateral_item item_amd_crl(const char *kds, const char *key, enum product product);

/* Of KIND_SGX or KIND_TDX [PCS]. */
struct collateral_item item_tcb_info(const char *pcs, enum kind kind,
                                     const uint8_t fmspc[static 6]);
struct collateral_item item_qe_identity(const char *pcs, enum kind kind);

/* `ca` is "platform" or "processor". */
struct collateral_item item_pck_crl(const char *pcs, const char *ca);

/* From a PCCS; null: from Intel, whose service of the other pieces does not have it. */
struct collateral_item item_root_crl(const char *pccs);

#endif
