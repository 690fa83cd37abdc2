/* SPDX-License-Identifier: Apache-2.0 */
/* What is #UD in an enclave and not elsewhere [SDM 3D 36.6.1, 36.6.2]. */
#ifndef SIM_SGX_ILLEGAL_H
#define SIM_SGX_ILLEGAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the opcode begins; `size`: not in these bytes. */
size_t instruction_skip_prefixes(const uint8_t *code, size_t size);

bool instruction_is_illegal(const uint8_t *code, size_t size);

#endif
