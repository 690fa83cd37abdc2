/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a keep in a process of its own and waits for its end; see keep.h.
 * Whatever the child tells is copied once and checked. */
#define _GNU_SOURCE
#include "host/keep.h"

#include "host/clock.h"

#include "host/backend.h"
#include "host/check.h"
#include "host/port_host.h"
#include "host/sandbox.h"
#include "host/signals.h"
#include "host/usher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the parent watches while the keep runs. */
struct watch {
    pid_t pid;
    int pid_fd;
    int signal_fd;
    int output_fd;     /* read end, -1: none */
    uint64_t deadline; /* monotonic ms, 0: none */
    unsigned signals;  /* forwarded so far */
    bool timed_out;
    int output_error;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- the child ---- */

static no_return void child_fail(int log_fd, const char *what, int error)
{
    dprintf(log_fd, "enarx: cannot start the keep: %s: %s\n", what, strerror(-error));
    _exit(1);
}

static int close_others(const struct keep *keep, int output_fd)
{
    int *fds = calloc(keep->endpoint_count + 6, sizeof(*fds));
    if (fds == NULL)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < keep->endpoint_count; i++)
        fds[count++] = keep->endpoints[i].fd;
    fds[count++] = keep->exec.fd;
    fds[count++] = keep->code_fd;
    fds[count++] = output_fd;
    fds[count++] = keep->usher_fd;
    if (keep->evidence != NULL) {
        fds[count++] = keep->evidence->claims_fd;
        fds[count++] = keep->evidence->evidence_fd;
    }
    int error = sandbox_close_others(fds, count);
    free(fds);
    return error;
}

/* What exec writes to its standard streams on its own goes nowhere in a deployment: it
 * may hold anything of a workload that is not this host's. */
static int silence(struct keep *keep)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -errno;
    keep->log_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    bool silent = keep->log_fd >= 0;
    for (int fd = STDIN_FILENO; silent && fd <= STDERR_FILENO; fd++)
        silent = dup2(null, fd) >= 0;
    const int error = silent ? 0 : -errno;
    if (null > STDERR_FILENO)
        close(null);
    return error;
}

/* From here on the process is the keep's alone. */
static no_return void become(const struct backend *backend, struct keep *keep,
                             struct keep_report *report, int output_fd)
{
    int error = CHECKED(keep_descriptors, close_others(keep, output_fd), 0);
    if (error < 0)
        child_fail(STDERR_FILENO, "descriptors", error);
    keep->counters = &report->counters;
    error = port_host_new(keep, report, output_fd, &keep->host);
    if (error < 0)
        child_fail(STDERR_FILENO, "port", error);
    signal(SIGPIPE, SIG_IGN);
    if (backend->prepare != NULL && backend->prepare(keep) < 0)
        _exit(1);
    keep->log_fd = STDERR_FILENO;
    error = CHECKED(keep_silent, keep->boot.mode == BOOT_DEPLOY, false) ? silence(keep) : 0;
    if (error < 0)
        child_fail(STDERR_FILENO, "standard streams", error);
    error = keep->isolate == NULL ? 0 : keep->isolate(keep, keep->isolate_context);
    if (!CHECK(keep_isolation, error == 0))
        child_fail(keep->log_fd, "isolation", error);
    sandbox_forget_environment();
    const struct sandbox needs = {
        .threads = keep->boot.cpus > 1,
        .own_kernel = backend->own_kernel,
        .calls = backend->calls,
        .call_count = backend->call_count,
        .ioctls = backend->ioctls,
        .ioctl_count = backend->ioctl_count,
        .usher_fd = keep->usher_fd,
    };
    error = CHECKED(keep_sandbox, sandbox_enter(&needs), 0);
    if (error < 0)
        child_fail(keep->log_fd, "sandbox", error);
    report->entered = 1;
    backend->enter(keep);
}

static no_return void run_child(const struct backend *backend, struct keep *keep, pid_t parent,
                                struct keep_report *report, int output_fd, const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, mask, NULL);
    become(backend, keep, report, output_fd);
}

no_return void keep_become(const struct backend *backend, struct keep *keep,
                           struct keep_report *report)
{
    int error = exec_image_open(&keep->exec);
    if (error < 0)
        child_fail(STDERR_FILENO, "opening /proc/self/exe", error);
    become(backend, keep, report, -1);
}

/* ---- the parent ---- */

/* After a failure the rest is taken all the same: a keep that finds the pipe
 * broken would complain of something that is not its user's concern. */
static void take_output(struct watch *w, const struct keep *keep)
{
    static uint8_t part[PORT_CHUNK];
    ssize_t n = read(w->output_fd, part, sizeof(part));
    if (n > 0 && w->output_error == 0)
        w->output_error =
            keep->output(keep->output_context, (struct bytes){.data = part, .size = (size_t)n});
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        close_fd(&w->output_fd);
}

