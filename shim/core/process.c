/* SPDX-License-Identifier: Apache-2.0 */
/* System calls about the process, and the few that need the host or the processor. */
#include "shim/core/check.h"
#include "shim/core/errno.h"
#include "shim/core/kernel.h"
#include "shim/core/port.h"
#include "shim/core/string.h"
#include "shim/x86/fs.h"
#include "shim/x86/random.h"

/* [Linux uapi asm/prctl.h, linux/resource.h, linux/futex.h] */
#define ARCH_SET_FS 0x1002u
#define ARCH_GET_FS 0x1003u

#define RLIMIT_STACK  3u
#define RLIM_INFINITY UINT64_MAX

#define FUTEX_WAIT        0u
#define FUTEX_WAKE        1u
#define FUTEX_WAIT_BITSET 9u
#define FUTEX_WAKE_BITSET 10u
#define FUTEX_COMMAND     0x7fu
#define FUTEX_REALTIME    0x100u

#define SECOND 1000000000ull

int64_t process_arch_prctl(struct kernel *k, const uint64_t *a)
{
    const struct space *s = &k->memory.space;
    const uint64_t fs = fs_get();
    switch (a[0]) {
    case ARCH_SET_FS:
        if (!CHECK(fs_range, a[1] >= s->start && a[1] < s->end))
            return -EPERM;
        fs_set(a[1]);
        return 0;
    case ARCH_GET_FS:
        return user_write(k, a[1], &fs, sizeof(fs));
    default:
        return -EINVAL;
    }
}

/* Limits are only read. */
int64_t process_prlimit64(struct kernel *k, const uint64_t *a)
{
    const uint64_t size = a[1] == RLIMIT_STACK ? KERNEL_STACK_SIZE : RLIM_INFINITY;
    const uint64_t limit[2] = {size, size};
    if (a[0] > 1 || a[1] > 15)
        return -EINVAL;
    if (a[2] != 0)
        return -EPERM;
    return a[3] == 0 ? 0 : user_write(k, a[3], limit, sizeof(limit));
}

int64_t process_sched_getaffinity(struct kernel *k, const uint64_t *a)
{
    const uint64_t one_cpu = 1;
    if (a[0] > 1 || a[1] < sizeof(one_cpu))
        return -EINVAL;
    int error = user_write(k, a[2], &one_cpu, sizeof(one_cpu));
    return error < 0 ? error : (int64_t)sizeof(one_cpu);
}

int64_t process_sysinfo(struct kernel *k, const uint64_t *a)
{
    struct {
        int64_t uptime;
        uint64_t loads[3];
        uint64_t total, free, shared, buffers, total_swap, free_swap;
        uint16_t processes, padding;
        uint32_t padding2;
        uint64_t total_high, free_high;
        uint32_t unit;
        uint32_t end;
    } info;
    _Static_assert(sizeof(info) == 112, "struct sysinfo");
    const struct space *s = &k->memory.space;
    memset(&info, 0, sizeof(info));
    info.total = s->end - s->place;
    info.free = info.total;
    info.processes = 1;
    info.unit = 1;
    return user_write(k, a[0], &info, sizeof(info));
}

/* ---- waiting ---- */

static int time_read(struct kernel *k, uint64_t address, uint64_t *ns)
{
    uint64_t time[2];
    if (user_read(k, address, time, sizeof(time)) < 0)
        return -EFAULT;
    if (time[0] > UINT64_MAX / SECOND / 2 || time[1] >= SECOND)
        return -EINVAL;
    *ns = time[0] * SECOND + time[1];
    return 0;
}

static void sleep_until(struct kernel *k, enum port_clock clock, uint64_t end)
{
    for (uint64_t now = clock_now(k, clock); now < end; now = clock_now(k, clock)) {
        const struct port_call call = {.verb = PORT_POLL, .arg = {end - now}};
        if (port_carry(k->block, &call) < 0)
            return;
    }
}

/* There is nobody to wake it: without a time limit it would wait for ever. */
static int64_t futex_wait(struct kernel *k, const uint64_t *a)
{
    const bool absolute = (a[1] & FUTEX_COMMAND) == FUTEX_WAIT_BITSET;
    const enum port_clock clock =
        a[1] & FUTEX_REALTIME ? PORT_CLOCK_REALTIME : PORT_CLOCK_MONOTONIC;
    uint32_t value;
    uint64_t time;
    if (user_read(k, a[0], &value, sizeof(value)) < 0)
        return -EFAULT;
    if (value != (uint32_t)a[2])
        return -EAGAIN;
    if (a[3] == 0)
        kernel_fail(k, "the keep failed: exec waits for a thread, and there is only one", 0);
    int error = time_read(k, a[3], &time);
    if (error < 0)
        return error;
    uint64_t end = time;
    if (!absolute && __builtin_add_overflow(clock_now(k, clock), time, &end))
        end = UINT64_MAX;
    sleep_until(k, clock, end);
    return -ETIMEDOUT;
}

int64_t process_futex(struct kernel *k, const uint64_t *a)
{
    if (a[0] % sizeof(uint32_t) != 0)
        return -EINVAL;
    switch (a[1] & FUTEX_COMMAND) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return futex_wait(k, a);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return 0;
    default:
        return -ENOSYS;
    }
}

/* ---- randomness, last words ---- */

int64_t process_getrandom(struct kernel *k, const uint64_t *a)
{
    const uint64_t size = a[1] < 256 ? a[1] : 256; /* callers go on for the rest */
    if (!user_ok(k, a[0], size, PROT_W))
        return -EFAULT;
    machine_user_begin();
    random_fill((void *)a[0], size);
    machine_user_end();
    return (int64_t)size;
}

/* How many writes of a deployment are told of. */
#define SILENT_WRITES_TOLD 10u

/* What exec, its libraries and its engine say when they fail may hold anything of the
 * workload: the host of a deployment hears how much it was. */
static int64_t write_silently(struct kernel *k, bool error, uint64_t size)
{
    if (size == 0 || k->silent_writes++ >= SILENT_WRITES_TOLD)
        return (int64_t)size;
    const char *text = error ? "bytes that exec wrote to its standard error:"
                             : "bytes that exec wrote to its standard output:";
    const int64_t result = kernel_say(k, text, size);
    return result < 0 ? result : (int64_t)size;
}

int64_t process_write(struct kernel *k, const uint64_t *a)
{
    const enum boot_mode mode = k->boot.mode;
    const uint64_t size = a[2] < 4096 ? a[2] : 4096;
    if (a[0] != 1 && a[0] != 2)
        return -EBADF;
    if (!user_ok(k, a[1], size, PROT_R))
        return -EFAULT;
    if (!CHECK(write_local, mode == BOOT_LOCAL || mode == BOOT_EVIDENCE))
        return write_silently(k, a[0] == 2, size);
    const struct port_call call = {
        .verb = PORT_LOG, .arg = {PORT_LOG_ERROR}, .in = (const void *)a[1], .in_size = size};
    machine_user_begin();
    const int64_t result = port_carry(k->block, &call);
    machine_user_end();
    return result < 0 ? result : (int64_t)size;
}
