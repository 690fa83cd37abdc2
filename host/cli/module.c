/* SPDX-License-Identifier: Apache-2.0 */
/* A first look at the program; see module.h. [WebAssembly 5.5.16] */
#include "host/cli/module.h"

#include <string.h>

#define VERSION         1u
#define LAYER_MODULE    0u
#define LAYER_COMPONENT 1u
#define LOOK            256u /* bytes that tell text from anything else */

static bool begins_with(struct bytes data, const void *start, size_t size)
{
    return data.size >= size && memcmp(data.data, start, size) == 0;
}

static bool is_text(struct bytes data)
{
    size_t size = data.size < LOOK ? data.size : LOOK;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data.data[i];
        if ((c < 0x20 && strchr("\t\n\r\f", c) == NULL) || c == 0 || c == 0x7f)
            return false;
    }
    return true;
}

static const char *foreign_fault(struct bytes data)
{
    if (begins_with(data, "\177ELF", 4))
        return "is machine code, not a WebAssembly module; a keep runs only what it compiled "
               "itself: give it the .wasm that this was made from";
    if (is_text(data))
        return "is text, not a WebAssembly module; if it is WebAssembly text, make one with "
               "wat2wasm";
    return "is not a WebAssembly module; build the program for the target wasm32-wasip1";
}

static bool has_all_sections(struct cur *c)
{
    while (cur_ok(c) && cur_left(c) > 0) {
        cur_u8(c);
        cur_take(c, cur_leb32(c));
    }
    return cur_done(c);
}

const char *module_fault(struct bytes module)
{
    if (module.size == 0)
        return "is empty; was it built?";
    if (!begins_with(module, "\0asm", module.size < 4 ? module.size : 4))
        return foreign_fault(module);
    struct cur c = cur_init(module);
    cur_le32(&c);
    uint16_t version = cur_le16(&c);
    uint16_t layer = cur_le16(&c);
    if (!cur_ok(&c))
        return "is truncated: it ends within its header; build or copy it again";
    if (layer == LAYER_COMPONENT)
        return "is a component, and only modules are run; build the program as a module, for the "
               "target wasm32-wasip1";
    if (layer != LAYER_MODULE || version != VERSION)
        return "is of a WebAssembly version that is not known here; build it for version 1";
    if (!has_all_sections(&c))
        return "is truncated: it ends within a section; build or copy it again";
    return NULL;
}
