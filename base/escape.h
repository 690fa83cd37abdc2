/* SPDX-License-Identifier: Apache-2.0 */
/* Text of others made fit for a terminal: control characters are shown, not
 * obeyed. Trusts nothing in the text. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/cur.h"

#define ESCAPE_GROWTH 4u /* bytes out for one in, at most */

/* Writes `text` to `out`, each byte of a control character as \xNN: of C0 but for
 * those in `kept`, DEL, and C1, which in UTF-8 is 0xc2 and another byte. Returns
 * the bytes written. */
size_t escape_controls(struct bytes text, const char *kept, char *out);

#endif
