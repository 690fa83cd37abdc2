/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: what the surroundings say; see clock.h. */
#include "exec/wasi/clock.h"

#include "exec/wasi/state.h"

#define RESOLUTION_NS 1u

bool clock_is_known(uint64_t id) { return id == CLOCKID_REALTIME || id == CLOCKID_MONOTONIC; }

uint64_t clock_now(const struct wasi *w, uint64_t id)
{
    const struct wasi_host *host = &w->config.host;
    return host->now(host->context, id == CLOCKID_MONOTONIC);
}

uint32_t wasi_clock_res_get(maybe_unused struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *resolution = mem_at(mem, args[1], 8, 8);
    if (resolution == NULL)
        return WASI_EFAULT;
    if (!clock_is_known(args[0]))
        return WASI_EINVAL;
    mem_put64(resolution, RESOLUTION_NS);
    return WASI_SUCCESS;
}

uint32_t wasi_clock_time_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    uint8_t *time = mem_at(mem, args[2], 8, 8);
    if (time == NULL)
        return WASI_EFAULT;
    if (!clock_is_known(args[0]))
        return WASI_EINVAL;
    mem_put64(time, clock_now(w, args[0]));
    return WASI_SUCCESS;
}
