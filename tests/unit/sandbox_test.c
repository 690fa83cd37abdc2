/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of a keep with a kernel of its own, rule by rule: what its process needs is
 * let through to the kernel, and any other call ends it. Each in a child. */
/* links: host/sandbox.c base/wipe.c */
/* libs: -lseccomp */
#define _GNU_SOURCE
#include "host/sandbox.h"

#include "host/handles.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLS_MAX 470 /* beyond the last of Linux 6 */
#define BAD       (-1L)
#define USHER     5 /* a descriptor that need not be open */

/* uretprobe and uprobe: no filter of any process sees them [Linux kernel/seccomp.c]. */
#define UNFILTERED_FIRST 335
#define UNFILTERED_LAST  336

/* What the port's host side makes. */
static const long needed[] = {
    SYS_read,    SYS_recvfrom, SYS_sendto,   SYS_ppoll, SYS_epoll_ctl,     SYS_epoll_wait,
    SYS_accept4, SYS_close,    SYS_shutdown, SYS_write, SYS_clock_gettime, SYS_exit_group,
};

/* What one backend makes beside. */
static const int calls[] = {SYS_rt_sigreturn, SYS_tgkill};

static bool is_needed(long call)
{
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (needed[i] == call)
            return true;
    }
    return false;
}

/* How a child ends that makes this call in the sandbox. Arguments are wrong for every
 * call, so that none does anything. */
static int ending_with(int usher_fd, long call, long first, long second, long fifth)
{
    static const uint32_t ioctls[] = {KVM_RUN};
    const struct sandbox needs = {
        .own_kernel = true, .ioctls = ioctls, .ioctl_count = 1, .usher_fd = usher_fd};
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        if (sandbox_enter(&needs) < 0)
            syscall(SYS_exit_group, 99);
        syscall(call, first, second, BAD, BAD, fifth, BAD);
        syscall(SYS_exit_group, 0);
    }
    waitpid(pid, &status, 0);
    return status;
}

static int ending_of(long call, long second, long fifth)
{
    return ending_with(0, call, BAD, second, fifth);
}

static bool is_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

static void what_is_needed_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const int status = ending_of(needed[i], BAD, 0);
        const int expected = needed[i] == SYS_exit_group ? 0xff : 0;
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), expected);
    }
}

static void any_other_call_ends_the_process(void **state)
{
    (void)state;
    for (long call = 0; call < CALLS_MAX; call++) {
        if (is_needed(call) || (call >= UNFILTERED_FIRST && call <= UNFILTERED_LAST) ||
            call == SYS_ioctl)
            continue;
        if (!is_killed(ending_of(call, BAD, 0)))
            fail_msg("call %ld passes", call);
    }
}

/* Of ioctl the one command; sendto without a destination. */
static void arguments_count(void **state)
{
    (void)state;
    assert_true(WIFEXITED(ending_of(SYS_ioctl, KVM_RUN, 0)));
    assert_true(is_killed(ending_of(SYS_ioctl, KVM_CREATE_VM, 0)));
    assert_true(is_killed(ending_of(SYS_ioctl, KVM_SET_USER_MEMORY_REGION, 0)));
    assert_true(is_killed(ending_of(SYS_ioctl, 0x5401, 0))); /* TCGETS */
    assert_true(is_killed(ending_of(SYS_sendto, BAD, BAD)));
}

/* Descriptors come from the usher alone, and where there is none from nobody. */
static void messages_come_from_one_place(void **state)
{
    (void)state;
    assert_true(WIFEXITED(ending_with(USHER, SYS_recvmsg, USHER, BAD, 0)));
    for (long fd = BAD; fd < 20; fd++) {
        if (fd != USHER)
            assert_true(is_killed(ending_with(USHER, SYS_recvmsg, fd, BAD, 0)));
        assert_true(is_killed(ending_with(0, SYS_recvmsg, fd, BAD, 0)));
    }
    assert_true(is_killed(ending_with(USHER, SYS_recvmsg, USHER + (1L << 32), BAD, 0)));
    assert_true(is_killed(ending_with(USHER, SYS_recvmmsg, USHER, BAD, 0)));
    assert_true(is_killed(ending_with(USHER, SYS_sendmsg, USHER, BAD, 0)));
    assert_true(is_killed(ending_with(USHER, SYS_socket, BAD, BAD, 0)));
    assert_true(is_killed(ending_with(USHER, SYS_connect, USHER, BAD, 0)));
    assert_true(is_killed(ending_with(USHER, SYS_sendto, USHER, BAD, BAD)));
}

/* ---- what is shed beside ---- */

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) < 0 || data[0].effective != 0 ||
           data[0].permitted != 0 || data[1].effective != 0 || data[1].permitted != 0;
}

static bool is_limited(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit r = {.rlim_max = RLIM_INFINITY};
    return getrlimit(what, &r) == 0 && r.rlim_cur <= most && r.rlim_max <= most;
}

/* The first thing that is left, or 0. */
static int left_over(void)
{
    if (has_capabilities())
        return 1;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 2;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 3;
    if (personality(0xffffffff) != PER_LINUX)
        return 4;
    if (!is_limited(RLIMIT_CORE, 0) || !is_limited(RLIMIT_MEMLOCK, 0) ||
        !is_limited(RLIMIT_MSGQUEUE, 0))
        return 5;
    /* what it may have, it has: also where that was less from the start */
    struct rlimit r = {0};
    (void)getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur == r.rlim_max && is_limited(RLIMIT_NOFILE, HANDLES_MAX + 256) ? 0 : 6;
}

/* From a process that has all it can have. */
static void all_else_is_shed(void **state)
{
    (void)state;
    int status = -1;
    const struct rlimit many = {HANDLES_MAX + 1000, HANDLES_MAX + 1000}, some = {4096, 4096};
    const pid_t pid = fork();
    if (pid == 0) {
        struct rlimit few = {0};
        (void)!setrlimit(RLIMIT_NOFILE, &many);
        (void)getrlimit(RLIMIT_NOFILE, &few);
        few.rlim_cur = 100;
        (void)!setrlimit(RLIMIT_NOFILE, &few);
        (void)!setrlimit(RLIMIT_MEMLOCK, &some);
        (void)!setrlimit(RLIMIT_CORE, &some);
        if (personality(READ_IMPLIES_EXEC) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
            _exit(98);
        _exit(sandbox_shed() < 0 ? 99 : left_over());
    }
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void on_signal(int number) { (void)number; }

/* In a child that has a handler and the sandbox: one signal to `to`; then its end. */
static int ending_after_signal(pid_t to)
{
    const struct sandbox needs = {
        .own_kernel = true, .calls = calls, .call_count = sizeof(calls) / sizeof(calls[0])};
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        const pid_t self = getpid();
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
        if (sandbox_enter(&needs) < 0)
            syscall(SYS_exit_group, 99);
        syscall(SYS_tgkill, to == 0 ? self : to, to == 0 ? self : to, SIGTERM);
        syscall(SYS_exit_group, 7);
    }
    waitpid(pid, &status, 0);
    return status;
}

/* It comes back from a handler, and sends signals to itself alone. */
static void signals_are_its_own(void **state)
{
    (void)state;
    const int status = ending_after_signal(0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_true(is_killed(ending_after_signal(getppid())));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_needed_passes), cmocka_unit_test(any_other_call_ends_the_process),
        cmocka_unit_test(arguments_count),       cmocka_unit_test(messages_come_from_one_place),
        cmocka_unit_test(all_else_is_shed),      cmocka_unit_test(signals_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
