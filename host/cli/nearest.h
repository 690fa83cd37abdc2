/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may have meant. Pure. */
#ifndef HOST_CLI_NEAREST_H
#define HOST_CLI_NEAREST_H

#include <stddef.h>

/* The candidate that takes the fewest edits to reach from `word`, or null when
 * even that one is too far off for a slip of the fingers. */
const char *nearest(const char *word, const char *const *candidates, size_t count);

#endif
