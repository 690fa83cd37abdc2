/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by the processor's instructions, in sha_ni.S: the one place of the shim
 * that touches vector registers, and it puts back what was in them. */
#ifndef SHIM_X86_SHA_NI_H
#define SHIM_X86_SHA_NI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_constants[64];

/* Whether to use them; what a technology found at its start. */
bool sha_ni_there(void);

/* `count` blocks of 64 bytes, at least one. */
void sha_ni_blocks(uint32_t *state, const uint8_t *data, size_t count);

#endif
