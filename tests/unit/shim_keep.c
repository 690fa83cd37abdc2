/* SPDX-License-Identifier: Apache-2.0 */
/* A keep for the tests of shim/core; see shim_keep.h. */
#include "tests/unit/shim_keep.h"

#include "shim/core/tree.h"
#include "shim/x86/fs.h"
#include "shim/x86/sha_ni.h"

#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct keep keep;

/* Writable, under the name of what the build measures. */
struct exec_image keep_image;
__asm__(".globl exec_image\n\t.set exec_image, keep_image");

static no_return void broken(const char *what, uint64_t at)
{
    fprintf(stderr, "machine.h: %s at 0x%lx\n", what, at - (uint64_t)keep.base);
    abort();
}

static uint64_t random_state = 1;

uint64_t keep_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 20;
}

/* ---- endings ---- */

enum ending keep_went_on(void)
{
    keep.catching = false;
    return WENT_ON;
}

static enum ending ended;

enum ending keep_ended(void)
{
    keep.catching = false;
    return ended;
}

static no_return void stop(enum ending how)
{
    if (!keep.catching) {
        fprintf(stderr, "the keep stopped: %d, %s\n", how, keep.log);
        abort();
    }
    ended = how;
    keep.user = false;
    longjmp(keep.stopped, 1);
}

no_return void machine_stop(enum machine_stop why) { stop(STOPPED_ENDED + why); }

no_return void port_attacked(uint32_t verb, int64_t result)
{
    (void)verb;
    (void)result;
    stop(STOPPED_PORT);
}

/* ---- pages ---- */

uint8_t *keep_page(uint64_t address)
{
    const uint64_t offset = address - (uint64_t)keep.base;
    if (offset >= KEEP_SIZE)
        broken("no address of the keep's", address);
    return &keep.pages[offset / PAGE_SIZE];
}

/* The first page from `page` on that is present; `end`: none. */
static uint64_t next_present(uint64_t page, uint64_t end)
{
    const uint8_t *first = keep.pages + (page - (uint64_t)keep.base) / PAGE_SIZE;
    const uint8_t *last = keep.pages + (end - (uint64_t)keep.base) / PAGE_SIZE;
    const uint8_t *at = first;
    static const uint8_t none[512];
    while (at < last && *at == 0)
        at += last - at >= 512 && memcmp(at, none, 512) == 0 ? 512 : 1;
    return page + (uint64_t)(at - first) * PAGE_SIZE;
}

static void set(uint64_t start, uint64_t end, uint8_t state)
{
    if ((start | end) % PAGE_SIZE != 0 || start >= end)
        broken("no whole pages", start);
    (void)keep_page(end - 1);
    memset(keep_page(start), state, (end - start) / PAGE_SIZE);
    if (mprotect((void *)start, end - start, state & 7) != 0)
        broken("mprotect", start);
}

static void check_prot(uint64_t page, unsigned prot)
{
    if (prot > 7 || (prot & (PROT_W | PROT_X)) == (PROT_W | PROT_X))
        broken("writable and executable", page);
    if (prot != 0 && !(prot & PROT_R)) /* [SDM 3D 35.11] no such page of an enclave */
        broken("a page that is not readable", page);
}

bool machine_present(uint64_t page)
{
    if (page % PAGE_SIZE != 0)
        broken("no page", page);
    return *keep_page(page) != 0;
}

void machine_add(uint64_t start, uint64_t end, unsigned prot)
{
    check_prot(start, prot);
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        if (machine_present(page))
            broken("added twice", page);
        keep.added++;
    }
    set(start, end, (uint8_t)(PRESENT | prot));
}

void machine_publish(uint64_t page, const void *from, unsigned prot)
{
    check_prot(page, prot);
    if (machine_present(page))
        broken("published twice", page);
    if (!(*keep_page((uint64_t)from) & PROT_R) || (uint64_t)from % PAGE_SIZE != 0)
        broken("published from what is no readable page", page);
    set(page, page + PAGE_SIZE, PRESENT | PROT_R | PROT_W);
    memcpy((void *)page, from, PAGE_SIZE);
    set(page, page + PAGE_SIZE, (uint8_t)(PRESENT | prot));
    keep.published++;
}

