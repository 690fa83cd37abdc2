/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions of a page of an enclave; see epcm.h. */
#include "sim/sgx/epcm.h"

#include <errno.h>

#define SECINFO_FLAGS 0xff3fu /* page type and the six flags [SDM 35.11.1] */

static unsigned secinfo_type(const struct sgx_secinfo *s) { return s->flags >> 8 & 0xff; }

static bool is_writable_only(const struct sgx_secinfo *s)
{
    return (s->flags & (SGX_R | SGX_W)) == SGX_W;
}

bool epcm_secinfo_is_valid(const struct sgx_secinfo *secinfo)
{
    uint64_t reserved = secinfo->flags & ~(uint64_t)SECINFO_FLAGS;
    for (size_t i = 0; i < ARRAY_COUNT(secinfo->reserved); i++)
        reserved |= secinfo->reserved[i];
    return reserved == 0;
}

unsigned epcm_permissions(struct epcm_entry page)
{
    const uint16_t state =
        EPCM_VALID | EPCM_ELSEWHERE | SGX_PENDING | SGX_MODIFIED | EPCM_TYPE_MASK;
    if ((page.bits & state) != (EPCM_VALID | SGX_TYPE(SGX_PT_REG)))
        return 0;
    return page.bits & SGX_PERMISSION;
}

/* [SDM 38.3 EADD] A TCS has no permissions, and what SECINFO says of them is not
 * measured either: the caller takes them from there. */
int epcm_add(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    if (!epcm_secinfo_is_valid(secinfo) ||
        (secinfo->flags & (SGX_PENDING | SGX_MODIFIED | SGX_PR)) != 0)
        return -EINVAL;
    if (secinfo_type(secinfo) != SGX_PT_REG && secinfo_type(secinfo) != SGX_PT_TCS)
        return -EINVAL;
    if (epcm_exists(*page))
        return -EFAULT;
    unsigned permissions = secinfo->flags & SGX_PERMISSION;
    if (secinfo_type(secinfo) == SGX_PT_TCS)
        permissions = 0;
    else if (is_writable_only(secinfo))
        return -EINVAL;
    page->bits = (uint16_t)(permissions << EPCM_PTE_SHIFT | permissions | EPCM_VALID |
                            SGX_TYPE(secinfo_type(secinfo)));
    return SGX_SUCCESS;
}

/* [SDM 38.3 EAUG] The kernel maps such a page for everything. */
int epcm_augment(struct epcm_entry *page)
{
    if (epcm_exists(*page))
        return -EFAULT;
    page->bits = (uint16_t)((unsigned)SGX_PERMISSION << EPCM_PTE_SHIFT | EPCM_VALID |
                            SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_R | SGX_W);
    return SGX_SUCCESS;
}

/* [SDM 38.3 EMODPR] */
int epcm_restrict(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    if (!epcm_secinfo_is_valid(secinfo) || is_writable_only(secinfo))
        return -EINVAL;
    if (!epcm_exists(*page))
        return -EFAULT;
    if ((page->bits & (SGX_PENDING | SGX_MODIFIED)) != 0)
        return SGX_PAGE_NOT_MODIFIABLE;
    if (epcm_type(*page) != SGX_PT_REG)
        return -EFAULT;
    page->bits &= (uint16_t)(~SGX_PERMISSION | (secinfo->flags & SGX_PERMISSION));
    page->bits |= SGX_PR;
    return SGX_SUCCESS;
}

/* [SDM 38.3 EMODT] */
int epcm_modify_type(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    unsigned to = secinfo_type(secinfo);
    if (!epcm_secinfo_is_valid(secinfo) || (to != SGX_PT_TCS && to != SGX_PT_TRIM))
        return -EINVAL;
    if (!epcm_exists(*page))
        return -EFAULT;
    unsigned from = epcm_type(*page);
    if (from != SGX_PT_REG && !(from == SGX_PT_TCS && to == SGX_PT_TRIM))
        return -EFAULT;
    if ((page->bits & (SGX_PENDING | SGX_MODIFIED)) != 0)
        return SGX_PAGE_NOT_MODIFIABLE;
    page->bits &= (uint16_t) ~(EPCM_TYPE_MASK | SGX_PR | SGX_PERMISSION);
    page->bits |= (uint16_t)(SGX_TYPE(to) | SGX_MODIFIED);
    return SGX_SUCCESS;
}

void epcm_remove(struct epcm_entry *page) { page->bits = 0; }

/* The only combinations that EACCEPT takes [SDM 38.4 EACCEPT]. */
static bool is_acceptable(const struct sgx_secinfo *s)
{
    bool pending = (s->flags & SGX_PENDING) != 0;
    bool modified = (s->flags & SGX_MODIFIED) != 0;
    bool restricted = (s->flags & SGX_PR) != 0;
    switch (secinfo_type(s)) {
    case SGX_PT_REG:
        return (restricted || pending) && !modified;
    case SGX_PT_TCS:
    case SGX_PT_TRIM:
        return !restricted && !pending && modified;
    default:
        return false;
    }
}

/* [SDM 38.4 EACCEPT] PR is not compared, the permissions are. */
int epcm_accept(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    const uint16_t compared = EPCM_TYPE_MASK | SGX_PENDING | SGX_MODIFIED | SGX_PERMISSION;
    if (!is_acceptable(secinfo))
        return -EINVAL;
    unsigned type = epcm_type(*page);
    if (!epcm_exists(*page) || (type != SGX_PT_REG && type != SGX_PT_TCS && type != SGX_PT_TRIM))
        return -EFAULT;
    if ((page->bits & EPCM_ELSEWHERE) != 0 ||
        (page->bits & compared) != (secinfo->flags & ~(uint64_t)SGX_PR))
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    page->bits &= (uint16_t) ~(SGX_PENDING | SGX_MODIFIED | SGX_PR);
    return SGX_SUCCESS;
}

int epcm_copy_check(const struct sgx_secinfo *secinfo)
{
    if (!epcm_secinfo_is_valid(secinfo) || is_writable_only(secinfo) ||
        secinfo_type(secinfo) != SGX_PT_REG)
        return -EINVAL;
    return SGX_SUCCESS;
}

/* [SDM 38.4 EACCEPTCOPY] The page gets SECINFO's permissions, whatever it had. */
int epcm_accept_copy(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    const uint16_t compared =
        EPCM_VALID | EPCM_ELSEWHERE | EPCM_TYPE_MASK | SGX_PENDING | SGX_MODIFIED | SGX_PERMISSION;
    const uint16_t fresh = EPCM_VALID | SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_R | SGX_W;
    if ((page->bits & compared) != fresh)
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    page->bits &= (uint16_t) ~(SGX_PENDING | SGX_PERMISSION);
    page->bits |= secinfo->flags & SGX_PERMISSION;
    return SGX_SUCCESS;
}

/* [SDM 38.4 EMODPE] */
int epcm_extend(struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    const uint16_t state =
        EPCM_VALID | EPCM_ELSEWHERE | EPCM_TYPE_MASK | SGX_PENDING | SGX_MODIFIED;
    if ((page->bits & state) != (EPCM_VALID | SGX_TYPE(SGX_PT_REG)))
        return -EFAULT;
    if ((page->bits & SGX_R) == 0 && is_writable_only(secinfo))
        return -EINVAL;
    page->bits |= secinfo->flags & SGX_PERMISSION;
    return SGX_SUCCESS;
}
