/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into the command for tests alone. The file `rule` in HOME names a rule of its filters
 * of system calls: what this rule allows ends the process instead. The file `rules`, where it
 * exists, gets the names of all. A rule is named after its call and, from the call's second on,
 * its place: "mmap", "mmap:2". */
#define _GNU_SOURCE
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS 512
#define NAME  64

int __wrap_seccomp_rule_add(scmp_filter_ctx f, uint32_t action, int call, unsigned count, ...);
int __wrap_seccomp_rule_add_array(scmp_filter_ctx f, uint32_t action, int call, unsigned count,
                                  const struct scmp_arg_cmp *arguments);
int __real_seccomp_rule_add_array(scmp_filter_ctx f, uint32_t action, int call, unsigned count,
                                  const struct scmp_arg_cmp *arguments);
int __wrap_sandbox_close_others(int *keep, size_t count);
int __real_sandbox_close_others(int *keep, size_t count);

static struct {
    char rule[NAME];
    char list[PATH_MAX];
    int list_fd;
    unsigned char places[CALLS]; /* a process makes one filter */
} test = {.list_fd = -1};

/* Before the environment is wiped, and while there are files. */
__attribute__((constructor)) static void begin(void)
{
    char path[PATH_MAX];
    const char *home = getenv("HOME");
    if (home == NULL)
        return;
    snprintf(test.list, sizeof(test.list), "%s/rules", home);
    snprintf(path, sizeof(path), "%s/rule", home);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = read(fd, test.rule, sizeof(test.rule) - 1);
    test.rule[size < 0 ? 0 : size] = '\0';
    close(fd);
}

int __wrap_sandbox_close_others(int *keep, size_t count)
{
    const int error = __real_sandbox_close_others(keep, count);
    test.list_fd = open(test.list, O_WRONLY | O_APPEND | O_CLOEXEC);
    return error;
}

static bool is_the_one(int call)
{
    char name[NAME];
    char *text = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
    const int place = ++test.places[call % CALLS];
    snprintf(name, sizeof(name), place == 1 ? "%s" : "%s:%d", text, place);
    free(text);
    if (test.list_fd >= 0)
        dprintf(test.list_fd, "%s\n", name);
    return strcmp(test.rule, name) == 0;
}

/* Where all others end the process too, there is no such rule to add. */
int __wrap_seccomp_rule_add_array(scmp_filter_ctx f, uint32_t action, int call, unsigned count,
                                  const struct scmp_arg_cmp *arguments)
{
    if (is_the_one(call))
        action = SCMP_ACT_KILL_PROCESS;
    const int error = __real_seccomp_rule_add_array(f, action, call, count, arguments);
    return action == SCMP_ACT_KILL_PROCESS && error == -EACCES ? 0 : error;
}

/* Rules without conditions are all that is added so. */
int __wrap_seccomp_rule_add(scmp_filter_ctx f, uint32_t action, int call, unsigned count, ...)
{
    return count != 0 ? -EINVAL : __wrap_seccomp_rule_add_array(f, action, call, 0, NULL);
}
