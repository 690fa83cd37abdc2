/* SPDX-License-Identifier: Apache-2.0 */
/* exec's thread pointer: the register that no frame holds. The shim has no use for it.
 * [SDM 2B RDFSBASE, WRFSBASE] */
#include "shim/core/machine.h"

uint64_t machine_fs(void)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

void machine_set_fs(uint64_t base) { __asm__ volatile("wrfsbase %0" : : "r"(base)); }
