/* SPDX-License-Identifier: Apache-2.0 */
/* The part of DER [X.690 10] that this tree reads itself: tags of one byte, lengths in
 * their shortest form. Failure sticks to the cursor. Trusts nothing. */
#ifndef BASE_DER_H
#define BASE_DER_H

#include "base/cur.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_IMPLICIT = 0x80, /* [0], of a primitive type; [1] is one more */
    DER_EXPLICIT = 0xa0, /* [0]; [1] is one more */
};

/* Whether an element with that tag comes next: of what may be left out. */
bool der_next_is(const struct cur *c, uint8_t tag);

/* The contents of the next element, which has to have that tag. */
struct bytes der_take(struct cur *c, uint8_t tag);

/* All of the next element, head and contents, which has to have that tag. */
struct bytes der_take_whole(struct cur *c, uint8_t tag);

/* An INTEGER in its shortest form, two's complement, big-endian; not empty. */
struct bytes der_take_integer(struct cur *c);

/* The bytes of a BIT STRING without unused bits. */
struct bytes der_take_bits(struct cur *c);

/* TRUE or FALSE; FALSE may be written out even where it is the default. */
bool der_take_boolean(struct cur *c);

/* The elements of `der`, which is a SEQUENCE of SEQUENCEs and nothing more: whole, heads
 * included. How many, 1 to `max`; 0 for anything else. */
size_t der_parse_list(struct bytes der, struct bytes *items, size_t max);

#endif
