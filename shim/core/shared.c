/* SPDX-License-Identifier: Apache-2.0 */
/* Copies to and from shared memory; see shared.h. Each is one string
 * instruction: the compiler cannot split, repeat or reorder it. */
#include "shim/core/shared.h"

#include <stdint.h>

static void copy_once(void *to, const void *from, size_t size)
{
    __asm__ volatile("cld; rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory", "cc");
}

void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    copy_once(to, (const uint8_t *)from + offset, size);
}

void shared_write(struct shared *to, size_t offset, const void *from, size_t size)
{
    copy_once((uint8_t *)to + offset, from, size);
}
