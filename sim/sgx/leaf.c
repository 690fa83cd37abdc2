/* SPDX-License-Identifier: Apache-2.0 */
/* The leaves of ENCLU that do not enter or leave: their operands [SDM 38.4]. */
#include "sim/sgx/machine.h"

#include <errno.h>

int raise_general_protection(struct exception *e)
{
    *e = (struct exception){.vector = VECTOR_GP};
    return -EFAULT;
}

int raise_page_fault(struct exception *e, uint64_t address, uint32_t code)
{
    *e = (struct exception){.vector = VECTOR_PF, .error = code, .address = address};
    return -EFAULT;
}

/* P says that page tables map it; the SGX bit that they permit the access and the
 * EPCM does not. */
uint32_t fault_code(struct epcm_entry page, unsigned access)
{
    uint32_t code = SGX_PF_USER;
    if (access == SGX_W)
        code |= SGX_PF_WRITE;
    if (access == SGX_X)
        code |= SGX_PF_FETCH;
    if (!epcm_exists(page))
        return code;
    code |= SGX_PF_PRESENT;
    bool is_data = epcm_type(page) == SGX_PT_REG;
    return is_data && (epcm_pte(page) & access) == 0 ? code : code | SGX_PF_SGX;
}

bool leaf_is_placed(uint64_t address, uint64_t alignment, struct exception *e)
{
    if ((address & (alignment - 1)) == 0 && in_elrange(address))
        return true;
    raise_general_protection(e);
    return false;
}

/* A page that is not there faults, the kernel brings it, and the leaf runs again. */
bool leaf_is_present(uint64_t address, unsigned access, struct exception *e)
{
    if (epcm_exists(*entry_of(address)))
        return true;
    if (kernel_augment(page_of(address))) {
        machine.count.aex_eaug++;
        machine.count.eresume++;
        return true;
    }
    raise_page_fault(e, address, fault_code(*entry_of(address), access));
    return false;
}

bool leaf_is_permitted(uint64_t address, unsigned access, struct exception *e)
{
    struct epcm_entry page = *entry_of(address);
    if ((epcm_permissions(page) & epcm_pte(page) & access) != 0)
        return true;
    raise_page_fault(e, address, fault_code(page, access));
    return false;
}

bool leaf_operand(uint64_t address, uint64_t alignment, unsigned access, struct exception *e)
{
    return leaf_is_placed(address, alignment, e) && leaf_is_present(address, access, e) &&
           leaf_is_permitted(address, access, e);
}

int leaf_run(enum sgx_leaf leaf, const struct leaf_registers *r, struct exception *e)
{
    switch (leaf) {
    case SGX_EREPORT:
        machine.count.ereport++;
        return leaf_report(r, e);
    case SGX_EGETKEY:
        machine.count.egetkey++;
        return leaf_get_key(r, e);
    case SGX_EACCEPT:
        machine.count.eaccept++;
        return leaf_accept(r, e);
    case SGX_EMODPE:
        machine.count.emodpe++;
        return leaf_extend(r, e);
    case SGX_EACCEPTCOPY:
        machine.count.eacceptcopy++;
        return leaf_accept_copy(r, e);
    default: /* EENTER and ERESUME in enclave mode, and leaves that there are not */
        return raise_general_protection(e);
    }
}
