/* SPDX-License-Identifier: Apache-2.0 */
/* Copies to and from memory outside; see shim/core/shared.h. A processor may leave
 * stale secrets in what it reads of, or writes to, device memory that a host has
 * mapped there in place of memory; whole aligned words are safe [INTEL-SA-00615,
 * INTEL-SA-00657]. So every access is one aligned word of 8 bytes, read once. */
#include "shim/core/shared.h"

#include "shim/core/check.h"
#include "shim/core/machine.h"
#include "shim/core/string.h"
#include "shim/sgx/word.h"

#define WORD 8u

/* Nearly every part is a whole word: a constant that the compiler turns into one
 * instruction, where memcpy starts its loop for each. */
static void copy(void *to, const void *from, size_t part)
{
    if (part == WORD)
        __builtin_memcpy(to, from, WORD);
    else
        memcpy(to, from, part);
}

void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    const uint64_t address = (uint64_t)from + offset;
    size_t skip = CHECKED(read_aligned, address % WORD, 0);
    const volatile uint64_t *word = (const volatile uint64_t *)(address - skip);
    uint8_t *at = to;
    while (size > 0) {
        const uint64_t value = word_read(word++);
        const size_t part = size < WORD - skip ? size : WORD - skip;
        copy(at, (const uint8_t *)&value + skip, part);
        at += part;
        size -= part;
        skip = 0;
    }
}

/* The last word is filled up with zeroes: what lies there is the block's own. */
void shared_write(struct shared *to, size_t offset, const void *from, size_t size)
{
    volatile uint64_t *word = (volatile uint64_t *)((uint64_t)to + offset);
    const uint8_t *at = from;
    if (!CHECK(write_aligned, ((uint64_t)to + offset) % WORD == 0))
        machine_stop(STOP_BUG);
    for (; size > 0; word++) {
        uint64_t value = CHECKED(write_filled, 0, UINT64_MAX);
        const size_t part = size < WORD ? size : WORD;
        copy(&value, at, part);
        word_write(word, value);
        at += part;
        size -= part;
    }
}
