/* SPDX-License-Identifier: Apache-2.0 */
/* The part of CBOR [RFC 8949] that this tree speaks, deterministically encoded
 * [RFC 8949 4.2.1]: unsigned integers, byte strings, text, arrays, maps and
 * booleans, each of definite length and in its shortest form. Trusts nothing.
 *
 * Readers and writers share the cursors' sticky failure: the wrong type, a
 * longer form than needed or a bound exceeded fail the cursor, and the answer is
 * zero or empty. */
#ifndef BASE_CBOR_H
#define BASE_CBOR_H

#include "base/cur.h"
#include "base/put.h"

void cbor_put_uint(struct put *p, uint64_t value);
void cbor_put_bytes(struct put *p, struct bytes value);
void cbor_put_text(struct put *p, struct bytes value); /* the caller's UTF-8 */
void cbor_put_bool(struct put *p, bool value);

/* The head of `count` items, or pairs, that follow. */
void cbor_put_array(struct put *p, uint64_t count);
void cbor_put_map(struct put *p, uint64_t count);

/* At most `max`. */
uint64_t cbor_take_uint(struct cur *c, uint64_t max);

/* Borrowed from the input; text is well-formed UTF-8 and may hold NUL. */
struct bytes cbor_take_bytes(struct cur *c);
struct bytes cbor_take_text(struct cur *c);
bool cbor_take_bool(struct cur *c);

/* How many items, or pairs, follow: at most `max`, and no more than the bytes
 * that are left could hold. */
size_t cbor_take_array(struct cur *c, size_t max);
size_t cbor_take_map(struct cur *c, size_t max);

/* The key of a map whose keys are known and come in ascending order: anything
 * but `key` fails. */
void cbor_take_key(struct cur *c, uint64_t key);

#endif
