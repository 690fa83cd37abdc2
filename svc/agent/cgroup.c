/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups of keeps; see cgroup.h. Files and their formats: [Linux cgroup-v2]. */
#define _GNU_SOURCE
#include "svc/agent/cgroup.h"

#include "host/small_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGENT_GROUP "enarx-agent"
#define KEEP_GROUP  "enarx-keep-"
#define TASKS_MAX   8 /* a keep has one thread, and may have a helper */
#define PATIENCE_US 10000
#define TRIES       50

/* ---- files ---- */

static int put_number(int dir, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    return small_file_write(dir, name, text);
}

static bool has_word(int dir, const char *name, const char *word)
{
    char line[512];
    char *rest = line;
    small_file_read(dir, name, line, sizeof(line));
    for (char *next; (next = strsep(&rest, " \n")) != NULL;) {
        if (strcmp(next, word) == 0)
            return true;
    }
    return false;
}

/* ---- one keep's ---- */

static void group_name(const char *id, char name[static NAME_MAX + 1])
{
    snprintf(name, NAME_MAX + 1, KEEP_GROUP "%s", id);
}

/* Without swap, memory that is used up is used up. */
static int set_limits(int group, uint64_t memory_max)
{
    int error = put_number(group, "pids.max", TASKS_MAX);
    if (error == 0 && memory_max != 0)
        error = put_number(group, "memory.max", memory_max);
    if (error == 0 && faccessat(group, "memory.swap.max", W_OK, 0) == 0)
        error = put_number(group, "memory.swap.max", 0);
    if (error == 0)
        (void)!put_number(group, "memory.oom.group", 1); /* Linux 4.19 */
    return error;
}

int cgroup_make(const struct cgroups *g, const char *id, uint64_t memory_max)
{
    char name[NAME_MAX + 1];
    group_name(id, name);
    if (mkdirat(g->fd, name, 0700) < 0)
        return -errno;
    int group = openat(g->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = group < 0 ? -errno : set_limits(group, memory_max);
    if (error == 0)
        return group;
    if (group >= 0)
        close(group);
    unlinkat(g->fd, name, AT_REMOVEDIR);
    return error;
}

/* The group of a process that was just reaped is empty; that of others takes a moment. */
static void remove_group(int dir, const char *name)
{
    int group = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group < 0)
        return;
    for (int i = 0; i < TRIES && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno == EBUSY; i++) {
        (void)!small_file_write(group, "cgroup.kill", "1"); /* Linux 5.14 */
        usleep(PATIENCE_US);
    }
    close(group);
}

void cgroup_end(const struct cgroups *g, const char *id)
{
    char name[NAME_MAX + 1];
    group_name(id, name);
    if (g->fd >= 0)
        remove_group(g->fd, name);
}

/* ---- all of them ---- */

static void sweep(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (dir == NULL) {
        if (copy >= 0)
            close(copy);
        return;
    }
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strncmp(e->d_name, KEEP_GROUP, strlen(KEEP_GROUP)) == 0)
            remove_group(fd, e->d_name);
    }
    closedir(dir);
}

/* A group that has processes may not share out controllers [cgroup-v2, no internal
 * process constraint]: this process goes into one below. */
static int take_over(int fd)
{
    if (!has_word(fd, "cgroup.controllers", "memory") ||
        !has_word(fd, "cgroup.controllers", "pids"))
        return -EOPNOTSUPP;
    if (mkdirat(fd, AGENT_GROUP, 0700) < 0 && errno != EEXIST)
        return -errno;
    int error = put_number(fd, AGENT_GROUP "/cgroup.procs", (uint64_t)getpid());
    if (error == 0)
        error = small_file_write(fd, "cgroup.subtree_control", "+memory +pids");
    if (error == 0) {
        sweep(fd);
        return 0;
    }
    (void)!put_number(fd, "cgroup.procs", (uint64_t)getpid());
    unlinkat(fd, AGENT_GROUP, AT_REMOVEDIR);
    return error;
}

/* `root` is the folder where version 2 is mounted, `own` the path in it of this process'
 * group. */
static int open_at(const char *root, const char *own, struct cgroups *g)
{
    char path[PATH_MAX];
    g->fd = -1;
    if (snprintf(path, sizeof(path), "%s%s", root, own) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    /* An agent that was started by another way than a service manager's finds itself where
     * it went the last time. */
    char *tail = strrchr(path, '/');
    if (tail != NULL && strcmp(tail, "/" AGENT_GROUP) == 0)
        *tail = '\0';
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 ? -errno : take_over(fd);
    if (error == 0)
        g->fd = fd;
    else if (fd >= 0)
        close(fd);
    return error;
}

/* The line of version 2 in a file of lines, cut out of it; null when there is none. */
static char *find_own(char *lines)
{
    for (char *line; (line = strsep(&lines, "\n")) != NULL;) {
        if (strncmp(line, "0::/", 4) == 0)
            return line + 3;
    }
    return NULL;
}

int cgroups_open(struct cgroups *g)
{
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char lines[PATH_MAX];
    g->fd = -1;
    small_file_read(AT_FDCWD, "/proc/self/cgroup", lines, sizeof(lines));
    const char *own = find_own(lines);
    int error = -ENOENT;
    for (size_t i = 0; own != NULL && error < 0 && i < ARRAY_COUNT(roots); i++)
        error = open_at(roots[i], own, g);
    return error;
}

void cgroups_close(struct cgroups *g)
{
    if (g->fd >= 0)
        close(g->fd);
    g->fd = -1;
}
