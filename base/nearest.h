/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may have meant by a word that is not among those known. Trusts
 * nothing. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/cur.h"

/* The one of `count` words that the fewest edits make of `word`; null when all
 * of them are too far away for a slip of the fingers. */
const char *nearest_word(struct bytes word, const char *const *words, size_t count);

#endif
