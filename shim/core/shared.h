/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the host can change at any time. It is an opaque type with two
 * operations, so that a value cannot be read twice by accident: what is to be
 * checked is copied out first. */
#ifndef SHIM_CORE_SHARED_H
#define SHIM_CORE_SHARED_H

#include <stddef.h>

struct shared; /* the start of a block */

/* Offsets and sizes are the caller's own, checked against the block. */
void shared_read(const struct shared *from, size_t offset, void *to, size_t size);
void shared_write(struct shared *to, size_t offset, const void *from, size_t size);

#endif