void machine_protect(uint64_t start, uint64_t end, unsigned from, unsigned to)
{
    check_prot(start, to);
    if ((start | end) % PAGE_SIZE != 0)
        broken("no whole pages", start);
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        if (!machine_present(page))
            continue;
        if (*keep_page(page) != (PRESENT | from))
            broken("it had another permission", page);
        set(page, page + PAGE_SIZE, (uint8_t)(PRESENT | to));
        keep.protected ++;
    }
}

void machine_drop(uint64_t start, uint64_t end)
{
    if ((start | end) % PAGE_SIZE != 0)
        broken("no whole pages", start);
    if (start < end)
        (void)keep_page(end - 1);
    for (uint64_t page = next_present(start, end); page < end; page = next_present(page, end)) {
        set(page, page + PAGE_SIZE, 0);
        madvise((void *)page, PAGE_SIZE, MADV_DONTNEED);
        keep.dropped++;
    }
}

void machine_read_exec(const struct shared *exec, size_t offset, void *to, size_t size)
{
    if (offset / TREE_RUN_BYTES != (offset + size - 1) / TREE_RUN_BYTES)
        broken("across runs", offset);
    shared_read(exec, offset, to, size);
}

uint64_t fs_get(void) { return keep.fs; }
void fs_set(uint64_t base) { keep.fs = base; }
bool sha_ni_there(void) { return keep.sha; }
struct cpuid machine_cpuid(uint32_t leaf, uint32_t subleaf) { return cpuid_answer(leaf, subleaf); }

void machine_user_begin(void)
{
    if (keep.user)
        broken("begun twice", (uint64_t)keep.base);
    keep.user = true;
}

void machine_user_end(void)
{
    if (!keep.user)
        broken("ended without a beginning", (uint64_t)keep.base);
    keep.user = false;
}

/* ---- the host ---- */

void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    const uint8_t *at = (const uint8_t *)from + offset;
    if ((uint64_t)at - (uint64_t)keep.base < KEEP_SIZE)
        broken("shared memory inside", (uint64_t)at);
    if (size > 0)
        memcpy(to, at, size);
    if (keep.on_read != NULL)
        keep.on_read(at, size);
}

void shared_write(struct shared *to, size_t offset, const void *from, size_t size)
{
    if (size > 0)
        memcpy((uint8_t *)to + offset, from, size);
}

static int64_t answer(const struct port_frame *f)
{
    if (keep.lies)
        return keep.result;
    switch (f->verb) {
    case PORT_CLOCK:
        return f->arg[0] <= PORT_CLOCK_MONOTONIC ? keep.time[f->arg[0]] : -22;
    case PORT_POLL:
        for (unsigned i = 0; i < 2 && keep.poll_waits; i++) {
            const uint64_t left = (uint64_t)(INT64_MAX - keep.time[i]);
            keep.time[i] += (int64_t)(f->arg[0] < left ? f->arg[0] : left);
        }
        return 0;
    case PORT_LOG:
        return 0;
    default:
        return keep.result;
    }
}

void port_enter(struct shared *block)
{
    struct port_frame *f = &keep.frame;
    if ((uint8_t *)block != keep.block)
        broken("another block", (uint64_t)block);
    memcpy(f, keep.block + PORT_FRAME_OFFSET, sizeof(*f));
    if (++keep.calls > KEEP_CALLS_MAX) /* a wait that takes for ever */
        stop(EXITED);
    if (f->verb == PORT_LOG) {
        memcpy(keep.log, keep.block + PORT_DATA_OFFSET, f->in_size);
        keep.log[f->in_size] = '\0';
    }
    if (f->verb == PORT_EXIT && !keep.lies) {
        memcpy(keep.exit, f->arg, sizeof(keep.exit));
        stop(EXITED);
    }
    const int64_t result = answer(f);
    memcpy(keep.block + PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
           sizeof(result));
}

