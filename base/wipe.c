/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing and comparing secrets; see wipe.h. */
#include "base/wipe.h"

#include <stdint.h>

void wipe(void *secret, size_t size)
{
    volatile uint8_t *byte = secret;
    for (size_t i = 0; i < size; i++)
        byte[i] = 0;
}

bool equal_ct(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= (uint8_t)(x[i] ^ y[i]);
    return difference == 0;
}
