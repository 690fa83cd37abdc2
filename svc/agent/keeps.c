/* SPDX-License-Identifier: Apache-2.0 */
/* The keeps of an agent; see keeps.h. */
#define _GNU_SOURCE
#include "svc/agent/keeps.h"

#include "base/hex.h"
#include "host/clock.h"
#include "svc/agent/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TICK_MS       90u                 /* at the least between two looks */
#define ENDED_MAX     256u                /* that are remembered */
#define ENDED_KEPT_MS (10u * 60u * 1000u) /* and how long */
#define ENCLAVE_OWN   (1ull << 30)        /* bytes, for exec and what it compiles */

/* A user that no living keep is. */
static uint32_t free_slot(const struct keeps *keeps)
{
    uint32_t slot = 0;
    for (const struct hosted *h = keeps->list; h != NULL;) {
        const bool taken = h->exit.fd >= 0 && h->slot == slot;
        slot += taken;
        h = taken ? keeps->list : h->next;
    }
    return slot;
}

static int make_id(char id[static KEEP_ID_SIZE])
{
    uint8_t random[(KEEP_ID_SIZE - 2) / 2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    id[0] = 'k';
    hex_put((struct bytes){.data = random, .size = sizeof(random)}, id + 1);
    return 0;
}

/* Whether the host still has something to do for it. A keep that has ended while it was being
 * connected is one of its owner's until that is over: else one owner's that come and go would
 * take the ushers of all. */
static bool takes_a_place(const struct hosted *h)
{
    return h->exit.fd >= 0 || CHECKED(quota_ushers, ushers_busy(h->keeps->ushers, h->id), false);
}

/* The most that an enclave is told it may have: the program's memory, its heap of GC objects,
 * files, and its own. */
static uint64_t enclave_room(const struct agent_config *c)
{
    return c->memory_max > (UINT64_MAX - ENCLAVE_OWN) / 3 ? UINT64_MAX
                                                          : 3 * c->memory_max + ENCLAVE_OWN;
}

static bool is_enclave(const struct backend *backend)
{
    return backend->technology == TECHNOLOGY_SGX;
}

/* No control group counts their pages, so that what one may take is kept for it. One by itself
 * has all there is. */
static bool enclaves_fit(const struct keeps *keeps, const struct backend *backend)
{
    const struct agent_config *c = keeps->config;
    uint64_t most = c->enclave_memory_max, others = 0;
    if (most == 0 && backend->enclave_memory != NULL)
        most = backend->enclave_memory();
    for (const struct hosted *h = keeps->list; h != NULL; h = h->next)
        others += h->exit.fd >= 0 && is_enclave(h->backend);
    const bool bounded = is_enclave(backend) && most != 0 && others > 0;
    return !bounded || (c->memory_max != 0 && others < most / enclave_room(c));
}

static int check_quota(const struct keeps *keeps, const struct backend *backend, const char *owner,
                       struct fault *fault)
{
    const struct agent_config *c = keeps->config;
    uint32_t own = 0;
    for (const struct hosted *h = keeps->list; h != NULL; h = h->next)
        own += strcmp(h->owner, owner) == 0 && takes_a_place(h);
    if (!CHECK(quota_owner, own < c->keeps_of_one_max))
        return fault_set(fault, -EDQUOT,
                         "you have %" PRIu32 " keeps here, as many as one may have; end one first",
                         own);
    if (!CHECK(quota_host, keeps->living < c->keeps_max))
        return fault_set(fault, -ENOSPC,
                         "this host has as many keeps as it takes; try again later");
    if (!CHECK(quota_enclaves, enclaves_fit(keeps, backend)))
        return fault_set(fault, -ENOSPC,
                         "this host's enclave memory is promised to other keeps; try again later "
                         "(its operator: --max-enclave-memory, --max-memory)");
    return 0;
}

int keeps_create(struct keeps *keeps, const struct backend *backend, const char *owner,
                 struct hosted **out, struct fault *fault)
{
    int error = check_quota(keeps, backend, owner, fault);
    struct hosted *h = error < 0 ? NULL : calloc(1, sizeof(*h));
    if (h == NULL)
        return error < 0 ? error : fault_set(fault, -ENOMEM, "out of memory");
    h->keeps = keeps;
    h->backend = backend;
    h->exit.fd = h->log.fd = -1;
    h->slot = free_slot(keeps);
    h->created = time(NULL);
    h->created_ms = h->left_ms = clock_ms();
    snprintf(h->owner, sizeof(h->owner), "%s", owner);
    error = make_id(h->id);
    error =
        error < 0 ? fault_set(fault, error, "there are no random numbers") : hosted_start(h, fault);
    if (error < 0) {
        keeps->numbers.failed++;
        free(h);
        return error;
    }
    h->next = keeps->list;
    keeps->list = h;
    keeps->numbers.created++;
    audit_say(keeps->audit, "keep %s of %s begins: %s", h->id, h->owner, backend->name);
    *out = h;
    return 0;
}

struct hosted *keeps_find(const struct keeps *keeps, const char *id, const char *owner)
{
    for (struct hosted *h = keeps->list; h != NULL; h = h->next) {
        if (strcmp(h->id, id) == 0)
            return CHECK(owner_keep, strcmp(h->owner, owner) == 0) ? h : NULL;
    }
    return NULL;
}

/* Sessions hold on to it. */
static bool is_forgettable(const struct hosted *h, uint64_t now, size_t ended)
{
    return h->exit.fd < 0 && h->sessions == 0 &&
           (ended > ENDED_MAX || now - h->ended_ms >= ENDED_KEPT_MS) && !takes_a_place(h);
}

static void forget(struct hosted **at)
{
    struct hosted *h = *at;
    h->keeps->numbers.received += h->received;
    h->keeps->numbers.sent += h->sent;
    *at = h->next;
    free(h);
}

void keeps_tick(struct keeps *keeps)
{
    const uint64_t now = clock_ms();
    const bool new_second = keeps->second != now / 1000;
    size_t ended = 0;
    if (now < keeps->next_tick)
        return;
    keeps->next_tick = now + TICK_MS;
    keeps->second = now / 1000;
    for (struct hosted **at = &keeps->list; *at != NULL;) {
        struct hosted *h = *at;
        hosted_tick(h, now, new_second);
        ended += h->exit.fd < 0;
        if (is_forgettable(h, now, ended))
            forget(at);
        else
            at = &h->next;
    }
}

/* ---- all of them ---- */

void keeps_open(struct keeps *keeps, struct loop *loop, const struct agent_config *config,
                int dir_fd, struct audit *audit)
{
    const struct isolation wish = {.parts = ISOLATION_ALL, .id = config->id_first};
    *keeps = (struct keeps){
        .loop = loop,
        .config = config,
        .audit = audit,
        .dir_fd = dir_fd,
        .isolation = {.parts = isolation_probe(&wish), .id = config->id_first},
        .groups.fd = -1,
    };
    (void)!cgroups_open(&keeps->groups);
}

void keeps_close(struct keeps *keeps)
{
    for (struct hosted *h = keeps->list; h != NULL; h = h->next)
        hosted_end(h, NULL);
    while (keeps->list != NULL) {
        if (keeps->list->exit.fd >= 0)
            hosted_reap(keeps->list);
        forget(&keeps->list);
    }
    cgroups_close(&keeps->groups);
}
