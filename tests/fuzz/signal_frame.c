/* SPDX-License-Identifier: Apache-2.0 */
/* A signal frame that exec has changed at will, and an rsp of its choice: the way back
 * is refused, or leads to exec's code and stack with flags of exec's. */
/* links: tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/start.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S base/cur.c */
#include "shim/core/signal_frame.h"
#include "base/cur.h"
#include "tests/fuzz/target.h"
#include "tests/unit/shim_keep.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_SIZE 1600u /* with its vector state and what is below */

static struct kernel k;
static struct frame first;
static struct frame pushed;
static uint8_t image[FRAME_SIZE];

/* A frame as the shim makes it, once. */
static void begin(void)
{
    if (keep.base == NULL)
        keep_start(&k, &first);
    struct frame f = first;
    const struct signal_info info = {.number = SIGSEGV, .address = 8, .vector = 14, .error = 4};
    const struct signal_action action = {.handler = f.rip, .restorer = f.rip};
    if (!signal_frame_push(&k, &f, f.rsp - SIGNAL_RED_ZONE, &info, &action))
        abort();
    pushed = f;
    memcpy(image, (void *)f.rsp, sizeof(image));
}

static void check(const struct frame *f)
{
    const struct space *s = &k.memory.space;
    const struct range *code = space_find(s, f->rip);
    if (code == NULL || !(code->prot & PROT_X))
        abort();
    if (f->rsp < s->start || f->rsp > s->end)
        abort();
    if ((f->rflags & ~0xcd5ull) != 2) /* carry, parity, adjust, zero, sign, direction, overflow */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    begin();
    struct frame f = pushed;
    f.rsp += 8 + (uint64_t)(int8_t)cur_u8(&c) * 8;
    /* changes: where, how many bytes, which */
    while (cur_left(&c) > 0) {
        const size_t at = cur_le16(&c) % FRAME_SIZE;
        const uint8_t wanted = cur_u8(&c);
        const size_t room = FRAME_SIZE - at;
        const size_t left = cur_left(&c);
        const size_t count = wanted < left ? wanted : left;
        const struct bytes b = cur_take(&c, count < room ? count : room);
        if (b.size > 0)
            memcpy((uint8_t *)pushed.rsp + at, b.data, b.size);
    }
    uint64_t mask;
    if (signal_frame_pop(&k, &f, &mask))
        check(&f);
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"((uint32_t){0x1f80}));
    memcpy((void *)pushed.rsp, image, sizeof(image));
    return 0;
}
