/* SPDX-License-Identifier: Apache-2.0 */
/* The writing cursor; see put.h. */
#include "base/put.h"

struct put put_init(void *buffer, size_t capacity)
{
    return (struct put){.data = buffer, .capacity = capacity};
}

struct put put_counter(void) { return (struct put){.capacity = SIZE_MAX}; }

/* Apart from the cursor, which a byte could alias: a loop that the compiler knows. */
static void copy(uint8_t *to, struct bytes from)
{
    for (size_t i = 0; i < from.size; i++)
        to[i] = from.data[i];
}

void put_bytes(struct put *p, struct bytes from)
{
    if (p->bad || from.size > p->capacity - p->size) {
        p->bad = true;
        return;
    }
    if (p->data != NULL)
        copy(p->data + p->size, from);
    p->size += from.size;
}

static void put_be(struct put *p, uint64_t value, size_t size)
{
    uint8_t out[8];
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    put_bytes(p, (struct bytes){.data = out, .size = size});
}

static void put_le(struct put *p, uint64_t value, size_t size)
{
    uint8_t out[8];
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
    put_bytes(p, (struct bytes){.data = out, .size = size});
}

void put_u8(struct put *p, uint8_t value) { put_le(p, value, 1); }
void put_le16(struct put *p, uint16_t value) { put_le(p, value, 2); }
void put_le32(struct put *p, uint32_t value) { put_le(p, value, 4); }
void put_le64(struct put *p, uint64_t value) { put_le(p, value, 8); }
void put_be16(struct put *p, uint16_t value) { put_be(p, value, 2); }
void put_be32(struct put *p, uint32_t value) { put_be(p, value, 4); }
void put_be64(struct put *p, uint64_t value) { put_be(p, value, 8); }

struct bytes put_done(const struct put *p)
{
    if (p->bad || p->data == NULL)
        return (struct bytes){0};
    return (struct bytes){.data = p->data, .size = p->size};
}
