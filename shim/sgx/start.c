/* SPDX-License-Identifier: Apache-2.0 */
/* The first entry: checks what the host passed, makes the shim's tables, and lays
 * exec out. Also what exec calls, and how the keep ends. */
#include "base/wipe.h"
#include "shim/core/check.h"
#include "shim/core/port.h"
#include "shim/core/tree.h"
#include "shim/sgx/sgx.h"
#include "shim/sgx/tables.h"
#include "shim/x86/sha_ni.h"

struct kernel sgx_kernel;

bool sgx_touches_enclave(uint64_t address, uint64_t size)
{
    const uint64_t base = (uint64_t)sgx_base;
    uint64_t end;
    const bool wraps = __builtin_add_overflow(address, size, &end);
    if (!CHECK(outside_wrap, !wraps))
        return true;
    return address < base + SGX_KEEP_SIZE && end > base;
}

/* Every processor with SGX2 has them: without, the first use ends the keep. */
bool sha_ni_there(void) { return true; }

static const struct shared *outside(uint64_t address, uint64_t size)
{
    if (!CHECK(outside_pages, address != 0 && address % SGX_PAGE == 0) ||
        !CHECK(outside_range, !sgx_touches_enclave(address, size)))
        sgx_stop(SGX_KEEP_STOP_BLOCK);
    return (const struct shared *)address;
}

const void *tables_zero_page(void)
{
    const uint64_t page = (uint64_t)sgx_base + TABLES_ZERO;
    if (!machine_present(page))
        machine_add(page, page + SGX_PAGE, PROT_R | PROT_W);
    return (const void *)page;
}

void sgx_start(uint64_t block, uint64_t exec, uint64_t nodes)
{
    const uint64_t base = (uint64_t)sgx_base;
    const uint64_t exec_size = (uint64_t)exec_image.page_count * SGX_PAGE;
    const uint64_t nodes_size = 2ull * exec_image.run_count * TREE_NODE;
    uint8_t key[32];
    sgx_kernel.block = (struct shared *)outside(block, PORT_BLOCK_SIZE);
    struct start start = {
        .block = sgx_kernel.block,
        .exec = outside(exec, exec_size),
        .nodes = outside(nodes, nodes_size),
        .exec_base = base + SGX_KEEP_EXEC,
        .arena_start = base + SGX_KEEP_ARENA,
        .arena_end = base + SGX_KEEP_SIZE,
        .ranges = (struct range *)(base + TABLES_RANGES),
        .range_count = TABLES_RANGES_SIZE / sizeof(struct range),
        .run = (uint8_t *)(base + TABLES_RUN),
        .port = (uint64_t)sgx_port_gate,
        .evidence = (uint64_t)sgx_evidence_gate,
        .clock = (uint64_t)sgx_clock_gate,
        .cache_key = key,
    };
    sgx_check_self();
    sgx_seal_key(key);
    machine_add(base + TABLES_RUN, base + TABLES_RUN + TREE_RUN_BYTES, PROT_R | PROT_W);
    kernel_start(&sgx_kernel, &start, &sgx_frame);
    wipe(key, sizeof(key));
}

uint64_t sgx_clock(uint64_t clock)
{
    return clock_now(&sgx_kernel,
                     clock == PORT_CLOCK_REALTIME ? PORT_CLOCK_REALTIME : PORT_CLOCK_MONOTONIC);
}

int64_t sgx_port(const struct port_call *call) { return kernel_port(&sgx_kernel, call); }

/* ---- the end ---- */

no_return void sgx_stop(enum sgx_keep_stop why) { sgx_leave_dead(why); }

no_return void machine_stop(enum machine_stop why)
{
    switch (why) {
    case STOP_ENDED:
        sgx_stop(SGX_KEEP_STOP_ENDED);
    case STOP_FAULT:
        sgx_stop(SGX_KEEP_STOP_FAULT);
    case STOP_FATAL:
        sgx_stop(SGX_KEEP_STOP_FATAL);
    case STOP_PAGE:
        sgx_stop(SGX_KEEP_STOP_PAGE);
    case STOP_BLOCK:
        sgx_stop(SGX_KEEP_STOP_BLOCK);
    case STOP_ENTROPY:
        sgx_stop(SGX_KEEP_STOP_ENTROPY);
    case STOP_BUG:
        break;
    }
    sgx_stop(SGX_KEEP_STOP_BUG);
}

no_return void port_attacked(maybe_unused uint32_t verb, maybe_unused int64_t result)
{
    sgx_stop(SGX_KEEP_STOP_PORT);
}
