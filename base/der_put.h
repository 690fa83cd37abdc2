/* SPDX-License-Identifier: Apache-2.0 */
/* The part of DER [X.690 10] that this tree writes. Trusts its caller. What does not fit
 * shows in the cursor, as always. */
#ifndef BASE_DER_PUT_H
#define BASE_DER_PUT_H

#include "base/der.h"
#include "base/put.h"

/* An element whose size shows when its contents are there: what is written between open
 * and close. Close takes what open gave. */
size_t der_open(struct put *p, uint8_t tag);
void der_close(struct put *p, size_t opened);

/* An element with these contents. */
void der_put(struct put *p, uint8_t tag, struct bytes contents);

/* A number that is not negative, big-endian, in its shortest form. */
void der_put_unsigned(struct put *p, struct bytes magnitude);

/* TRUE, which is never a default. */
void der_put_true(struct put *p);

/* A BIT STRING without unused bits. */
void der_put_bits(struct put *p, struct bytes contents);

/* "2.5.29.17"; arcs have at most 128 bits. Fails the cursor unless it is one. */
void der_put_oid(struct put *p, const char *dotted);

/* A time as certificates have it [RFC 5280 4.1.2.5], in seconds since 1970. */
void der_put_time(struct put *p, int64_t seconds);

#endif
