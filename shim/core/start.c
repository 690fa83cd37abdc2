/* SPDX-License-Identifier: Apache-2.0 */
/* Lays exec out as a kernel would and sets its first registers. What it reads of
 * the host it reads once. [psABI 3.4.1, ELF-64 5] */
#include "shim/core/check.h"
#include "shim/core/kernel.h"
#include "shim/core/string.h"
#include "shim/x86/random.h"

/* [Linux uapi linux/auxvec.h] */
#define AT_NULL        0u
#define AT_IGNORE      1u
#define AT_PHDR        3u
#define AT_PHENT       4u
#define AT_PHNUM       5u
#define AT_PAGESZ      6u
#define AT_ENTRY       9u
#define AT_HWCAP       16u
#define AT_CLKTCK      17u
#define AT_SECURE      23u
#define AT_RANDOM      25u
#define AT_HWCAP2      26u
#define AT_EXECFN      31u
#define AT_MINSIGSTKSZ 51u

#define HWCAP2_FSGSBASE     2u /* [Linux asm/hwcap2.h] */
#define PROGRAM_HEADER_SIZE 56u
#define SIGNAL_STACK_MIN    2048u

/* The heap that brk moves stays below this. */
#define HEAP_ROOM (64ull << 20)

static uint64_t page_up(uint64_t n) { return (n + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1); }

static void must(int error)
{
    if (error < 0)
        machine_stop(STOP_BUG);
}

/* ---- what the host wants ---- */

static void take_boot_record(struct kernel *k)
{
    struct boot_record *boot = &k->boot;
    shared_read(k->block, PORT_BOOT_OFFSET, boot, sizeof(*boot));
    if (!CHECK(boot_magic, boot->magic == BOOT_MAGIC) ||
        !CHECK(boot_version, boot->version == PORT_VERSION) ||
        !CHECK(boot_reserved, boot->zero == 0))
        machine_stop(STOP_BLOCK);
    if (!CHECK(boot_cpus, boot->cpus == 1)) /* whatever it says: there is one thread */
        boot->cpus = 1;
}

/* ---- exec's image ---- */

static void map_segment(struct memory *m, const struct exec_segment *s)
{
    const uint64_t start = m->exec_base + s->address;
    const uint64_t file_end = start + page_up(s->file_size);
    const uint64_t end = start + s->size;
    if (file_end > start)
        must(space_set(&m->space, (struct range){.start = start,
                                                 .end = file_end,
                                                 .prot = s->prot,
                                                 .source = SOURCE_EXEC}));
    if (end > file_end)
        must(space_set(&m->space, (struct range){.start = file_end, .end = end, .prot = s->prot}));
}

static void lay_out(struct memory *m, const struct start *start)
{
    space_init(&m->space, start->ranges, start->range_count);
    m->space.start = start->exec_base;
    m->space.place = start->arena_start;
    m->space.end = start->arena_end;
    m->exec = start->exec;
    m->nodes = start->nodes;
    m->exec_base = start->exec_base;
    m->run = start->run;
    for (uint32_t i = 0; i < exec_image.segment_count; i++)
        map_segment(m, &exec_image.segments[i]);
    m->brk_start = start->exec_base + exec_image.size + PAGE_SIZE;
    m->brk = m->brk_start;
    m->brk_end = m->brk_start + HEAP_ROOM;
    if (m->brk_end > start->arena_start)
        machine_stop(STOP_BUG); /* exec has outgrown the layout */
}

/* exec begins by relocating its data: brought now, all of it takes no exception. */
static void bring_data(struct kernel *k)
{
    for (uint32_t i = 0; i < exec_image.segment_count; i++) {
        const struct exec_segment *s = &exec_image.segments[i];
        if (s->prot & PROT_W && !user_ok(k, k->memory.exec_base + s->address, s->file_size, PROT_W))
            machine_stop(STOP_BUG);
    }
}

/* ---- its stack ---- */

struct stack_top {
    uint64_t argc;
    uint64_t argv[2];
    uint64_t environment[1];
    uint64_t auxv[20][2];
    uint8_t random[16];
    uint8_t cache_key[32];
    struct boot_record boot;
    char name[8];
};

static void fill(struct stack_top *t, const struct start *start, uint64_t at)
{
    const uint64_t name = at + offsetof(struct stack_top, name);
    const uint64_t key = at + offsetof(struct stack_top, cache_key);
    const uint64_t auxv[][2] = {
        {AT_PHDR, start->exec_base + exec_image.headers},
        {AT_PHENT, PROGRAM_HEADER_SIZE},
        {AT_PHNUM, exec_image.header_count},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_ENTRY, start->exec_base + exec_image.entry},
        {AT_HWCAP, machine_cpuid(1, 0).edx},
        {AT_HWCAP2, HWCAP2_FSGSBASE},
        {AT_CLKTCK, 100},
        {AT_SECURE, 0},
        {AT_RANDOM, at + offsetof(struct stack_top, random)},
        {AT_EXECFN, name},
        {AT_MINSIGSTKSZ, SIGNAL_STACK_MIN},
        {AT_ENARX_PORT, start->port},
        {AT_ENARX_BOOT, at + offsetof(struct stack_top, boot)},
        {start->cache_key != NULL ? AT_ENARX_CACHE_KEY : AT_IGNORE, key},
        {start->evidence != 0 ? AT_ENARX_EVIDENCE : AT_IGNORE, start->evidence},
        {start->clock != 0 ? AT_ENARX_CLOCK : AT_IGNORE, start->clock},
        {AT_NULL, 0},
    };
    _Static_assert(sizeof(auxv) <= sizeof(t->auxv), "auxiliary vector");
    memset(t, 0, sizeof(*t));
    memcpy(t->auxv, auxv, sizeof(auxv));
    memcpy(t->name, "exec", sizeof("exec"));
    t->argc = 1;
    t->argv[0] = name;
    random_fill(t->random, sizeof(t->random));
    if (start->cache_key != NULL)
        memcpy(t->cache_key, start->cache_key, sizeof(t->cache_key));
}

static uint64_t make_stack(struct kernel *k, const struct start *start)
{
    struct space *s = &k->memory.space;
    const uint64_t base = space_place(s, KERNEL_STACK_SIZE + KERNEL_STACK_GUARD);
    const uint64_t bottom = base + KERNEL_STACK_GUARD;
    const uint64_t top = bottom + KERNEL_STACK_SIZE;
    const uint64_t at = (top - sizeof(struct stack_top)) & ~15ull;
    must(space_set(s, (struct range){.start = base, .end = bottom}));
    must(space_set(s, (struct range){.start = bottom, .end = top, .prot = PROT_R | PROT_W}));
    if (!user_ok(k, at, sizeof(struct stack_top), PROT_W))
        machine_stop(STOP_BUG);
    struct stack_top *t = (struct stack_top *)at;
    machine_user_begin();
    fill(t, start, at);
    t->boot = k->boot;
    machine_user_end();
    return at;
}

void kernel_start(struct kernel *k, const struct start *start, struct frame *f)
{
    k->block = start->block;
    take_boot_record(k);
    lay_out(&k->memory, start);
    bring_data(k);
    *f = (struct frame){
        .rip = start->exec_base + exec_image.entry,
        .rsp = make_stack(k, start),
        .rflags = 2,
    };
}
