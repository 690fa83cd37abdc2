/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor knows of one page of an enclave, and what its leaves make of
 * it [SDM 35.19: EPCM; 38.3, 38.4]. No addresses and no memory here. */
#ifndef SIM_SGX_EPCM_H
#define SIM_SGX_EPCM_H

#include "base/attr.h"
#include "include/sgx_arch.h"

#include <stdbool.h>

/* R, W, X, PENDING, MODIFIED, PR and the page type as in SECINFO.FLAGS, and:
 *
 *     15 14    13..11           10..8   7          6      5   4         3        2..0
 *     -        PTE: X W R       type    ELSEWHERE  VALID  PR  MODIFIED  PENDING  X W R
 *
 * ELSEWHERE: ENCLAVEADDRESS is not where the page is mapped. PTE: what the kernel's
 * page tables permit, apart from the EPCM. */
struct epcm_entry {
    uint16_t bits;
};

#define EPCM_VALID     0x40u
#define EPCM_ELSEWHERE 0x80u
#define EPCM_TYPE_MASK 0x700u
#define EPCM_PTE_SHIFT 11u

/* The functions below return an enum sgx_error where one goes to EAX, -EINVAL for
 * #GP(0), -EFAULT for #PF at the page. On anything but SGX_SUCCESS the page is as
 * it was. */

/* ---- the kernel's side ---- */

must_use int epcm_add(struct epcm_entry *page, const struct sgx_secinfo *secinfo);
must_use int epcm_augment(struct epcm_entry *page);
must_use int epcm_restrict(struct epcm_entry *page, const struct sgx_secinfo *secinfo);
must_use int epcm_modify_type(struct epcm_entry *page, const struct sgx_secinfo *secinfo);
void epcm_remove(struct epcm_entry *page);

/* ---- the enclave's side; the page exists ---- */

/* The SECINFO of EACCEPT, EACCEPTCOPY and EMODPE has its reserved bits zero. */
bool epcm_secinfo_is_valid(const struct sgx_secinfo *secinfo);

must_use int epcm_accept(struct epcm_entry *page, const struct sgx_secinfo *secinfo);
/* EACCEPTCOPY: the target, then the SECINFO alone. */
must_use int epcm_accept_copy(struct epcm_entry *page, const struct sgx_secinfo *secinfo);
must_use int epcm_copy_check(const struct sgx_secinfo *secinfo);
must_use int epcm_extend(struct epcm_entry *page, const struct sgx_secinfo *secinfo);

/* ---- questions ---- */

static inline bool epcm_exists(struct epcm_entry page) { return (page.bits & EPCM_VALID) != 0; }
static inline unsigned epcm_type(struct epcm_entry page) { return page.bits >> 8 & 7; }

/* What the EPCM lets the enclave do with it: SGX_R, SGX_W, SGX_X. */
unsigned epcm_permissions(struct epcm_entry page);

/* What the page tables do. */
static inline unsigned epcm_pte(struct epcm_entry page)
{
    return page.bits >> EPCM_PTE_SHIFT & SGX_PERMISSION;
}

#endif
