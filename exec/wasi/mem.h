/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's linear memory. The only place that turns a guest's pointer into one
 * of ours, and only after checking it. Trusts nothing that the guest passes. */
#ifndef EXEC_WASI_MEM_H
#define EXEC_WASI_MEM_H

#include "base/attr.h"
#include "base/cur.h"

/* Valid for the length of one call; nothing else writes to it meanwhile. */
struct mem {
    uint8_t *base;
    uint64_t size;
};

/* The `size` bytes at guest address `at`; null unless all of them lie in the
 * memory and `at` is a multiple of `align`. */
uint8_t *mem_at(struct mem m, uint64_t at, uint64_t size, uint64_t align);

/* The UTF-8 text at `at`, borrowed from the memory. A WASI errno. */
must_use uint32_t mem_text(struct mem m, uint64_t at, uint64_t len, struct bytes *out);

/* Little-endian stores to what mem_at returned. */
void mem_put16(uint8_t *to, uint16_t value);
void mem_put32(uint8_t *to, uint32_t value);
void mem_put64(uint8_t *to, uint64_t value);

#endif
