/* SPDX-License-Identifier: Apache-2.0 */
/* The one reading cursor: every byte from outside is parsed through it. It is
 * the only place that compares a length with what is left. Trusts nothing.
 *
 * Failure is sticky: after the first read past the end every read returns zero
 * or an empty slice, so a parser is a flat list of reads and one question,
 * cur_done(), at its end. */
#ifndef BASE_CUR_H
#define BASE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed run of bytes. Whoever made it says how long it lives. */
struct bytes {
    const uint8_t *data;
    size_t size; /* bytes */
};

struct cur {
    const uint8_t *pos;
    const uint8_t *end;
    bool bad;
};

struct cur cur_init(struct bytes from);

/* The next `size` bytes, borrowed from the input; empty if there are fewer. */
struct bytes cur_take(struct cur *c, size_t size);

/* Fixed-width unsigned integers, little- and big-endian. 0 on failure. */
uint8_t cur_u8(struct cur *c);
uint16_t cur_le16(struct cur *c);
uint32_t cur_le32(struct cur *c);
uint64_t cur_le64(struct cur *c);
uint16_t cur_be16(struct cur *c);
uint32_t cur_be32(struct cur *c);
uint64_t cur_be64(struct cur *c);

/* An unsigned integer of 32 bits in one to five bytes [WebAssembly 5.2.2]. */
uint32_t cur_leb32(struct cur *c);

/* Reads `size` bytes that must all be zero (reserved fields). */
void cur_zero(struct cur *c, size_t size);

/* Marks the input as malformed: a check of the caller's own failed. */
void cur_fail(struct cur *c);

size_t cur_left(const struct cur *c);

/* True when nothing failed so far. */
bool cur_ok(const struct cur *c);

/* True when nothing failed and nothing is left: all there, and nothing more. */
bool cur_done(const struct cur *c);

bool bytes_equal(struct bytes a, struct bytes b);
struct bytes bytes_of_text(const char *text);

#endif
