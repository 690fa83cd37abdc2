/* SPDX-License-Identifier: Apache-2.0 */
/* PEM, strictly [RFC 7468 3, figure 3]: no byte of it is free to be another.
 * Trusts nothing. */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

/* True when `from` begins as PEM does. */
bool pem_is(struct bytes from);

/* Decodes the next block, of that label, behind what `out` holds. 1, 0 when
 * nothing but line ends and at most a final NUL was left, or -EBADMSG. */
must_use int pem_take(struct cur *c, const char *label, struct put *out);

/* Writes `der` as a block of that label, in lines of 64 characters. */
void pem_put(struct put *p, const char *label, struct bytes der);

#endif
