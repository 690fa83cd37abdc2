/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiler may call in code without a C library. */
#ifndef SHIM_CORE_STRING_H
#define SHIM_CORE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
