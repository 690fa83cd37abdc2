/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's memory, page by page: physical addresses. */
#ifndef SHIM_KVM_PAGES_H
#define SHIM_KVM_PAGES_H

#include <stdint.h>

/* From now on there are so many bytes, from KVM_KEEP_MEMORY on; whole 2 MiB. */
void pages_init(uint64_t size);

/* A page of any content. Where there is none the keep stops. */
uint64_t pages_take(void);
void pages_give(uint64_t page);

#endif
