/* SPDX-License-Identifier: Apache-2.0 */
/* The map of exec's address space: what exec may touch, and how. It says nothing
 * of which pages are present. Ranges are page-aligned, sorted, disjoint; equal
 * neighbours are one. Trusts its caller. */
#ifndef SHIM_CORE_SPACE_H
#define SHIM_CORE_SPACE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the first content of a range comes from. */
enum source { SOURCE_ZERO, SOURCE_EXEC };

struct range {
    uint64_t start;
    uint64_t end;
    uint32_t prot; /* PROT_ bits; 0: reserved */
    uint32_t source;
};

struct space {
    uint64_t start; /* exec maps within start and end, */
    uint64_t place; /* and from here on where it does not say where */
    uint64_t end;
    struct range *ranges;
    size_t count;
    size_t capacity;
    size_t usable; /* ranges whose memory is present already */
};

/* An empty map: set start, place and end next. `ranges` is absent memory for
 * `capacity` of them. */
void space_init(struct space *s, struct range *ranges, size_t capacity);

/* The range that holds `address`, or null. */
const struct range *space_find(const struct space *s, uint64_t address);

/* The first range that ends after `address`; its index may be s->count. */
size_t space_index(const struct space *s, uint64_t address);

/* The lowest free place of `size` bytes from s->place on; 0: none. */
uint64_t space_place(const struct space *s, uint64_t size);

/* True when every byte has a range. */
bool space_covers(const struct space *s, uint64_t start, uint64_t end);

/* 0, or -ENOMEM (-12): too many ranges; then nothing has changed. After a
 * reservation so many changes cannot fail. */
must_use int space_reserve(struct space *s, size_t changes);
must_use int space_set(struct space *s, struct range range); /* replaces what is there */
must_use int space_clear(struct space *s, uint64_t start, uint64_t end);

/* The same, with the permission of what is there changed. */
must_use int space_protect(struct space *s, uint64_t start, uint64_t end, uint32_t prot);

#endif
