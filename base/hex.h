/* SPDX-License-Identifier: Apache-2.0 */
/* Lower-case hexadecimal text. Trusts nothing. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/attr.h"
#include "base/cur.h"

/* Writes 2 * from.size characters and a NUL to `text`. */
void hex_put(struct bytes from, char *text);

/* Parses exactly `size` bytes from `text`, either case. 0, or -1 when the text
 * has another length or a character that is no hexadecimal digit. */
must_use int hex_parse(const char *text, uint8_t *out, size_t size);

#endif
