/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel does with the pages of a running enclave, as its driver does it
 * [Linux Documentation/arch/x86/sgx.rst, EDMM]; and the lies of a hostile one. */
#include "sim/sgx/machine.h"

#include <errno.h>

static void remove_page(uint64_t page)
{
    epcm_remove(&machine.epcm[page]);
    memory_sync(page, 1, SGX_W);
    memory_clear(page, 1);
}

/* True: this is the operation to lie at. */
static bool lies_now(uint64_t page, bool is_augment)
{
    struct lie *lie = &machine.lie;
    if (lie->kind == MODEL_HONEST || lie->told)
        return false;
    if (lie->kind == MODEL_WRONG_PERMISSION && is_augment)
        return false;
    if (--lie->left > 0)
        return false;
    lie->told = true;
    lie->page = page;
    lie->is_augment = is_augment;
    lie->again = lie->kind == MODEL_DUPLICATE;
    return true;
}

static uint64_t next_page(uint64_t page)
{
    return page + 1 < machine.secs.size / SGX_PAGE ? page + 1 : page - 1;
}

static bool augment(uint64_t page)
{
    machine.count.eaug++;
    return epcm_augment(&machine.epcm[page]) == SGX_SUCCESS;
}

bool kernel_augment(uint64_t page)
{
    const struct lie *lie = &machine.lie;
    if (!machine.initialised || page < machine.lowest_page || epcm_exists(machine.epcm[page]))
        return false;
    bool lies = lies_now(page, true);
    if (lie->told && lie->kind == MODEL_SKIP && lie->is_augment && lie->page == page)
        return false;
    if (!augment(page))
        return false;
    if (lies && lie->kind == MODEL_WRONG_PAGE)
        machine.epcm[page].bits |= EPCM_ELSEWHERE;
    return true;
}

static int emodpr(uint64_t page, uint64_t permissions)
{
    const struct sgx_secinfo secinfo = {.flags = permissions};
    machine.count.emodpr++;
    int error = epcm_restrict(&machine.epcm[page], &secinfo);
    if (error != SGX_SUCCESS)
        return error < 0 ? error : -EFAULT;
    memory_sync(page, 1, SGX_W);
    return 0;
}

int kernel_restrict(uint64_t page, uint64_t permissions)
{
    if ((permissions & ~(uint64_t)SGX_PERMISSION) != 0)
        return -EINVAL;
    if (lies_now(page, false)) {
        machine.lie.permissions = permissions;
        if (machine.lie.kind == MODEL_SKIP)
            return 0;
        if (machine.lie.kind == MODEL_WRONG_PAGE) {
            (void)!emodpr(next_page(page), permissions);
            return 0;
        }
        if (machine.lie.kind == MODEL_WRONG_PERMISSION)
            permissions |= SGX_R | SGX_W;
    }
    return emodpr(page, permissions);
}

static int emodt(uint64_t page, enum sgx_page_type type)
{
    const struct sgx_secinfo secinfo = {.flags = SGX_TYPE(type)};
    machine.count.emodt++;
    int error = epcm_modify_type(&machine.epcm[page], &secinfo);
    if (error != SGX_SUCCESS)
        return error < 0 ? error : -EFAULT;
    memory_sync(page, 1, SGX_W);
    return 0;
}

int kernel_trim(uint64_t page)
{
    enum sgx_page_type type = SGX_PT_TRIM;
    if (lies_now(page, false)) {
        if (machine.lie.kind == MODEL_SKIP)
            return 0;
        if (machine.lie.kind == MODEL_WRONG_PAGE) {
            (void)!emodt(next_page(page), type);
            return 0;
        }
        if (machine.lie.kind == MODEL_WRONG_PERMISSION)
            type = SGX_PT_TCS;
        machine.lie.again = false; /* a trimmed page is trimmed */
    }
    return emodt(page, type);
}

/* The driver removes only what the enclave agreed to lose. */
int kernel_remove(uint64_t page)
{
    struct epcm_entry found = machine.epcm[page];
    if (!epcm_exists(found))
        return -EFAULT;
    if (epcm_type(found) != SGX_PT_TRIM || (found.bits & SGX_MODIFIED) != 0)
        return -EPERM;
    machine.count.eremove++;
    remove_page(page);
    return 0;
}

void kernel_accepted(uint64_t page)
{
    struct lie *lie = &machine.lie;
    if (!lie->again || lie->page != page)
        return;
    lie->again = false;
    if (lie->is_augment) {
        machine.count.eremove++;
        remove_page(page);
        (void)augment(page);
    } else {
        (void)!emodpr(page, lie->permissions);
    }
}
