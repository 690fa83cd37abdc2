/* SPDX-License-Identifier: Apache-2.0 */
/* exec's memory as the shim may use it; see kernel.h. */
#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/kernel.h"
#include "shim/core/string.h"

static bool page_ok(struct kernel *k, uint64_t page, unsigned prot)
{
    const struct range *range = space_find(&k->memory.space, page);
    if (range == NULL || !CHECK(user_prot, (range->prot & prot) == prot))
        return false;
    return machine_present(page) || memory_touch(&k->memory, page, prot) == TOUCH_SUPPLIED;
}

bool user_ok(struct kernel *k, uint64_t address, uint64_t size, unsigned prot)
{
    const struct space *s = &k->memory.space;
    if (size == 0)
        return true;
    if (!CHECK(user_range, address >= s->start && address < s->end && size <= s->end - address))
        return false;
    const uint64_t end = address + size;
    for (uint64_t page = address / PAGE_SIZE * PAGE_SIZE; page < end; page += PAGE_SIZE) {
        if (!page_ok(k, page, prot))
            return false;
    }
    return true;
}

int user_read(struct kernel *k, uint64_t from, void *to, size_t size)
{
    if (!user_ok(k, from, size, PROT_R))
        return -EFAULT;
    machine_user_begin();
    memcpy(to, (const void *)from, size);
    machine_user_end();
    return 0;
}

int user_write(struct kernel *k, uint64_t to, const void *from, size_t size)
{
    if (!user_ok(k, to, size, PROT_W))
        return -EFAULT;
    machine_user_begin();
    memcpy((void *)to, from, size);
    machine_user_end();
    return 0;
}

int64_t kernel_port(struct kernel *k, const struct port_call *call)
{
    struct port_call copy;
    if (user_read(k, (uint64_t)call, &copy, sizeof(copy)) < 0)
        return -EFAULT;
    if (!CHECK(port_own, copy.verb != PORT_MEMORY && copy.verb != PORT_QUOTE)) /* the shim's */
        return -EINVAL;
    if (!CHECK(port_size, copy.in_size <= PORT_DATA_SIZE && copy.out_size <= PORT_DATA_SIZE))
        return -EINVAL;
    if (!CHECK(port_in, user_ok(k, (uint64_t)copy.in, copy.in_size, PROT_R)) ||
        !CHECK(port_out, user_ok(k, (uint64_t)copy.out, copy.out_size, PROT_W)))
        return -EFAULT;
    machine_user_begin();
    const int64_t result = port_carry(k->block, &copy);
    machine_user_end();
    if (!CHECK(port_ended, copy.verb != PORT_EXIT)) /* a host that lets it go on */
        machine_stop(STOP_ENDED);
    return result;
}