/* ---- exec ---- */

/* Like a linked program: the text ends and the data begins in page 21 of the file,
 * the data's last page holds what follows in the file, then come zeroes alone. */
static const struct exec_image shape = {
    .page_count = EXEC_PAGES,
    .run_count = 4,
    .segment_count = 3,
    .header_count = 9,
    .headers = 64,
    .entry = 0x5040,
    .size = 43 * PAGE_SIZE,
    .segments =
        {
            {0, 5 * PAGE_SIZE, 0, 5 * PAGE_SIZE - 99, PROT_R},
            {5 * PAGE_SIZE, 17 * PAGE_SIZE, 5, 16 * PAGE_SIZE + 100, PROT_R | PROT_X},
            {23 * PAGE_SIZE, 20 * PAGE_SIZE, 21, 14 * PAGE_SIZE + 200, PROT_R | PROT_W},
        },
};

static uint8_t *allocate(size_t size)
{
    uint8_t *memory = aligned_alloc(PAGE_SIZE, size);
    if (memory == NULL)
        abort();
    memset(memory, 0, size);
    return memory;
}

static void make_exec(void)
{
    const size_t size = (size_t)EXEC_PAGES * PAGE_SIZE;
    uint8_t *padded = calloc(4, TREE_RUN_BYTES);
    keep_image = shape;
    keep.exec = allocate(size);
    keep.nodes = allocate(PAGE_SIZE);
    for (size_t i = 0; i < size; i++)
        keep.exec[i] = (uint8_t)keep_random() | 1;
    memcpy(padded, keep.exec, size);
    for (uint32_t i = 0; i * TREE_RUN < EXEC_PAGES; i++)
        tree_hash_run(padded + (size_t)i * TREE_RUN_BYTES, i * TREE_RUN, EXEC_PAGES,
                      keep.nodes + (size_t)(4 + i) * TREE_NODE);
    for (uint32_t i = 3; i > 0; i--)
        tree_hash_pair(keep.nodes + 2 * (size_t)i * TREE_NODE,
                       keep.nodes + (2 * (size_t)i + 1) * TREE_NODE,
                       keep.nodes + (size_t)i * TREE_NODE);
    memcpy(keep_image.root, keep.nodes + TREE_NODE, TREE_NODE);
    free(padded);
}

