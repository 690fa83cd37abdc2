/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox step; see sandbox.h. Trusts the kernel. */
#define _GNU_SOURCE
#include "host/sandbox.h"

#include "base/wipe.h"
#include "host/check.h"
#include "host/handles.h"
#include "shim/core/syscalls.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_MAX (HANDLES_MAX + 256u)

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static int close_between(int first, int last)
{
    if (first > last)
        return 0;
    return syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) < 0 ? -errno : 0;
}

int sandbox_close_others(int *keep, size_t count)
{
    qsort(keep, count, sizeof(*keep), compare);
    int first = 3;
    for (size_t i = 0; i < count; i++) {
        if (keep[i] < first)
            continue;
        int error = close_between(first, keep[i] - 1);
        if (error < 0)
            return error;
        first = keep[i] + 1;
    }
    return close_between(first, (int)(~0u >> 1));
}

/* The host's side of the port runs in the same process. */
static const int port_calls[] = {
    SCMP_SYS(read),    SCMP_SYS(recvfrom),  SCMP_SYS(sendto),
    SCMP_SYS(ppoll),   SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(accept4), SCMP_SYS(close),     SCMP_SYS(shutdown),
};

/* What the port makes too where exec, which does, makes no calls of the host's. */
static const int own_kernel_calls[] = {
    SCMP_SYS(write),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(exit_group),
};

static const int exec_calls[] = {
#define ROW(name) SCMP_SYS(name),
    SYSCALL_TABLE(ROW)
#undef ROW
};

static const int thread_calls[] = {
#define ROW(name) SCMP_SYS(name),
    SYSCALL_THREAD_TABLE(ROW)
#undef ROW
};

static const int usher_calls[] = {SCMP_SYS(recvmsg)};

/* Whether a call is allowed only as rules say. */
static bool is_restricted(int call)
{
    return CHECKED(sandbox_memory, call == SCMP_SYS(mmap) || call == SCMP_SYS(mprotect), false) ||
           CHECKED(sandbox_signals, call == SCMP_SYS(tgkill), false) ||
           CHECKED(sandbox_limits, call == SCMP_SYS(prlimit64), false) ||
           CHECKED(sandbox_connect, call == SCMP_SYS(sendto), false) ||
           CHECKED(sandbox_clone, call == SCMP_SYS(clone), false) || call == SCMP_SYS(recvmsg);
}

/* Of a call that is allowed only with certain arguments. It may have several rules; any of
 * them allows it. */
static int allow_some(scmp_filter_ctx f, int call, const struct sandbox *needs)
{
    const scmp_datum_t wx = PROT_WRITE | PROT_EXEC;
    const scmp_datum_t threaded = CLONE_VM | CLONE_THREAD;
    const struct {
        int call;
        struct scmp_arg_cmp arg;
    } rules[] = {
        /* Memory is never writable and executable at once. */
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, 0)},
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, PROT_WRITE)},
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, PROT_EXEC)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, 0)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, PROT_WRITE)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, wx, PROT_EXEC)},
        /* Signals go to this process, limits are only read. */
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())},
        {SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0)},
        /* No destination: with MSG_FASTOPEN it would be connect(2). */
        {SCMP_SYS(sendto), SCMP_A4(SCMP_CMP_EQ, 0)},
        /* Descriptors come from one place; what else it says has no other way either. */
        {SCMP_SYS(recvmsg), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)needs->usher_fd)},
        /* Threads, never processes. */
        {SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, threaded, threaded)},
    };
    int error = 0;
    for (size_t i = 0; error == 0 && i < ARRAY_COUNT(rules); i++) {
        if (rules[i].call == call)
            error = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &rules[i].arg);
    }
    return error;
}

static int allow(scmp_filter_ctx f, const int *calls, size_t count, const struct sandbox *needs)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = is_restricted(calls[i]) ? allow_some(f, calls[i], needs)
                                        : seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
    return error;
}

static int allow_ioctls(scmp_filter_ctx f, const uint32_t *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scmp_arg_cmp command = SCMP_A1_32(SCMP_CMP_EQ, commands[i]);
        int error = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl),
                                           CHECKED(sandbox_commands, 1, 0), &command);
        if (error < 0)
            return error;
    }
    return 0;
}

static int load_filter(scmp_filter_ctx f, const struct sandbox *needs)
{
    int error = allow(f, port_calls, ARRAY_COUNT(port_calls), needs);
    if (error == 0 && needs->own_kernel)
        error = allow(f, own_kernel_calls, ARRAY_COUNT(own_kernel_calls), needs);
    if (error == 0 && !needs->own_kernel)
        error = allow(f, exec_calls, ARRAY_COUNT(exec_calls), needs);
    if (error == 0 && CHECKED(sandbox_threads, needs->threads, true))
        error = allow(f, thread_calls, ARRAY_COUNT(thread_calls), needs);
    if (error == 0 && needs->usher_fd > 0)
        error = allow(f, usher_calls, ARRAY_COUNT(usher_calls), needs);
    if (error == 0)
        error = allow(f, needs->calls, needs->call_count, needs);
    if (error == 0)
        error = allow_ioctls(f, needs->ioctls, needs->ioctl_count);
    return error < 0 ? error : seccomp_load(f);
}

static int filter_syscalls(const struct sandbox *needs)
{
    const uint32_t others = CHECKED(sandbox_kill, needs->own_kernel, false)
                                ? SCMP_ACT_KILL_PROCESS
                                : CHECKED(sandbox_calls, SCMP_ACT_ERRNO(ENOSYS), SCMP_ACT_LOG);
    scmp_filter_ctx filter = seccomp_init(others);
    if (filter == NULL)
        return -ENOMEM;
    int error = load_filter(filter, needs);
    seccomp_release(filter);
    return error;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

static int limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit r;
    if (getrlimit(what, &r) < 0)
        return -errno;
    r.rlim_max = r.rlim_max < most ? r.rlim_max : most;
    r.rlim_cur = r.rlim_max;
    return setrlimit(what, &r) < 0 ? -errno : 0;
}

static int set_limits(void)
{
    int error = CHECKED(sandbox_core, limit(RLIMIT_CORE, 0), 0);
    if (error == 0)
        error = CHECKED(sandbox_descriptors, limit(RLIMIT_NOFILE, DESCRIPTORS_MAX), 0);
    if (error == 0)
        error = CHECKED(sandbox_locked, limit(RLIMIT_MEMLOCK, 0), 0);
    if (error == 0)
        error = limit(RLIMIT_MSGQUEUE, 0);
    return error;
}

int sandbox_shed(void)
{
    int error = set_limits();
    if (error == 0)
        error = CHECKED(sandbox_capabilities, drop_capabilities(), 0);
    if (error < 0)
        return error;
    /* READ_IMPLIES_EXEC would undo what follows */
    if (!CHECK(sandbox_personality, personality(PER_LINUX) >= 0))
        return -errno;
    if (!CHECK(sandbox_privileges, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ||
        !CHECK(sandbox_dumpable, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0))
        return -errno;
    return 0;
}

int sandbox_enter(const struct sandbox *needs)
{
    int error = sandbox_shed();
    return error < 0 ? error : filter_syscalls(needs);
}

int sandbox_enter_only(const int *calls, size_t count)
{
    int error = sandbox_shed();
    scmp_filter_ctx filter = error < 0 ? NULL : seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL)
        return error < 0 ? error : -ENOMEM;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

void sandbox_forget_environment(void)
{
    for (char **variable = CHECKED(keep_environment, environ, NULL);
         variable != NULL && *variable != NULL; variable++)
        wipe(*variable, strlen(*variable));
}
