/* SPDX-License-Identifier: Apache-2.0 */
/* Isolation; see isolate.h. Who may, goes without detour; who may not gets a user
 * namespace first, in which everybody may. */
#define _GNU_SOURCE
#include "host/isolate.h"

#include "host/check.h"
#include "host/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const isolation_texts[ISOLATION_COUNT] = {
#define TEXT(name, text) text,
    ISOLATION_TABLE(TEXT)
#undef TEXT
};

/* ---- who may ---- */

static bool may_without_user_namespace(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    const uint32_t needed = 1u << CAP_SYS_ADMIN | 1u << CAP_SETUID | 1u << CAP_SETGID;
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & needed) == needed;
}

/* ---- the steps after the fork ---- */

static int leave(int flag) { return unshare(flag) < 0 ? -errno : 0; }

static int enter_net(maybe_unused const struct isolation *i)
{
    return CHECKED(isolate_network, leave(CLONE_NEWNET), 0);
}

static int enter_ipc(maybe_unused const struct isolation *i)
{
    return CHECKED(isolate_ipc, leave(CLONE_NEWIPC), 0);
}

static int enter_uts(maybe_unused const struct isolation *i)
{
    return CHECKED(isolate_name, leave(CLONE_NEWUTS), 0);
}

/* An empty one over /proc, which is there wherever a keep can be loaded, then as the root,
 * with the old one taken away from below. */
static int change_root(void)
{
    const unsigned long bare = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/proc", "tmpfs", bare, "size=4k,nr_inodes=2,mode=555") < 0 ||
        chdir("/proc") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
        umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ||
        !CHECK(isolate_writes,
               mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | bare, NULL) == 0))
        return -errno;
    return 0;
}

static int enter_root(maybe_unused const struct isolation *i)
{
    return CHECKED(isolate_root, change_root(), 0);
}

static int enter_uid(const struct isolation *i)
{
    const uid_t id = i->id;
    if (!CHECK(isolate_nobody, id != 0))
        return -EPERM;
    if (!CHECK(isolate_groups, setgroups(0, NULL) == 0) || setresgid(id, id, id) < 0 ||
        !CHECK(isolate_user, setresuid(id, id, id) == 0))
        return -errno;
    return 0;
}

/* The last, for those who had none to begin with: no id of it means anything outside. */
static int enter_user(maybe_unused const struct isolation *i) { return leave(CLONE_NEWUSER); }

static const struct {
    uint32_t part;
    int (*enter)(const struct isolation *i);
} steps[] = {
    {ISOLATION_NET, enter_net},   {ISOLATION_IPC, enter_ipc}, {ISOLATION_UTS, enter_uts},
    {ISOLATION_ROOT, enter_root}, {ISOLATION_UID, enter_uid}, {ISOLATION_USER, enter_user},
};

int isolation_enter(const struct isolation *i)
{
    for (size_t n = 0; n < ARRAY_COUNT(steps); n++) {
        int error = i->parts & steps[n].part ? steps[n].enter(i) : 0;
        if (error < 0)
            return error;
    }
    return 0;
}

/* ---- the fork ---- */

/* Root inside is who we are outside, and nobody else is anybody. */
static int map_ids(uid_t uid, gid_t gid)
{
    char users[32], groups[32];
    snprintf(users, sizeof(users), "0 %u 1", uid);
    snprintf(groups, sizeof(groups), "0 %u 1", gid);
    int error = small_file_write(AT_FDCWD, "/proc/self/setgroups", "deny");
    if (error == 0)
        error = small_file_write(AT_FDCWD, "/proc/self/gid_map", groups);
    return error == 0 ? small_file_write(AT_FDCWD, "/proc/self/uid_map", users) : error;
}

/* clone(2) and not clone3(2), which containers forbid since no filter can look into it. */
pid_t isolation_fork(const struct isolation *i, int *pid_fd)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    const bool maps = (i->parts & ISOLATION_USER) != 0 && !may_without_user_namespace();
    const unsigned long flags =
        SIGCHLD | CLONE_PIDFD | (maps ? CLONE_NEWUSER : 0) |
        (CHECKED(isolate_process, i->parts & ISOLATION_PID, 0) ? CLONE_NEWPID : 0);
    const long pid = syscall(SYS_clone, flags, NULL, pid_fd, NULL, 0);
    if (pid < 0)
        return -errno;
    if (pid == 0 && maps && map_ids(uid, gid) < 0)
        _exit(1);
    return (pid_t)pid;
}

/* ---- trying ---- */

/* What of `parts` a child that begins so can have: its status says. */
static no_return void try_steps(const struct isolation *i)
{
    uint32_t had = 0;
    for (size_t n = 0; n < ARRAY_COUNT(steps); n++) {
        if ((i->parts & steps[n].part) && steps[n].enter(i) == 0)
            had |= steps[n].part;
    }
    _exit((int)(had >> 1));
}

static int try_beginning(const struct isolation *i)
{
    int pid_fd, status;
    const pid_t pid = isolation_fork(i, &pid_fd);
    if (pid < 0)
        return pid;
    if (pid == 0)
        try_steps(i);
    close(pid_fd);
    if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return -ECHILD;
    return WEXITSTATUS(status);
}

uint32_t isolation_probe(const struct isolation *wish)
{
    _Static_assert(ISOLATION_PID == 1 && ISOLATION_COUNT == 8 - 1, "the rest is a status");
    const uint32_t without[] = {0, ISOLATION_PID, ISOLATION_USER, ISOLATION_USER | ISOLATION_PID};
    for (size_t n = 0; n < ARRAY_COUNT(without); n++) {
        struct isolation i = *wish;
        i.parts &= ~without[n];
        int had = try_beginning(&i);
        if (had >= 0)
            return ((uint32_t)had << 1 & i.parts) | (i.parts & ISOLATION_PID);
    }
    return 0;
}
