/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR: each item is of one type at most and has one encoding only. */
/* links: base/cbor.c base/utf8.c base/cur.c base/put.c */
#include "base/cbor.h"

#include "base/attr.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

/* Each takes one item, or one head, and puts it again. */
static void copy_uint(struct cur *c, struct put *p)
{
    cbor_put_uint(p, cbor_take_uint(c, UINT64_MAX));
}
static void copy_bytes(struct cur *c, struct put *p) { cbor_put_bytes(p, cbor_take_bytes(c)); }
static void copy_text(struct cur *c, struct put *p) { cbor_put_text(p, cbor_take_text(c)); }
static void copy_array(struct cur *c, struct put *p)
{
    cbor_put_array(p, cbor_take_array(c, SIZE_MAX));
}
static void copy_map(struct cur *c, struct put *p) { cbor_put_map(p, cbor_take_map(c, SIZE_MAX)); }
static void copy_bool(struct cur *c, struct put *p) { cbor_put_bool(p, cbor_take_bool(c)); }
static void copy_key(struct cur *c, struct put *p)
{
    cbor_take_key(c, 1);
    cbor_put_uint(p, 1);
}

static void (*const copies[])(struct cur *, struct put *) = {
    copy_key, copy_uint, copy_bytes, copy_text, copy_array, copy_map, copy_bool,
};

/* How many bytes the item that comes next has; 0 when it is malformed. */
static size_t check_item(struct cur at, uint8_t *again, size_t size)
{
    size_t taken = 0;
    for (size_t i = 0; i < ARRAY_COUNT(copies); i++) {
        struct cur c = at;
        struct put p = put_init(again, size);
        copies[i](&c, &p);
        if (!cur_ok(&c))
            continue;
        const struct bytes read = {.data = at.pos, .size = (size_t)(c.pos - at.pos)};
        if (!bytes_equal(put_done(&p), read) || (taken != 0 && i > 1))
            abort();
        taken = read.size;
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *again = malloc(size + 16);
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    size_t taken = 1;
    while (taken > 0 && cur_left(&c) > 0) {
        taken = check_item(c, again, size + 16);
        cur_take(&c, taken);
    }
    free(again);
    return 0;
}
