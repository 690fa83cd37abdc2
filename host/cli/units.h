/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, sizes and durations as users write them. Pure. */
#ifndef HOST_CLI_UNITS_H
#define HOST_CLI_UNITS_H

#include "base/attr.h"

#include <stdint.h>

/* "200": 1 to `max`. 0 or -EINVAL. */
must_use int count_parse(const char *text, uint32_t max, uint32_t *count);

/* "65536", "64K", "512M", "2G": bytes, more than none. 0, or -EINVAL for any
 * other text and for what exceeds 64 bits. */
must_use int size_parse(const char *text, uint64_t *bytes);

/* "500ms", "30s", "2m", "1h": milliseconds, more than none. 0 or -EINVAL. */
must_use int duration_parse(const char *text, uint64_t *milliseconds);

#endif