/* A keep that was broken into may ignore what the user asks for; not for ever. */
static void take_signal(struct watch *w)
{
    struct signalfd_siginfo info;
    if (read(w->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    w->signals++;
    const bool patient = CHECK(keep_patience, w->signals < SIGNALS_PATIENCE);
    kill(w->pid, patient ? (int)info.ssi_signo : SIGKILL);
}

static int time_left(const struct watch *w)
{
    if (w->deadline == 0 || w->timed_out)
        return -1;
    uint64_t now = clock_ms();
    if (now >= w->deadline)
        return 0;
    uint64_t left = w->deadline - now;
    return left < 1000000 ? (int)left : 1000000;
}

static void enforce_deadline(struct watch *w)
{
    if (w->deadline == 0 || w->timed_out || CHECK(keep_deadline, clock_ms() < w->deadline))
        return;
    w->timed_out = true;
    kill(w->pid, SIGKILL);
}

/* Until the child has ended and its output has been taken. */
static void wait_for_end(struct watch *w, const struct keep *keep)
{
    bool running = true;
    while (running || w->output_fd >= 0) {
        struct pollfd rows[] = {
            {.fd = running ? w->pid_fd : -1, .events = POLLIN},
            {.fd = w->signal_fd, .events = POLLIN},
            {.fd = w->output_fd, .events = POLLIN},
        };
        int n = poll(rows, ARRAY_COUNT(rows), time_left(w));
        enforce_deadline(w);
        if (n <= 0)
            continue;
        if (rows[1].revents != 0)
            take_signal(w);
        if (rows[2].revents != 0)
            take_output(w, keep);
        running = running && rows[0].revents == 0;
    }
}

static struct outcome judge(const struct watch *w, int status, const struct keep_report *report)
{
    if (w->timed_out)
        return (struct outcome){.ending = ENDED_TIMEOUT};
    if (WIFSIGNALED(status))
        return (struct outcome){.ending = ENDED_SIGNAL, .code = WTERMSIG(status)};
    if (WEXITSTATUS(status) != 0 || !CHECK(keep_report, report->set == 1))
        return (struct outcome){.ending = ENDED_FAILED};
    if (report->end == PORT_END_DONE)
        return (struct outcome){.ending = ENDED_EXIT, .code = (int)(report->status & 0xff)};
    if (report->end == PORT_END_TRAP)
        return (struct outcome){.ending = ENDED_TRAP};
    return (struct outcome){.ending = ENDED_FAILED};
}

static struct outcome conclude(const struct watch *w, int status, const struct keep_report *shared)
{
    const struct keep_report report = *(const volatile struct keep_report *)shared;
    struct outcome outcome = judge(w, status, &report);
    const struct counters *c = &report.counters;
    if (CHECK(keep_counters, c->first <= COUNTER_COUNT && c->known <= COUNTER_COUNT - c->first))
        outcome.counters = report.counters;
    return outcome;
}

static int open_pid(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

static int watch_child(struct watch *w, const struct keep *keep, const struct keep_report *report,
                       struct outcome *outcome)
{
    w->pid_fd = open_pid(w->pid);
    if (w->pid_fd < 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
        return w->pid_fd;
    }
    wait_for_end(w, keep);
    int status;
    while (waitpid(w->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    *outcome = conclude(w, status, report);
    return w->output_error;
}

static int start_and_watch(const struct backend *backend, struct keep *keep,
                           struct keep_report *report, const sigset_t *mask,
                           struct outcome *outcome)
{
    int pipe_fds[2] = {-1, -1};
    sigset_t signals = signals_of_user();
    struct watch w = {.pid_fd = -1, .output_fd = -1};
    w.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (w.signal_fd < 0)
        return -errno;
    int error = 0;
    if (keep->output != NULL && pipe2(pipe_fds, O_CLOEXEC) < 0) {
        error = -errno;
        goto out;
    }
    if (keep->timeout_ms != 0 && __builtin_add_overflow(clock_ms(), keep->timeout_ms, &w.deadline))
        w.deadline = UINT64_MAX;
    pid_t parent = getpid();
    w.pid = fork();
    if (w.pid == 0)
        run_child(backend, keep, parent, report, pipe_fds[1], mask);
    close_fd(&pipe_fds[1]);
    w.output_fd = pipe_fds[0];
    error = w.pid < 0 ? -errno : watch_child(&w, keep, report, outcome);
out:
    close_fd(&w.output_fd);
    close_fd(&w.pid_fd);
    close_fd(&w.signal_fd);
    return error;
}

/* The usher ends when nobody has the keep's end any more. */
static int with_usher(const struct backend *backend, struct keep *keep, struct keep_report *report,
                      const sigset_t *mask, struct outcome *outcome)
{
    int fd = keep->ushers == NULL ? 0 : usher_open(keep->ushers, "");
    if (fd < 0)
        return fd;
    keep->usher_fd = fd;
    const int error = start_and_watch(backend, keep, report, mask, outcome);
    keep->usher_fd = 0;
    if (fd > 0)
        close(fd);
    return error;
}

int keep_run(const struct backend *backend, struct keep *keep, struct outcome *outcome)
{
    struct keep_report *report =
        mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED)
        return -errno;
    sigset_t signals = signals_of_user();
    sigset_t mask;
    struct sigaction inherited;
    sigprocmask(SIG_BLOCK, &signals, &mask);
    /* where it is ignored the system forgets a child's status [POSIX wait] */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &inherited);
    int error = exec_image_open(&keep->exec);
    if (error == 0) {
        error = with_usher(backend, keep, report, &mask, outcome);
        close_fd(&keep->exec.fd);
    }
    sigaction(SIGCHLD, &inherited, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    munmap(report, sizeof(*report));
    return error;
}
