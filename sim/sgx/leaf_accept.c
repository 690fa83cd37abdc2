/* SPDX-License-Identifier: Apache-2.0 */
/* EACCEPT, EACCEPTCOPY and EMODPE [SDM 38.4], check by check in their order. */
#include "sim/sgx/machine.h"

#include <errno.h>

#define SECINFO_ALIGNMENT 64u

static void read_secinfo(uint64_t address, struct sgx_secinfo *secinfo)
{
    memory_read(address, secinfo, sizeof(*secinfo));
}

/* What epcm.h returned, as the leaf's end. */
static int finish(int result, uint64_t address, unsigned access, struct exception *e)
{
    if (result == -EINVAL)
        return raise_general_protection(e);
    if (result == -EFAULT)
        return raise_page_fault(e, address, fault_code(*entry_of(address), access));
    return result;
}

int leaf_accept(const struct leaf_registers *r, struct exception *e)
{
    struct sgx_secinfo secinfo;
    if (!leaf_operand(r->rbx, SECINFO_ALIGNMENT, SGX_R, e))
        return -EFAULT;
    read_secinfo(r->rbx, &secinfo);
    if (!epcm_secinfo_is_valid(&secinfo))
        return raise_general_protection(e);
    if (!leaf_is_placed(r->rcx, SGX_PAGE, e) || !leaf_is_present(r->rcx, SGX_R, e))
        return -EFAULT;
    int result = epcm_accept(entry_of(r->rcx), &secinfo);
    if (result == SGX_SUCCESS) {
        memory_sync(page_of(r->rcx), 1, SGX_W);
        kernel_accepted(page_of(r->rcx));
    }
    return finish(result, r->rcx, SGX_R, e);
}

static bool copy_operands_are_placed(const struct leaf_registers *r, struct exception *e)
{
    return leaf_is_placed(r->rbx, SECINFO_ALIGNMENT, e) && leaf_is_placed(r->rcx, SGX_PAGE, e) &&
           leaf_is_placed(r->rdx, SGX_PAGE, e);
}

int leaf_accept_copy(const struct leaf_registers *r, struct exception *e)
{
    struct sgx_secinfo secinfo;
    if (!copy_operands_are_placed(r, e) || !leaf_is_present(r->rbx, SGX_R, e) ||
        !leaf_is_present(r->rcx, SGX_W, e) || !leaf_is_present(r->rdx, SGX_R, e) ||
        !leaf_is_permitted(r->rbx, SGX_R, e))
        return -EFAULT;
    read_secinfo(r->rbx, &secinfo);
    if (epcm_copy_check(&secinfo) != SGX_SUCCESS)
        return raise_general_protection(e);
    if (!leaf_is_permitted(r->rdx, SGX_R, e))
        return -EFAULT;
    struct epcm_entry accepted = *entry_of(r->rcx);
    int result = epcm_accept_copy(&accepted, &secinfo);
    if (result != SGX_SUCCESS)
        return finish(result, r->rcx, SGX_W, e);
    uint8_t page[SGX_PAGE];
    memory_read(r->rdx, page, sizeof(page));
    *entry_of(r->rcx) = accepted;
    memory_replace(r->rcx, page);
    kernel_accepted(page_of(r->rcx));
    return SGX_SUCCESS;
}

int leaf_extend(const struct leaf_registers *r, struct exception *e)
{
    struct sgx_secinfo secinfo;
    if (!leaf_is_placed(r->rbx, SECINFO_ALIGNMENT, e) || !leaf_is_placed(r->rcx, SGX_PAGE, e) ||
        !leaf_is_present(r->rbx, SGX_R, e) || !leaf_is_present(r->rcx, SGX_R, e) ||
        !leaf_is_permitted(r->rbx, SGX_R, e))
        return -EFAULT;
    read_secinfo(r->rbx, &secinfo);
    if (!epcm_secinfo_is_valid(&secinfo))
        return raise_general_protection(e);
    int result = epcm_extend(entry_of(r->rcx), &secinfo);
    if (result == SGX_SUCCESS)
        memory_sync(page_of(r->rcx), 1, SGX_W);
    return finish(result, r->rcx, SGX_R, e);
}
