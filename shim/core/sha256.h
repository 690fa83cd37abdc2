/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 [FIPS 180-4]. */
#ifndef SHIM_CORE_SHA256_H
#define SHIM_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32u
#define SHA256_BLOCK 64u

struct sha256 {
    uint32_t state[8];
    uint64_t size;
    uint8_t rest[SHA256_BLOCK];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t size);
void sha256_end(struct sha256 *h, uint8_t digest[static SHA256_SIZE]);

/* Whole blocks; set at start by whether the processor has the instructions. */
void sha256_blocks(uint32_t state[static 8], const uint8_t *data, size_t count);

#endif
