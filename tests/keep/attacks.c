/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile host does to a keep of any technology. Each attack lies in one way. */
#include "tests/keep/attacks.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PAGE      4096u
#define INT_MIN64 ((int64_t)1 << 63)

#define RACE_LIMIT 5      /* seconds: nobody else runs */
#define RACE_END   300    /* seconds, should its host be killed at once */
#define NOBODYS    0x4e4e /* a result that neither writes */

/* ---- the boot record ---- */

static struct boot_record *boot(struct host *h)
{
    return (struct boot_record *)(h->block + PORT_BOOT_OFFSET);
}
static void boot_spoilt(struct host *h) { boot(h)->magic ^= 1; }

static void boot_magic(struct host *h)
{
    boot_spoilt(h);
    host_made();
}

static void boot_version(struct host *h)
{
    boot(h)->version++;
    host_made();
}

static void boot_reserved(struct host *h)
{
    boot(h)->zero = 1;
    host_made();
}

static void boot_deploy(struct host *h)
{
    boot(h)->mode = BOOT_DEPLOY;
    host_made();
}

/* ---- exec's pages and their tree ---- */

static void page_bit(struct host *h)
{
    h->exec[h->value * PAGE + 100] ^= 1;
    host_made();
}

/* Other bytes than there were, or nothing is changed. */
static void replace(uint8_t *at, const uint8_t *from, size_t size)
{
    if (memcmp(at, from, size) != 0)
        host_made();
    memcpy(at, from, size);
}

static void pages_swapped(struct host *h)
{
    uint8_t page[PAGE];
    memcpy(page, h->exec + 2 * PAGE, PAGE);
    replace(h->exec + 2 * PAGE, h->exec + 3 * PAGE, PAGE);
    memcpy(h->exec + 3 * PAGE, page, PAGE);
}

/* A run of exec's own at another place, with the nodes that go with it there. */
static void run_moved(struct host *h) { replace(h->exec, h->exec + 16 * PAGE, 16 * PAGE); }

static void node_bit(struct host *h)
{
    for (size_t i = 2 * 32; i < h->nodes_size; i += 32) {
        h->nodes[i] ^= 1;
        host_made();
    }
}

/* ---- results of the port ---- */

int64_t attack_exits(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb == PORT_EXIT)
        host_end(f);
    (void)h;
    return honest;
}

static int64_t answer_value(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb != h->value || h->ports < 3)
        return attack_exits(h, f, honest);
    if (honest != (int64_t)h->value2)
        host_made();
    return (int64_t)h->value2;
}

/* In range, but as large as can be; handles that were never given. */
static int64_t most(const struct port_frame *f, int64_t honest)
{
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
    default:
        return honest;
    }
}

static int64_t answer_most(struct host *h, const struct port_frame *f, int64_t honest)
{
    const int64_t result = most(f, attack_exits(h, f, honest));
    if (result != honest)
        host_made();
    return result;
}

/* The end is answered, and the keep goes on, if it will. */
static int64_t answer_exit(struct host *h, const struct port_frame *f, int64_t honest)
{
    (void)h;
    if (f->verb == PORT_EXIT)
        host_made();
    return honest;
}

/* ---- clocks ---- */

static int64_t clock_lies(struct host *h, const struct port_frame *f, int64_t honest)
{
    static const int64_t lies[] = {1000000000000, 5, INT64_MAX, 0, 999999999999, 7, INT64_MAX - 1};
    if (f->verb != PORT_CLOCK)
        return attack_exits(h, f, honest);
    host_made();
    return lies[h->ports % (sizeof(lies) / sizeof(lies[0]))];
}

/* Each call a second earlier. */
static int64_t clock_back(struct host *h, const struct port_frame *f, int64_t honest)
{
    if (f->verb != PORT_CLOCK)
        return attack_exits(h, f, honest);
    host_made();
    return INT64_MAX / 2 - (int64_t)h->ports * 1000000000;
}

/* ---- a second processor that writes to the block meanwhile ---- */

static volatile int64_t *result_in(const struct host *h)
{
    return (volatile int64_t *)(h->block + PORT_FRAME_OFFSET + offsetof(struct port_frame, result));
}

/* The result is legal one moment and not the next. It ends with the host. */
_Noreturn static void write_for_ever(volatile int64_t *result)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(RACE_END);
    for (;;) {
        *result = 64;
        *result = 65;
        *result = INT_MIN64;
        *result = 0;
    }
}

/* Between this host's answer and the keep's look at it: another's. */
static bool was_overwritten(const struct host *h)
{
    const time_t until = time(NULL) + RACE_LIMIT;
    *result_in(h) = NOBODYS;
    while (*result_in(h) == NOBODYS && time(NULL) < until)
        sched_yield();
    return *result_in(h) != NOBODYS;
}

/* The guest has learnt by its first call what to do: a wrong name of a test would be no
 * attack. Each answer from then on is the other processor's, whenever the keep looks. */
static void race(struct host *h)
{
    if (h->ports < 2)
        return;
    if (!h->done && fork() == 0)
        write_for_ever(result_in(h));
    h->done = true;
    if (was_overwritten(h))
        host_made();
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
    {.name = "again", .start = boot_spoilt, .again = true},
    {.name = "race", .exited = race},
    {.name = NULL},
};
