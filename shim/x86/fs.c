/* SPDX-License-Identifier: Apache-2.0 */
/* The thread pointer; see fs.h. [SDM 2B RDFSBASE, WRFSBASE] */
#include "shim/x86/fs.h"

uint64_t fs_get(void)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

void fs_set(uint64_t base) { __asm__ volatile("wrfsbase %0" : : "r"(base)); }
