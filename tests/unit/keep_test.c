/* SPDX-License-Identifier: Apache-2.0 */
/* Supervision and the sandbox: keeps that end in every way there is, and keeps
 * that try what they must not. Each is a backend whose enter function misbehaves
 * in the real child process. */
/* links: host/keep.c host/usher.c host/usher_order.c host/usher_rules.c host/place.c host/endpoint.c host/fault.c host/signals.c host/clock.c host/sandbox.c host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c base/cur.c base/put.c base/escape.c base/wipe.c */
/* libs: -lseccomp */
#define _GNU_SOURCE
#include "host/backend.h"
#include "host/keep.h"
#include "host/port_host.h"
#include "host/usher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

int exec_image_open(struct elf_image *image)
{
    image->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return image->fd < 0 ? -errno : 0;
}

static uint8_t block[PORT_BLOCK_SIZE] aligned_to(4096);

static void call(struct keep *keep, struct port_frame frame, const void *in)
{
    if (in != NULL)
        memcpy(block + PORT_DATA_OFFSET, in, (size_t)frame.in_size);
    shared_write((struct shared *)block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    port_host_serve(keep->host, (struct shared *)block);
}

static no_return void end(struct keep *keep, enum port_end how, uint32_t status)
{
    call(keep, (struct port_frame){.verb = PORT_EXIT, .arg = {how, status}}, NULL);
    _exit(99);
}

static struct outcome run(no_return void (*enter)(struct keep *), struct keep *keep)
{
    const struct backend backend = {.name = "test", .enter = enter};
    struct outcome outcome = {.ending = ENDED_FAILED, .code = -1};
    if (keep->boot.cpus == 0)
        keep->boot.cpus = 1;
    keep->code_fd = -1;
    assert_int_equal(keep_run(&backend, keep, &outcome), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    return outcome;
}

/* ---- ways to end ---- */

static no_return void exits(struct keep *keep) { end(keep, PORT_END_DONE, 42); }
static no_return void traps(struct keep *keep) { end(keep, PORT_END_TRAP, 0); }
static no_return void lies(struct keep *keep) { end(keep, 12345, 0); }

static no_return void counts(struct keep *keep)
{
    keep->counters->value[COUNTER_COUNT - 1] = UINT64_MAX;
    keep->counters->known = COUNTER_COUNT;
    end(keep, PORT_END_DONE, 0);
}

static no_return void miscounts(struct keep *keep)
{
    keep->counters->known = COUNTER_COUNT + 1;
    end(keep, PORT_END_DONE, 0);
}

static no_return void miscounts_the_first(struct keep *keep)
{
    keep->counters->first = 2;
    keep->counters->known = COUNTER_COUNT - 1;
    end(keep, PORT_END_DONE, 0);
}

static no_return void vanishes(struct keep *keep)
{
    (void)keep;
    _exit(0);
}

static no_return void crashes(struct keep *keep)
{
    (void)keep;
    signal(SIGSEGV, SIG_DFL); /* the sanitiser has its own */
    raise(SIGSEGV);
    _exit(0);
}

static no_return void hangs(struct keep *keep)
{
    (void)keep;
    for (;;)
        sched_yield();
}

static void every_ending_is_told(void **state)
{
    (void)state;
    struct outcome o = run(exits, &(struct keep){0});
    assert_int_equal(o.ending, ENDED_EXIT);
    assert_int_equal(o.code, 42);
    assert_int_equal(run(traps, &(struct keep){0}).ending, ENDED_TRAP);
    o = run(crashes, &(struct keep){0});
    assert_int_equal(o.ending, ENDED_SIGNAL);
    assert_int_equal(o.code, SIGSEGV);
    assert_int_equal(run(hangs, &(struct keep){.timeout_ms = 50}).ending, ENDED_TIMEOUT);
    assert_int_equal(run(exits, &(struct keep){.timeout_ms = UINT64_MAX}).ending, ENDED_EXIT);
}

/* ---- a keep that belongs to somebody else ---- */

static no_return void says_too_much(struct keep *keep)
{
    static const char text[] = "s3cret";
    (void)!write(STDOUT_FILENO, text, strlen(text));
    (void)!write(STDERR_FILENO, text, strlen(text));
    call(keep, (struct port_frame){.verb = PORT_WRITE, .arg = {2}, .in_size = 6}, text);
    call(keep, (struct port_frame){.verb = PORT_LOG, .in_size = 8}, "constant");
    char byte;
    const ssize_t nothing = read(STDIN_FILENO, &byte, 1);
    end(keep, PORT_END_DONE, nothing == 0 ? 7 : 8);
}

/* What a keep of that mode gets out on standard output and standard error. */
static void overhear(enum boot_mode mode, char *heard, size_t size)
{
    const int saved[] = {dup(STDIN_FILENO), dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    int fds[2];
    struct keep keep = {.boot.mode = mode};
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    (void)!write(fds[1], "!", 1); /* standard input has something to read */
    for (int fd = 0; fd < 3; fd++)
        dup2(fds[fd != 0], fd);
    const struct outcome o = run(says_too_much, &keep);
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    close(fds[1]);
    const ssize_t n = read(fds[0], heard, size - 1);
    heard[n < 0 ? 0 : n] = '\0';
    close(fds[0]);
    assert_int_equal(o.code, mode == BOOT_DEPLOY ? 7 : 8);
}

static void a_deployments_own_words_go_nowhere(void **state)
{
    (void)state;
    char heard[200];
    overhear(BOOT_LOCAL, heard, sizeof(heard));
    assert_string_equal(heard, "s3crets3crets3cretenarx: constant\n");
    overhear(BOOT_DEPLOY, heard, sizeof(heard));
    assert_string_equal(heard, "!enarx: constant\n");
}

static void ignored_children_have_an_ending_too(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    struct outcome o = run(exits, &(struct keep){0});
    assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN); /* as it was */
    assert_int_equal(o.ending, ENDED_EXIT);
    assert_int_equal(o.code, 42);
}

static void what_is_no_ending_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(run(lies, &(struct keep){0}).ending, ENDED_FAILED);
    assert_int_equal(run(vanishes, &(struct keep){0}).ending, ENDED_FAILED);
}

static void what_a_keep_counted_is_told(void **state)
{
    (void)state;
    struct outcome o = run(counts, &(struct keep){0});
    assert_int_equal(o.counters.known, COUNTER_COUNT);
    assert_int_equal(o.counters.value[COUNTER_COUNT - 1], UINT64_MAX);
    assert_int_equal(run(exits, &(struct keep){0}).counters.known, 0);
    o = run(miscounts, &(struct keep){0});
    assert_int_equal(o.ending, ENDED_EXIT);
    assert_int_equal(o.counters.known, 0);
    o = run(miscounts_the_first, &(struct keep){0});
    assert_int_equal(o.ending, ENDED_EXIT);
    assert_int_equal(o.counters.known, 0);
}

static no_return void ignores_signals(struct keep *keep)
{
    (void)keep;
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 3; i++)
        raise(SIGTERM);
    hangs(keep);
}

