/* SPDX-License-Identifier: Apache-2.0 */
/* How often KVM left the machines that are made here, by KVM's own count. Who has a machine's
 * count open holds the machine, so that of a process that is gone is closed at once. [Linux
 * virt/kvm/kvm_main.c, debugfs]
 *
 * count FILE COMMAND...  runs the command, and writes to FILE how often it was
 * count                  answers each line of its input with how often it was so far */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATISTICS   "/sys/kernel/debug/kvm"
#define MACHINES_MAX 256u
#define EVERY_MS     3 /* a machine that lives less is not seen */

static struct {
    char name[32]; /* PID-DESCRIPTOR */
    int held;      /* descriptor of its count */
} machines[MACHINES_MAX];
static size_t machine_count;
static unsigned long long of_the_dead; /* of machines that are not in the table any more */

static int is_known(const char *name)
{
    for (size_t i = 0; i < machine_count; i++) {
        if (strcmp(machines[i].name, name) == 0)
            return 1;
    }
    return 0;
}

static int open_exits(const char *name)
{
    char path[320];
    snprintf(path, sizeof(path), STATISTICS "/%s/exits", name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Each file of a count tells it once. */
static unsigned long long exits_of(const char *name)
{
    char text[32] = {0};
    const int fd = open_exits(name);
    const ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    return n > 0 ? strtoull(text, NULL, 10) : 0;
}

static void forget_the_dead(void)
{
    for (size_t i = 0; i < machine_count;) {
        if (kill((pid_t)strtol(machines[i].name, NULL, 10), 0) == 0 || errno != ESRCH) {
            i++;
            continue;
        }
        of_the_dead += exits_of(machines[i].name);
        close(machines[i].held);
        machines[i] = machines[--machine_count];
    }
}

/* What else is there has no dash. */
static void look(void)
{
    forget_the_dead();
    DIR *all = opendir(STATISTICS);
    for (const struct dirent *d; all != NULL && (d = readdir(all)) != NULL;) {
        if (strchr(d->d_name, '-') == NULL || strlen(d->d_name) >= sizeof(machines[0].name) ||
            machine_count == MACHINES_MAX || is_known(d->d_name))
            continue;
        const int fd = open_exits(d->d_name);
        if (fd < 0)
            continue;
        memcpy(machines[machine_count].name, d->d_name, strlen(d->d_name) + 1);
        machines[machine_count++].held = fd;
    }
    if (all != NULL)
        closedir(all);
}

static unsigned long long total(void)
{
    unsigned long long sum = of_the_dead;
    for (size_t i = 0; i < machine_count; i++)
        sum += exits_of(machines[i].name);
    return sum;
}

static int answer(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];
    for (;;) {
        const int asked = poll(&in, 1, EVERY_MS);
        look();
        if (asked <= 0)
            continue;
        if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
            return 0;
        if (printf("%llu\n", total()) < 0 || fflush(stdout) != 0)
            return 2;
    }
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc == 1)
        return answer();
    if (argc < 3)
        return 2;
    const pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        look();
        usleep(1000);
    }
    FILE *f = fopen(argv[1], "w");
    if (f == NULL || fprintf(f, "%llu\n", total()) < 0 || fclose(f) != 0)
        return 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
