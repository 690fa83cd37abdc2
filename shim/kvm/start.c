/* SPDX-License-Identifier: Apache-2.0 */
/* The start: the processor, the shim's tables, exec. Also how the keep leaves and ends.
 * What the host passed is a size, and what it wrote to the block is read once. */
#include "base/wipe.h"
#include "shim/core/check.h"
#include "shim/core/port.h"
#include "shim/core/tree.h"
#include "shim/kvm/kvm.h"
#include "shim/kvm/pages.h"
#include "shim/kvm/paging.h"
#include "shim/kvm/probe.h"
#include "shim/x86/random.h"

#define RANGES_SIZE (1ull << 20) /* bytes */

struct kernel kvm_kernel;

/* One run of exec's pages while they are proved. */
static uint8_t run[TREE_RUN_BYTES] aligned_to(PAGE_SIZE);

_Static_assert(KVM_KEEP_STOP_ENDED == (int)STOP_ENDED && KVM_KEEP_STOP_FAULT == (int)STOP_FAULT &&
                   KVM_KEEP_STOP_FATAL == (int)STOP_FATAL && KVM_KEEP_STOP_PAGE == (int)STOP_PAGE &&
                   KVM_KEEP_STOP_BLOCK == (int)STOP_BLOCK &&
                   KVM_KEEP_STOP_ENTROPY == (int)STOP_ENTROPY &&
                   KVM_KEEP_STOP_BUG == (int)STOP_BUG && KVM_KEEP_STOP_FATAL == KVM_STOP_FATAL,
               "the same reasons");

/* The host's key for exec's cache; null: none. */
static const uint8_t *take_key(const struct shared *block, uint8_t key[static 32])
{
    uint8_t any = 0;
    shared_read(block, KVM_KEEP_KEY, key, 32);
    for (unsigned i = 0; i < 32; i++)
        any |= key[i];
    return any != 0 ? key : NULL;
}

static void start_exec(void)
{
    uint8_t key[32];
    struct shared *block = paging_physical(KVM_KEEP_BLOCK);
    const struct start start = {
        .block = block,
        .exec = paging_physical(KVM_KEEP_WINDOW),
        .nodes = paging_physical(KVM_KEEP_NODES),
        .exec_base = KVM_EXEC,
        .arena_start = KVM_ARENA,
        .arena_end = KVM_ARENA_END,
        .ranges = (struct range *)KVM_RANGES,
        .range_count = RANGES_SIZE / sizeof(struct range),
        .run = run,
        .port = kvm_at_gate(kvm_port_gate),
        .clock = kvm_at_gate(kvm_clock_gate),
        .evidence = kvm_at_gate(kvm_evidence_gate),
        .cache_key = take_key(block, key),
    };
    kernel_start(&kvm_kernel, &start, &kvm_frame);
    wipe(key, sizeof(key));
}

void kvm_start(uint64_t memory_size)
{
    kvm_processor();
    if (memory_size == 0) {
        uint64_t word;
        random_fill(&word, sizeof(word));
        probe_start(&kvm_frame);
        return;
    }
    pages_init(memory_size);
    start_exec();
}

/* ---- out ---- */

void port_enter(maybe_unused struct shared *block) { kvm_leave(KVM_KEEP_EXIT_PORT); }

/* ---- the end ---- */

no_return void kvm_stop(enum kvm_keep_stop why)
{
    kvm_leave(KVM_KEEP_EXIT_DEAD | (uint32_t)why << 8);
    for (;;) /* a host that lets it go on */
        kvm_leave(KVM_KEEP_EXIT_DEAD | KVM_KEEP_STOP_ENDED << 8);
}

no_return void machine_stop(enum machine_stop why) { kvm_stop((enum kvm_keep_stop)why); }

no_return void port_attacked(maybe_unused uint32_t verb, maybe_unused int64_t result)
{
    kvm_stop(KVM_KEEP_STOP_PORT);
}
