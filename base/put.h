/* SPDX-License-Identifier: Apache-2.0 */
/* The one writing cursor, twin of cur.h. Trusts its caller for the buffer.
 *
 * Failure is sticky. With a null buffer it only counts, so that a writer runs
 * twice: once to learn the size, once to fill. */
#ifndef BASE_PUT_H
#define BASE_PUT_H

#include "base/cur.h"

struct put {
    uint8_t *data;   /* null: count only */
    size_t size;     /* bytes written, or that would have been */
    size_t capacity; /* bytes at data */
    bool bad;        /* something did not fit */
};

struct put put_init(void *buffer, size_t capacity);
struct put put_counter(void);

void put_bytes(struct put *p, struct bytes from);
void put_u8(struct put *p, uint8_t value);
void put_le16(struct put *p, uint16_t value);
void put_le32(struct put *p, uint32_t value);
void put_le64(struct put *p, uint64_t value);
void put_be16(struct put *p, uint16_t value);
void put_be32(struct put *p, uint32_t value);
void put_be64(struct put *p, uint64_t value);

/* What has been written so far, borrowed; empty after a failure. */
struct bytes put_done(const struct put *p);

#endif
