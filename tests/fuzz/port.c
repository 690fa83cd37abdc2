/* SPDX-License-Identifier: Apache-2.0 */
/* The keep's side of the port against arbitrary answers: whatever the host does,
 * a call returns what its row allows, or the keep stops. */
/* links: shim/core/port.c shim/core/shared.c base/cur.c */
#include "shim/core/port.h"
#include "base/cur.h"
#include "tests/fuzz/target.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint8_t block_memory[PORT_BLOCK_SIZE] aligned_to(4096);
static struct cur input;
static jmp_buf stopped;

void port_enter(struct shared *block)
{
    int64_t result = (int64_t)cur_le64(&input);
    struct bytes noise = cur_take(&input, cur_left(&input));
    size_t room = PORT_BLOCK_SIZE - PORT_FRAME_OFFSET;
    shared_write(block, PORT_FRAME_OFFSET, noise.data, noise.size < room ? noise.size : room);
    shared_write(block, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result, 8);
}

no_return void port_attacked(uint32_t verb, int64_t result)
{
    (void)verb;
    (void)result;
    longjmp(stopped, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = cur_init((struct bytes){.data = data, .size = size});
    uint32_t verb = cur_u8(&input);
    size_t in_size = cur_le16(&input);
    size_t out_size = cur_le16(&input);
    uint64_t offset = cur_le64(&input);
    uint8_t *in = calloc(1, in_size + 1);
    uint8_t *out = calloc(1, out_size + 1);
    struct port_call call = {
        .verb = verb,
        .arg = {0, 0, offset},
        .in = in,
        .in_size = in_size,
        .out = out,
        .out_size = out_size,
    };
    if (setjmp(stopped) == 0) {
        int64_t result = port_carry((struct shared *)block_memory, &call);
        if (verb == PORT_READ && result > (int64_t)out_size)
            abort();
        if (verb == PORT_WRITE && result > (int64_t)in_size)
            abort();
        if (verb == PORT_CLOSE && result > 0)
            abort();
        if (out[out_size] != 0)
            abort();
    }
    free(in);
    free(out);
    return 0;
}