/* [SDM 2A CPUID] */
static bool has_sha(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

void keep_init(struct kernel *k)
{
    const struct boot_record boot = {
        .magic = BOOT_MAGIC, .version = PORT_VERSION, .mode = BOOT_LOCAL, .cpus = 4};
    memset(k, 0, sizeof(*k));
    memset(&keep, 0, sizeof(keep));
    keep.sha = has_sha();
    keep.base = mmap((void *)KEEP_HINT, KEEP_SIZE, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (keep.base == MAP_FAILED)
        abort();
    keep.pages = calloc(KEEP_SIZE / PAGE_SIZE, 1);
    keep.block = allocate(PORT_BLOCK_SIZE);
    keep.time[PORT_CLOCK_REALTIME] = 1700000000000000000;
    keep.time[PORT_CLOCK_MONOTONIC] = 5000000000;
    memcpy(keep.block + PORT_BOOT_OFFSET, &boot, sizeof(boot));
    make_exec();
    const uint64_t run = (uint64_t)keep.base + KEEP_RUN;
    set(run, run + TREE_RUN_BYTES, PRESENT | PROT_R | PROT_W);
}

void keep_fini(void)
{
    munmap(keep.base, KEEP_SIZE);
    free(keep.pages);
    free(keep.block);
    free(keep.exec);
    free(keep.nodes);
}

struct start keep_start_arguments(void)
{
    const uint64_t base = (uint64_t)keep.base;
    return (struct start){
        .block = (struct shared *)keep.block,
        .exec = (const struct shared *)keep.exec,
        .nodes = (const struct shared *)keep.nodes,
        .exec_base = base + KEEP_EXEC,
        .arena_start = base + KEEP_ARENA,
        .arena_end = base + KEEP_SIZE,
        .ranges = (struct range *)(base + KEEP_RANGES),
        .range_count = (1u << 20) / sizeof(struct range),
        .run = keep.base + KEEP_RUN,
        .port = 0x1111,
    };
}

void keep_start(struct kernel *k, struct frame *f)
{
    keep_init(k);
    const struct start start = keep_start_arguments();
    kernel_start(k, &start, f);
}

void keep_restart(struct kernel *k, struct frame *f)
{
    const struct start start = keep_start_arguments();
    machine_drop((uint64_t)keep.base, (uint64_t)keep.base + KEEP_RUN);
    machine_drop((uint64_t)keep.base + KEEP_EXEC, (uint64_t)keep.base + KEEP_SIZE);
    memset(k, 0, sizeof(*k));
    keep.calls = 0;
    keep.lies = false;
    keep.time[PORT_CLOCK_REALTIME] = 1700000000000000000;
    keep.time[PORT_CLOCK_MONOTONIC] = 5000000000;
    kernel_start(k, &start, f);
}

/* ---- exec's part ---- */

int64_t keep_call(struct kernel *k, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                  uint64_t e)
{
    struct frame f = {.rax = number, .rdi = a, .rsi = b, .rdx = c, .r10 = d, .r8 = e};
    return (int64_t)kernel_call(k, &f);
}

uint64_t keep_room(struct kernel *k, uint64_t size)
{
    const uint64_t a[6] = {0, size, PROT_R | PROT_W, 0x22};
    const int64_t at = memory_mmap(k, a);
    if (at < 0 || !user_ok(k, (uint64_t)at, size, PROT_W))
        abort();
    return (uint64_t)at;
}

static bool fault(struct kernel *k, struct frame *f, uint64_t at, unsigned prot, uint32_t error)
{
    const uint64_t rsp = f->rsp;
    while (!(*keep_page(at) & prot)) {
        const unsigned before = keep.added + keep.published;
        kernel_fault(
            k, f,
            &(struct fault){.vector = 14, .error = error | (*keep_page(at) != 0), .address = at});
        if (f->rsp != rsp) /* in a handler */
            return false;
        if (keep.added + keep.published == before)
            broken("it goes on, and nothing has changed", at);
    }
    return true;
}

bool keep_load(struct kernel *k, struct frame *f, uint64_t at, uint8_t *byte)
{
    if (!fault(k, f, at, PROT_R, 4))
        return false;
    *byte = *(uint8_t *)at;
    return true;
}

bool keep_store(struct kernel *k, struct frame *f, uint64_t at, uint8_t byte)
{
    if (!fault(k, f, at, PROT_W, 6))
        return false;
    *(uint8_t *)at = byte;
    return true;
}

void keep_check(const struct kernel *k)
{
    const struct space *s = &k->memory.space;
    const uint64_t end = (uint64_t)keep.base + KEEP_SIZE;
    size_t i = 0;
    for (size_t n = 0; n + 1 < s->count; n++) {
        const struct range *r = &s->ranges[n];
        if (r->start >= r->end || r->end > r[1].start)
            broken("ranges out of order", r->start);
        if (r->end == r[1].start && r->prot == r[1].prot && r->source == r[1].source)
            broken("equal neighbours", r->end);
    }
    uint64_t page = next_present((uint64_t)keep.base + KEEP_EXEC, end);
    for (; page < end; page = next_present(page + PAGE_SIZE, end)) {
        const uint8_t state = *keep_page(page);
        while (i < s->count && s->ranges[i].end <= page)
            i++;
        if (i == s->count || s->ranges[i].start > page)
            broken("present, and not on the map", page);
        if (state != (PRESENT | s->ranges[i].prot))
            broken("another permission than on the map", page);
    }
}
