/* SPDX-License-Identifier: Apache-2.0 */
/* What a monitor that lies gives a keep to start with: the size of its memory, the boot
 * record, exec's pages and the tree over them. The keep stops, or begins with what it has
 * checked: a record read once, pages that are exec's byte for byte, memory that there is. */
/* links: shim/core/start.c shim/kvm/pages.c tests/unit/shim_kvm.c tests/unit/shim_keep.c shim/core/clock.c shim/core/fail.c shim/core/fault.c shim/core/memory.c shim/core/port.c shim/core/process.c shim/core/sha256.c shim/core/signal.c shim/core/signal_frame.c shim/core/space.c shim/core/syscall.c shim/core/touch.c shim/core/tree.c shim/core/user.c shim/x86/cpuid.c shim/x86/random.c shim/x86/sha256.c shim/x86/sha_ni.S base/cur.c */
#include "base/cur.h"
#include "shim/core/tree.h"
#include "shim/kvm/pages.h"
#include "tests/fuzz/target.h"
#include "tests/unit/shim_keep.h"
#include "tests/unit/shim_kvm.h"

#include <stdlib.h>
#include <string.h>

#define LARGE       (2ull << 20)
#define TAKEN_MAX   600u /* pages: more than the least memory has */
#define IMAGE_PAGES 43u  /* exec's, in memory */
#define NODES_SIZE  (8u * TREE_NODE)
#define EXEC_SIZE   (EXEC_PAGES * PAGE_SIZE)

static struct kernel k;
static struct frame f;

/* As an honest host gives them, and what becomes of them. */
static struct {
    uint8_t exec[EXEC_SIZE];
    uint8_t nodes[NODES_SIZE];
    uint8_t image[IMAGE_PAGES][PAGE_SIZE];
    bool mapped[IMAGE_PAGES];
} honest;

static void must(bool so)
{
    if (!so)
        abort();
}

static uint64_t image_page(unsigned page)
{
    return (uint64_t)keep.base + KEEP_EXEC + (uint64_t)page * PAGE_SIZE;
}

/* ---- its memory ---- */

static void take(uint64_t size)
{
    for (uint64_t i = 0; i < TAKEN_MAX; i++) {
        const bool there = i < size / PAGE_SIZE;
        uint64_t page = 0;
        must(STOPPED(page = pages_take()) == (there ? -1 : (int)KVM_KEEP_STOP_MEMORY));
        if (!there)
            return;
        must(page == KVM_KEEP_MEMORY + i * PAGE_SIZE);
    }
}

static void memory(uint64_t size)
{
    const bool possible = size % LARGE == 0 && size <= KVM_KEEP_MEMORY_MAX;
    must(STOPPED((pages_init(size), 0)) == (possible ? -1 : (int)KVM_KEEP_STOP_BLOCK));
    if (possible)
        take(size);
}

/* ---- its boot record ---- */

static struct boot_record record;

/* Another processor's, as soon as it has been read. */
static void overwrite(const void *from, size_t size)
{
    const uint8_t *at = from;
    if (at >= keep.block && at < keep.block + PORT_BLOCK_SIZE)
        memset(keep.block + (at - keep.block), 0xff, size);
}

static bool record_is_one(void)
{
    return record.magic == BOOT_MAGIC && record.version == PORT_VERSION && record.zero == 0;
}

/* exec is told what was in it, but for the CPUs. */
static void check_record(void)
{
    const uint64_t *at = (const uint64_t *)f.rsp + 4; /* behind argc, argv, environment */
    while (at[0] != AT_ENARX_BOOT)
        at += 2;
    record.cpus = 1;
    must(memcmp((const void *)at[1], &record, sizeof(record)) == 0);
}

/* ---- exec ---- */

static void check_image(void)
{
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        if (*keep_page(image_page(i)) & PROT_R)
            must(memcmp((const void *)image_page(i), honest.image[i], PAGE_SIZE) == 0);
    }
}

/* A page is exec's, or the keep stops, whatever was done to the file and the tree. */
static void touch(unsigned page, bool spoilt)
{
    static uint8_t byte;
    const enum ending ending = ENDING(keep_load(&k, &f, image_page(page), &byte));
    must(ending == WENT_ON || (ending == STOPPED_PAGE && spoilt) ||
         (ending == EXITED && !honest.mapped[page]));
    must(ending != WENT_ON || byte == honest.image[page][0]);
}

static void clear(void)
{
    const uint64_t base = (uint64_t)keep.base;
    machine_drop(base, base + KEEP_RUN);
    machine_drop(base + KEEP_EXEC, base + KEEP_SIZE);
    memset(&k, 0, sizeof(k));
    memcpy(keep.exec, honest.exec, EXEC_SIZE);
    memcpy(keep.nodes, honest.nodes, NODES_SIZE);
    keep.calls = 0;
}

static void learn(void)
{
    keep_start(&k, &f);
    memcpy(honest.exec, keep.exec, EXEC_SIZE);
    memcpy(honest.nodes, keep.nodes, NODES_SIZE);
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        honest.mapped[i] = space_find(&k.memory.space, image_page(i)) != NULL;
        if (!honest.mapped[i])
            continue;
        must(keep_load(&k, &f, image_page(i), &honest.image[i][0]));
        memcpy(honest.image[i], (const void *)image_page(i), PAGE_SIZE);
    }
}

static bool spoil(struct cur *c)
{
    const unsigned count = cur_u8(c) % 4;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t at = cur_le32(c) % (EXEC_SIZE + NODES_SIZE);
        uint8_t *byte = at < EXEC_SIZE ? &keep.exec[at] : &keep.nodes[at - EXEC_SIZE];
        *byte ^= cur_u8(c);
    }
    return count > 0;
}

static void start(struct cur *c)
{
    const struct start arguments = keep_start_arguments();
    const struct bytes bytes = cur_take(c, sizeof(record));
    memset(&record, 0, sizeof(record));
    if (bytes.data != NULL)
        memcpy(&record, bytes.data, sizeof(record));
    memcpy(keep.block + PORT_BOOT_OFFSET, &record, sizeof(record));
    const bool spoilt = spoil(c);
    keep.on_read = overwrite;
    const enum ending ending = ENDING((kernel_start(&k, &arguments, &f), 0));
    keep.on_read = NULL;
    must((ending == STOPPED_BLOCK) == !record_is_one());
    must(ending == WENT_ON || ending == STOPPED_BLOCK || (ending == STOPPED_PAGE && spoilt));
    if (ending != WENT_ON)
        return;
    check_record();
    for (unsigned i = 0; i < IMAGE_PAGES && cur_left(c) > 0; i++)
        touch(cur_u8(c) % IMAGE_PAGES, spoilt);
    check_image();
    keep_check(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    if (keep.base == NULL)
        learn();
    memory(cur_le64(&c));
    clear();
    start(&c);
    return 0;
}
