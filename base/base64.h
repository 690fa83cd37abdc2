/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 [RFC 4648 4], with padding, of which each text is the only one for its bytes.
 * Trusts nothing. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/cur.h"
#include "base/put.h"

/* The text of all of `from`, in one line. */
void base64_put(struct put *p, struct bytes from);

/* The bytes of all of the text in `c`; failure sticks to it. */
void base64_take(struct cur *c, struct put *out);

/* The bytes of some of the text. False at the end of the data: what comes next is no base64,
 * or there was padding. */
bool base64_take_some(struct cur *c, struct put *out);

#endif
