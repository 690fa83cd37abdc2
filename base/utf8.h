/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 [RFC 3629]: shortest forms of Unicode scalar values and nothing else.
 * Trusts nothing. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/cur.h"
#include "base/put.h"

/* The next character; 0 and a failed cursor where it is malformed. */
uint32_t utf8_take(struct cur *c);

/* True when all of `text` is well formed. */
bool utf8_check(struct bytes text);

/* True for what UTF-8 can carry: up to U+10FFFF, surrogates excepted. */
bool utf8_is_scalar(uint32_t character);

/* Writes one scalar value. */
void utf8_put(struct put *p, uint32_t scalar);

#endif