/* Three signals to the parent end even a keep that ignores them. */
static void a_keep_cannot_ignore_its_user_for_ever(void **state)
{
    (void)state;
    const pid_t itself = getpid();
    pid_t sender = fork();
    if (sender == 0) {
        for (int i = 0; i < 3; i++) {
            usleep(100000);
            kill(itself, SIGTERM);
        }
        _exit(0);
    }
    const struct backend backend = {.name = "test", .enter = ignores_signals};
    struct keep keep = {.boot = {.cpus = 1}, .code_fd = -1, .timeout_ms = 20000};
    struct outcome o;
    assert_int_equal(keep_run(&backend, &keep, &o), 0);
    waitpid(sender, NULL, 0);
    assert_int_equal(o.ending, ENDED_SIGNAL);
    assert_int_equal(o.code, SIGKILL);
}

/* ---- what a keep must not ---- */

static pid_t parent; /* a keep may not even ask who it is */

/* The first forbidden thing that worked, or 0. */
static uint32_t trespass(void)
{
    const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;
    if (syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0)
        return 1;
    if (syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0)
        return 2;
    if (syscall(SYS_execve, "/bin/true", NULL, NULL) == 0 || errno != ENOSYS)
        return 3;
    if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) != -1)
        return 4;
    if (syscall(SYS_kill, parent, 0) == 0)
        return 5;
    if (syscall(SYS_tgkill, parent, parent, 0) == 0)
        return 6;
    if (syscall(SYS_ptrace, PTRACE_ATTACH, parent, 0, 0) == 0)
        return 7;
    if (mmap(NULL, 4096, rwx, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return 8;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || mprotect(page, 4096, rwx) == 0)
        return 9;
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0)
        return 10;
    struct rlimit r = {0};
    if (syscall(SYS_prlimit64, 0, RLIMIT_CPU, &r, NULL) == 0)
        return 11;
    if (syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &r) != 0 || r.rlim_max != 0)
        return 12;
    if (syscall(SYS_process_vm_readv, parent, NULL, 0, NULL, 0, 0) == 0)
        return 13;
    const struct sockaddr anyone = {.sa_family = AF_INET};
    if (sendto(-1, "", 1, MSG_FASTOPEN, &anyone, sizeof(anyone)) == 0 || errno != ENOSYS)
        return 14;
    if (send(-1, "", 1, 0) == 0 || errno != EBADF)
        return 15;
    return 0;
}

