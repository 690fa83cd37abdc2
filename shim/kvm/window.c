/* SPDX-License-Identifier: Apache-2.0 */
/* exec's file, for the core: the host copies runs of it to the window, of which one at a
 * time is copied out. What lies there is the host's at any time, and proved afterwards. */
#include "shim/core/machine.h"
#include "shim/core/shared.h"
#include "shim/core/tree.h"
#include "shim/kvm/kvm.h"

_Static_assert(KVM_KEEP_RUN_SIZE == TREE_RUN_BYTES, "the same runs");

/* What the host was last asked for. */
static struct {
    uint32_t first;
    uint32_t count;
} window;

/* Who reads one run after the other will want those behind it: an exit for all of them.
 * So it is at the start, when exec is relocated. */
static void ask(uint32_t run)
{
    const bool in_order = window.count == 0 || run == window.first + window.count;
    window.first = run;
    window.count = in_order ? KVM_KEEP_WINDOW_RUNS : 1;
    kvm_leave(KVM_KEEP_EXIT_EXEC | window.count << 8 | run << 16);
}

void machine_read_exec(const struct shared *exec, size_t offset, void *to, size_t size)
{
    const uint32_t run = (uint32_t)(offset / KVM_KEEP_RUN_SIZE);
    if (run - window.first >= window.count)
        ask(run);
    shared_read(exec, offset - (size_t)window.first * KVM_KEEP_RUN_SIZE, to, size);
}
