/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile host does to a keep of any technology. Each attack lies in one way. */
#include "tests/keep/attacks.h"

#include <string.h>
#include <unistd.h>

#define PAGE      4096u
#define INT_MIN64 ((int64_t)1 << 63)

/* ---- the boot record ---- */

static struct boot_record *boot(struct host *h)
{
    return (struct boot_record *)(h->block + PORT_BOOT_OFFSET);
}
static void boot_magic(struct host *h) { boot(h)->magic ^= 1; }
static void boot_version(struct host *h) { boot(h)->version++; }
static void boot_reserved(struct host *h) { boot(h)->zero = 1; }
static void boot_deploy(struct host *h) { boot(h)->mode = BOOT_DEPLOY; }

/* ---- exec's pages and their tree ---- */

static void page_bit(struct host *h) { h->exec[h->value * PAGE + 100] ^= 1; }

static void pages_swapped(struct host *h)
{
    uint8_t page[PAGE];
    memcpy(page, h->exec + 2 * PAGE, PAGE);
    memcpy(h->exec + 2 * PAGE, h->exec + 3 * PAGE, PAGE);
    memcpy(h->exec + 3 * PAGE, page, PAGE);
}

/* A run of exec's own at another place, with the nodes that go with it there. */
static void run_moved(struct host *h) { memcpy(h->exec, h->exec + 16 * PAGE, 16 * PAGE); }

static void node_bit(struct host *h)
{
    for (size_t i = 2 * 32; i < h->nodes_size; i += 32)
        h->nodes[i] ^= 1;
}

/* ---- results of the port ---- */

static int64_t answer_value(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb != h->value || h->ports < 3)
        return honest;
    h->done = true;
    return (int64_t)h->value2;
}

/* In range, but as large as can be; handles that were never given. */
static int64_t answer_most(struct host *h, const struct port_frame *f, int64_t honest)
{
    (void)h;
    switch (f->verb) {
    case PORT_READ:
        return (int64_t)f->out_size;
    case PORT_WRITE:
    case PORT_STORE:
        return (int64_t)f->in_size;
    case PORT_POLL:
        return (int64_t)(f->in_size / PORT_POLL_ROW);
    case PORT_ACCEPT:
    case PORT_LISTEN:
    case PORT_CONNECT:
        return PORT_HANDLE_MAX;
    case PORT_EXIT:
        host_end(f);
    default:
        return honest;
    }
}

static int64_t answer_exit(struct host *h, const struct port_frame *f, int64_t honest)
{
    (void)h;
    (void)f;
    return honest; /* and the keep goes on, if it will */
}

/* ---- clocks ---- */

int64_t attack_exits(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb == PORT_EXIT)
        host_end(f);
    (void)h;
    return honest;
}

static int64_t clock_lies(struct host *h, const struct port_frame *f, int64_t honest)
{
    static const int64_t lies[] = {1000000000000, 5, INT64_MAX, 0, 999999999999, 7, INT64_MAX - 1};
    if (f->verb != PORT_CLOCK)
        return attack_exits(h, f, honest);
    return lies[h->ports % (sizeof(lies) / sizeof(lies[0]))];
}

/* Each call a second earlier. */
static int64_t clock_back(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb != PORT_CLOCK)
        return attack_exits(h, f, honest);
    return INT64_MAX / 2 - (int64_t)h->ports * 1000000000;
}

/* ---- a second processor that writes to the block meanwhile ---- */

/* The result is legal one moment and not the next. The guest has learnt by its first
 * call what to do: a wrong name of a test would be no attack. */
static void race(struct host *h)
{
    if (h->ports != 2 || h->done)
        return;
    h->done = true;
    if (fork() != 0)
        return;
    volatile int64_t *result =
        (volatile int64_t *)(h->block + PORT_FRAME_OFFSET + offsetof(struct port_frame, result));
    for (;;) {
        *result = 64;
        *result = 65;
        *result = INT_MIN64;
        *result = 0;
        if (getppid() == 1)
            _exit(0);
    }
}

const struct attack attacks[] = {
    {.name = "none"},
    {.name = "boot_magic", .start = boot_magic},
    {.name = "boot_version", .start = boot_version},
    {.name = "boot_reserved", .start = boot_reserved},
    {.name = "deploy", .start = boot_deploy},
    {.name = "page_bit", .start = page_bit},
    {.name = "pages_swapped", .start = pages_swapped},
    {.name = "run_moved", .start = run_moved},
    {.name = "node_bit", .start = node_bit},
    {.name = "answer_value", .answer = answer_value},
    {.name = "answer_most", .answer = answer_most},
    {.name = "answer_exit", .answer = answer_exit},
    {.name = "clock_lies", .answer = clock_lies},
    {.name = "clock_back", .answer = clock_back},
    {.name = "again", .start = boot_magic, .again = true},
    {.name = "race", .exited = race},
    {.name = NULL},
};