static no_return void trespasses(struct keep *keep) { end(keep, PORT_END_DONE, trespass()); }

static void a_keep_can_do_nothing_else(void **state)
{
    (void)state;
    parent = getpid();
    assert_int_equal(run(trespasses, &(struct keep){0}).code, 0);
    assert_int_equal(run(trespasses, &(struct keep){.boot = {.cpus = 2}}).code, 0);
}

static int isolates(maybe_unused const struct keep *keep, void *context)
{
    return *(const int *)context;
}

/* Whatever of that fails: a keep that is not alone does not begin. */
static void a_keep_that_cannot_be_isolated_never_enters(void **state)
{
    (void)state;
    int result = 0;
    struct keep keep = {.isolate = isolates, .isolate_context = &result};
    assert_int_equal(run(exits, &keep).ending, ENDED_EXIT);
    result = -EPERM;
    assert_int_equal(run(exits, &keep).ending, ENDED_FAILED);
}

/* ---- what a backend needs beside it ---- */

static int prepared = -1; /* a descriptor that only `prepares` could open */

static int prepares(struct keep *keep)
{
    keep->boot.cpus = 1;
    prepared = open("/dev/null", O_RDONLY);
    return prepared < 0 ? -errno : 0;
}

static int refuses_to_prepare(maybe_unused struct keep *keep) { return -ENODEV; }

/* Commands on what is no such device: ENOTTY where the filter lets them by. */
static no_return void commands(struct keep *keep)
{
    const bool listed = ioctl(prepared, 0xa405u) < 0 && errno == ENOTTY;
    const bool other = ioctl(prepared, 0xa406u) < 0 && errno == ENOSYS;
    end(keep, PORT_END_DONE, keep->boot.cpus == 1 && listed && other ? 0 : 1);
}

static no_return void commands_without_leave(struct keep *keep)
{
    end(keep, PORT_END_DONE, ioctl(1, 0xa405u) < 0 && errno == ENOSYS ? 0 : 1);
}

static void backends_prepare_before_the_sandbox(void **state)
{
    (void)state;
    static const uint32_t listed[] = {0xa405u};
    const struct backend backend = {
        .prepare = prepares, .ioctls = listed, .ioctl_count = 1, .enter = commands};
    struct keep keep = {.boot = {.cpus = 4}, .code_fd = -1};
    struct outcome o = {.code = -1};
    assert_int_equal(keep_run(&backend, &keep, &o), 0);
    assert_int_equal(o.ending, ENDED_EXIT);
    assert_int_equal(o.code, 0);
    assert_int_equal(run(commands_without_leave, &(struct keep){0}).code, 0);
}

static void a_backend_that_cannot_prepare_never_enters(void **state)
{
    (void)state;
    const struct backend backend = {.prepare = refuses_to_prepare, .enter = exits};
    struct keep keep = {.boot = {.cpus = 1}, .code_fd = -1};
    struct outcome o = {.code = -1};
    assert_int_equal(keep_run(&backend, &keep, &o), 0);
    assert_int_equal(o.ending, ENDED_FAILED);
}

static no_return void makes_a_thread(struct keep *keep)
{
    static uint8_t stack[65536] aligned_to(16);
    const unsigned long flags = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
    /* the flags alone decide; the kernel then finds fault with the stack */
    long made = syscall(SYS_clone, flags & ~(unsigned long)CLONE_SIGHAND, stack, 0, 0, 0);
    end(keep, PORT_END_DONE, made == -1 && errno == ENOSYS ? 0 : made == -1 ? 1 : 2);
}

static void threads_are_for_those_with_cpus(void **state)
{
    (void)state;
    assert_int_equal(run(makes_a_thread, &(struct keep){.boot = {.cpus = 1}}).code, 0);
    assert_int_equal(run(makes_a_thread, &(struct keep){.boot = {.cpus = 2}}).code, 1);
}

/* Reads descriptor 100, which the parent had open. */
static no_return void uses_a_descriptor(struct keep *keep)
{
    char c;
    end(keep, PORT_END_DONE, read(100, &c, 1) == -1 && errno == EBADF ? 0 : 1);
}

