/* SPDX-License-Identifier: Apache-2.0 */
/* exec's thread pointer: the one register that no frame holds, since the shim has no use for
 * it. */
#ifndef SHIM_X86_FS_H
#define SHIM_X86_FS_H

#include <stdint.h>

uint64_t fs_get(void);
void fs_set(uint64_t base);

#endif
