/* SPDX-License-Identifier: Apache-2.0 */
/* The program as a process: its end, and randomness. Trusts getrandom(2), which
 * in a keep is the shim's. */
#include "exec/wasi/state.h"

#include <errno.h>
#include <sys/random.h>

uint32_t wasi_proc_exit(struct wasi *w, maybe_unused struct mem mem, const uint64_t *args)
{
    w->exit_status = (uint32_t)args[0];
    return WASI_EXITED;
}

uint32_t wasi_proc_raise(maybe_unused struct wasi *w, maybe_unused struct mem mem,
                         maybe_unused const uint64_t *args)
{
    return WASI_ENOTSUP;
}

/* Nothing else runs in a keep. */
uint32_t wasi_sched_yield(maybe_unused struct wasi *w, maybe_unused struct mem mem,
                          maybe_unused const uint64_t *args)
{
    return WASI_SUCCESS;
}

uint32_t wasi_random_get(maybe_unused struct wasi *w, struct mem mem, const uint64_t *args)
{
    size_t size = args[1];
    uint8_t *to = mem_at(mem, args[0], size, 1);
    if (to == NULL)
        return WASI_EFAULT;
    while (size > 0) {
        ssize_t n = getrandom(to, size, 0);
        if (n < 0 && errno != EINTR)
            return wasi_errno_of(-errno);
        if (n > 0) {
            to += n;
            size -= (size_t)n;
        }
    }
    return WASI_SUCCESS;
}