static void inherited_descriptors_are_closed(void **state)
{
    (void)state;
    int fd = open("/dev/zero", O_RDONLY);
    assert_int_equal(dup2(fd, 100), 100);
    assert_int_equal(run(uses_a_descriptor, &(struct keep){0}).code, 0);
    close(100);
    close(fd);
}

static no_return void looks_into_the_environment(struct keep *keep)
{
    end(keep, PORT_END_DONE, getenv("TOKEN") == NULL ? 0 : 1);
}

static void the_environment_is_forgotten(void **state)
{
    (void)state;
    setenv("TOKEN", "secret", 1);
    assert_int_equal(run(looks_into_the_environment, &(struct keep){0}).code, 0);
    assert_string_equal(getenv("TOKEN"), "secret");
}

/* ---- ushers ---- */

/* Another descriptor's messages are none of its business. */
static bool receives_from(int fd)
{
    struct msghdr m = {.msg_iov = NULL};
    return recvmsg(fd, &m, MSG_DONTWAIT) >= 0 || errno != ENOSYS;
}

static no_return void connects(struct keep *keep)
{
    static const char place[] = "localhost:1"; /* where nobody listens */
    struct port_frame f = {.verb = PORT_CONNECT, .in_size = strlen(place)};
    for (int i = 0; i < 10000; i++) {
        call(keep, f, place);
        shared_read((struct shared *)block, PORT_FRAME_OFFSET, &f, sizeof(f));
        if (f.result != -EAGAIN)
            break;
        poll(NULL, 0, 1);
    }
    const bool confined = !receives_from(STDERR_FILENO) && receives_from(keep->usher_fd);
    end(keep, PORT_END_DONE, f.result == -ECONNREFUSED && confined ? 0 : 1);
}

static void ushers_come_and_go_with_their_keeps(void **state)
{
    (void)state;
    struct ushers ushers = {.told_fd = -1, .living_max = 1};
    const int before = dup(STDIN_FILENO);
    close(before);
    for (int i = 0; i < 3; i++) {
        struct keep keep = {.boot.mode = BOOT_DEPLOY, .ushers = &ushers};
        assert_int_equal(run(connects, &keep).code, 0);
        while (atomic_load(&ushers.living) > 0)
            usleep(1000);
    }
    const int after = dup(STDIN_FILENO);
    close(after);
    assert_int_equal(after, before); /* nothing is left open */
}

/* ---- output ---- */

static no_return void stores(struct keep *keep)
{
    struct port_frame f = {.verb = PORT_STORE, .arg = {PORT_STORE_OUTPUT}, .in_size = 6};
    call(keep, f, "first ");
    call(keep, f, "second");
    end(keep, PORT_END_DONE, 0);
}

static int take(void *context, struct bytes part)
{
    strncat(context, (const char *)part.data, part.size);
    return 0;
}

static int refuse(void *context, struct bytes part)
{
    (void)context;
    (void)part;
    return -EBADMSG;
}

static void output_reaches_the_parent(void **state)
{
    (void)state;
    char text[100] = "";
    struct keep keep = {.output = take, .output_context = text};
    assert_int_equal(run(stores, &keep).ending, ENDED_EXIT);
    assert_string_equal(text, "first second");
}

static void refused_output_is_the_result(void **state)
{
    (void)state;
    struct keep keep = {.boot = {.cpus = 1}, .output = refuse, .code_fd = -1};
    const struct backend backend = {.name = "test", .enter = stores};
    struct outcome outcome;
    assert_int_equal(keep_run(&backend, &keep, &outcome), -EBADMSG);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ending_is_told),
        cmocka_unit_test(a_deployments_own_words_go_nowhere),
        cmocka_unit_test(ignored_children_have_an_ending_too),
        cmocka_unit_test(what_is_no_ending_is_a_failure),
        cmocka_unit_test(what_a_keep_counted_is_told),
        cmocka_unit_test(a_keep_cannot_ignore_its_user_for_ever),
        cmocka_unit_test(a_keep_can_do_nothing_else),
        cmocka_unit_test(a_keep_that_cannot_be_isolated_never_enters),
        cmocka_unit_test(backends_prepare_before_the_sandbox),
        cmocka_unit_test(a_backend_that_cannot_prepare_never_enters),
        cmocka_unit_test(threads_are_for_those_with_cpus),
        cmocka_unit_test(inherited_descriptors_are_closed),
        cmocka_unit_test(the_environment_is_forgotten),
        cmocka_unit_test(ushers_come_and_go_with_their_keeps),
        cmocka_unit_test(output_reaches_the_parent),
        cmocka_unit_test(refused_output_is_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
