/* SPDX-License-Identifier: Apache-2.0 */
/* Starting keeps; see spawn.h. Nothing of the agent's memory or descriptors goes along. */
#define _GNU_SOURCE
#include "svc/agent/spawn.h"

#include "host/newfile.h"
#include "host/sandbox.h"
#include "host/small_file.h"
#include "svc/agent/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG        16
#define ASIDE          16    /* above the numbers that a keep is born with */
#define KEEP_OOM_SCORE "500" /* -1000 to 1000: the last to go, the first [proc(5)] */
#define VARIABLES      2     /* what backends look for: where their keys are */
#define VARIABLE_AT    4096u

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- the socket ---- */

/* It has a name only until somebody holds it by that: then nobody else finds it, and
 * nothing is left of it but descriptors. */
static int open_socket(int dir_fd, const char *id, int *name_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir_fd, id);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        *name_fd = openat(dir_fd, id, O_PATH | O_CLOEXEC | O_NOFOLLOW);
        (void)CHECKED(process_name, unlinkat(dir_fd, id, 0), 0);
        if (*name_fd >= 0 && listen(fd, BACKLOG) == 0)
            return fd;
    }
    const int error = -errno;
    close(fd);
    return error;
}

int spawned_connect(const struct spawned *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", s->socket_fd);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    const int error = -errno;
    close(fd);
    return error;
}

/* ---- the child ---- */

/* What the child is given, and what it is to be called with. */
struct birth {
    int null_fd, log_fd, order_fd, listen_fd, usher_fd, collateral_fd;
    int group_fd; /* -1: none */
    char variables[VARIABLES][VARIABLE_AT];
    const char *environment[VARIABLES + 1];
    const char *arguments[4];
};

static void take_variables(struct birth *b)
{
    static const char *const names[VARIABLES] = {"HOME", "XDG_STATE_HOME"};
    size_t count = 0;
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL)
            continue;
        const int size = snprintf(b->variables[i], VARIABLE_AT, "%s=%s", names[i], value);
        if (size > 0 && size < (int)VARIABLE_AT)
            b->environment[count++] = b->variables[i];
    }
}

/* Those of the agent go first: they may be as many as there can be. */
static int move_fds(const struct birth *b)
{
    int own[] = {b->null_fd, b->log_fd, b->order_fd, b->listen_fd, b->usher_fd, b->collateral_fd};
    int error = sandbox_close_others(own, ARRAY_COUNT(own));
    if (error < 0)
        return error;
    const int from[] = {b->null_fd,   b->null_fd,  b->log_fd,       b->order_fd,
                        b->listen_fd, b->usher_fd, b->collateral_fd};
    int aside[ARRAY_COUNT(from)];
    for (size_t i = 0; i < ARRAY_COUNT(from); i++) {
        aside[i] = fcntl(from[i], F_DUPFD_CLOEXEC, ASIDE);
        if (aside[i] < 0)
            return -errno;
    }
    for (size_t i = 0; i < ARRAY_COUNT(from); i++) {
        if (dup2(aside[i], (int)i) < 0)
            return -errno;
    }
    return syscall(SYS_close_range, COLLATERAL_FD + 1, ~0u, 0) < 0 ? -errno : 0;
}

static int join_group(int group_fd)
{
    return group_fd < 0 ? 0 : small_file_write(group_fd, "cgroup.procs", "0"); /* the writer */
}

static no_return void be_born(const struct birth *b)
{
    sigset_t none;
    sigemptyset(&none);
    int error = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? -errno : join_group(b->group_fd);
    if (error == 0)
        error = move_fds(b);
    if (error == 0) {
        setsid();
        /* Where memory runs out it is not the agent that has to go. */
        (void)!small_file_write(AT_FDCWD, "/proc/self/oom_score_adj", KEEP_OOM_SCORE);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve("/proc/self/exe", (char *const *)b->arguments, (char *const *)b->environment);
        error = -errno;
    }
    dprintf(b->log_fd, "enarx: cannot start the keep: its process: %s\n", strerror(-error));
    _exit(1);
}

/* ---- the parent ---- */

static int make_page(const struct order *order, struct order_page **page)
{
    int fd = memfd_create("order", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    void *at = MAP_FAILED;
    if (ftruncate(fd, sizeof(**page)) == 0)
        at = mmap(NULL, sizeof(**page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        const int error = -errno;
        close(fd);
        return error;
    }
    *page = at;
    (*page)->order = *order;
    return fd;
}

static int make_file(struct bytes content)
{
    const int fd = memfd_create("collateral", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int error = newfile_write(&(struct newfile){.fd = fd}, content);
    if (error < 0)
        close(fd);
    return error < 0 ? error : fd;
}

static int prepare(struct birth *b, const struct order *order, const char *id,
                   const struct spawn_from *from, struct spawned *s)
{
    int ends[2];
    b->arguments[0] = "enarx";
    b->arguments[1] = KEEP_PROCESS;
    b->arguments[2] = id;
    take_variables(b);
    b->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (b->null_fd < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    s->log_fd = ends[0];
    b->log_fd = ends[1];
    if (fcntl(s->log_fd, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    b->order_fd = make_page(order, &s->page);
    if (b->order_fd < 0)
        return b->order_fd;
    b->collateral_fd = make_file(from->collateral);
    if (b->collateral_fd < 0)
        return b->collateral_fd;
    b->listen_fd = open_socket(from->dir_fd, id, &s->socket_fd);
    if (b->listen_fd < 0)
        return b->listen_fd;
    b->usher_fd = usher_open(from->ushers, id);
    return b->usher_fd < 0 ? b->usher_fd : 0;
}

int spawn(const struct order *order, const char *id, const struct spawn_from *from,
          struct spawned *out, struct fault *fault)
{
    struct birth *b = calloc(1, sizeof(*b));
    struct spawned s = {.pid = -1, .pid_fd = -1, .log_fd = -1, .socket_fd = -1};
    if (b == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    b->null_fd = b->log_fd = b->order_fd = b->listen_fd = b->usher_fd = b->collateral_fd = -1;
    b->group_fd = from->cgroup_fd;
    int error = prepare(b, order, id, from, &s);
    if (error == 0) {
        s.pid = isolation_fork(&order->isolation, &s.pid_fd);
        if (s.pid == 0)
            be_born(b);
        error = s.pid < 0 ? s.pid : 0;
    }
    close_fd(&b->null_fd);
    close_fd(&b->log_fd);
    close_fd(&b->order_fd);
    close_fd(&b->listen_fd);
    close_fd(&b->usher_fd);
    close_fd(&b->collateral_fd);
    free(b);
    if (error < 0) {
        spawned_close(&s);
        return fault_system(fault, error, "cannot start a keep");
    }
    *out = s;
    return 0;
}

void spawned_close(struct spawned *s)
{
    close_fd(&s->pid_fd);
    close_fd(&s->log_fd);
    close_fd(&s->socket_fd);
    if (s->page != NULL)
        munmap(s->page, sizeof(*s->page));
    s->page = NULL;
}
