/* SPDX-License-Identifier: Apache-2.0 */
/* The part of DER [X.690 10] that this tree reads itself: tags of one byte, lengths in
 * their shortest form. Failure sticks to the cursor. Trusts nothing. */
#ifndef BASE_DER_H
#define BASE_DER_H

#include "base/cur.h"

enum {
    DER_OCTET_STRING = 0x04,
    DER_UTF8_STRING = 0x0c,
    DER_SEQUENCE = 0x30,
};

/* The contents of the next element, which has to have that tag. */
struct bytes der_take(struct cur *c, uint8_t tag);

/* All of the next element, head and contents, which has to have that tag. */
struct bytes der_take_whole(struct cur *c, uint8_t tag);

#endif
