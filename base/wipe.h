/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: erase them, compare them without a timing trace. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroes memory in a way the compiler may not drop. */
void wipe(void *secret, size_t size);

/* Compares in time that depends on `size` alone. */
bool equal_ct(const void *a, const void *b, size_t size);

#endif
