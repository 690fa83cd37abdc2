/* SPDX-License-Identifier: Apache-2.0 */
/* The process of a keep, from its order to the keep; see order.h. Trusts the agent, which
 * started it; has nothing of the agent's but what it was handed. */
#define _GNU_SOURCE
#include "host/backend.h"
#include "svc/agent/check.h"
#include "svc/agent/order.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static no_return void give_up(const char *why)
{
    dprintf(STDERR_FILENO, "enarx: cannot start the keep: %s\n", why);
    _exit(1);
}

/* The agent alone reads the log: it lives as long as that does. */
static bool agent_lives(int log_fd)
{
    struct pollfd log = {.fd = log_fd};
    return poll(&log, 1, 0) == 0;
}

/* Where the agent dies, so does the keep. */
static int follow_agent(int log_fd)
{
    if (!CHECK(process_follows, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0))
        return -errno;
    return agent_lives(log_fd) ? 0 : -ESRCH;
}

static int limit(__rlimit_resource_t what, uint64_t most)
{
    const struct rlimit limits = {.rlim_cur = most, .rlim_max = most};
    return most != 0 && setrlimit(what, &limits) < 0 ? -errno : 0;
}

/* The kernel forgets whom a process follows when it becomes another user. */
static int isolate(const struct keep *keep, void *context)
{
    const struct order *order = context;
    int error = CHECKED(quota_processor, limit(RLIMIT_CPU, order->cpu_max), 0);
    if (error == 0)
        error = CHECKED(quota_data, limit(RLIMIT_DATA, order->memory_max), 0);
    if (error == 0)
        error = CHECKED(process_alone, isolation_enter(&order->isolation), 0);
    return error == 0 ? follow_agent(keep->log_fd) : error;
}

static struct order_page *map_page(void)
{
    struct stat st;
    if (fstat(ORDER_FD, &st) < 0 || st.st_size != (off_t)sizeof(struct order_page))
        return NULL;
    void *page =
        mmap(NULL, sizeof(struct order_page), PROT_READ | PROT_WRITE, MAP_SHARED, ORDER_FD, 0);
    return page == MAP_FAILED ? NULL : page;
}

/* For peers; without it they are refused. */
static struct bytes take_collateral(void)
{
    struct stat st;
    uint8_t *data = NULL;
    if (fstat(COLLATERAL_FD, &st) == 0 && st.st_size > 0)
        data = malloc((size_t)st.st_size);
    const bool read =
        data != NULL && pread(COLLATERAL_FD, data, (size_t)st.st_size, 0) == st.st_size;
    close(COLLATERAL_FD);
    if (read)
        return (struct bytes){.data = data, .size = (size_t)st.st_size};
    free(data);
    return (struct bytes){0};
}

no_return void keep_process(void)
{
    static struct order order;
    struct order_page *page = map_page();
    if (page == NULL || page->order.size != sizeof(order))
        give_up("this command is for 'enarx host' to call");
    order = page->order;
    const struct backend *backend = backend_find(order.backend);
    if (backend == NULL)
        give_up("there is no such backend");
    if (follow_agent(STDERR_FILENO) < 0)
        _exit(1);
    struct endpoint channel = {.fd = LISTEN_FD};
    struct keep keep = {
        .boot =
            {
                .magic = BOOT_MAGIC,
                .version = PORT_VERSION,
                .mode = BOOT_DEPLOY,
                .cpus = 1,
                .memory_size = order.memory_max,
                .files_size = order.memory_max,
            },
        .endpoints = &channel,
        .endpoint_count = 1,
        .code_fd = -1,
        .usher_fd = USHER_FD,
        .collateral = take_collateral(),
        .signature = {.data = (const uint8_t *)&order.signature, .size = order.signature_size},
        .log_level = order.log_level,
        .isolate = isolate,
        .isolate_context = &order,
    };
    keep_become(backend, &keep, &page->report);
}
