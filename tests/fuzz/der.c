/* SPDX-License-Identifier: Apache-2.0 */
/* DER of any bytes: each element lies within the input, and taken apart is as long
 * as taken whole. */
/* links: base/der.c base/cur.c */
#include "base/der.h"

#include "tests/fuzz/target.h"

#include <stdlib.h>

static void walk(struct bytes from, unsigned depth)
{
    struct cur c = cur_init(from);
    while (depth > 0 && cur_ok(&c) && cur_left(&c) > 0) {
        const uint8_t tag = *c.pos;
        struct cur again = c;
        const struct bytes content = der_take(&c, tag);
        const struct bytes whole = der_take_whole(&again, tag);
        if (cur_ok(&c) != cur_ok(&again) || c.pos != again.pos)
            abort();
        if (cur_ok(&c) && whole.data + whole.size != content.data + content.size)
            abort();
        if ((tag & 0x20) != 0)
            walk(content, depth - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk((struct bytes){.data = data, .size = size}, 8);
    return 0;
}
