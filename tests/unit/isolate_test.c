/* SPDX-License-Identifier: Apache-2.0 */
/* What of isolation this machine gives us, a keep has: seen from within. */
/* links: host/isolate.c host/small_file.c */
#define _GNU_SOURCE
#include "host/isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ID 1900000007u

static const struct isolation wish = {.parts = ISOLATION_ALL, .id = ID};

/* The status of a child that begins as a keep does, enters, and then answers. */
static int ask(const struct isolation *i, int (*question)(void))
{
    int pid_fd, status;
    const pid_t pid = isolation_fork(i, &pid_fd);
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(isolation_enter(i) < 0 ? 99 : question());
    struct pollfd end = {.fd = pid_fd, .events = POLLIN};
    assert_int_equal(poll(&end, 1, 10000), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    close(pid_fd);
    return WEXITSTATUS(status);
}

static int is_first(void) { return getpid() == 1 && kill(-1, 0) < 0 && errno == ESRCH; }

static int has_only_loopback(void)
{
    const struct if_nameindex *list = if_nameindex();
    return list != NULL && list[0].if_index != 0 && strcmp(list[0].if_name, "lo") == 0 &&
           list[1].if_index == 0;
}

static int has_empty_root(void)
{
    int names = 0;
    DIR *dir = opendir("/");
    while (dir != NULL && readdir(dir) != NULL)
        names++;
    return names == 2 && mkdir("/x", 0700) < 0 && errno == EROFS && chdir("..") == 0 &&
           access("proc", F_OK) < 0 && open("/x", O_CREAT | O_RDWR, 0600) < 0 && errno == EROFS;
}

static int is_nobody(void)
{
    return getuid() != 0 && geteuid() == getuid() && getgroups(0, NULL) == 0;
}
static int is_there(void) { return 1; }

/* Namespaces of this process, as it began. */
static char ipc[64], uts[64], user[64];

static void read_link(const char *name, char *text)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
    const ssize_t size = readlink(path, text, 63);
    text[size < 0 ? 0 : size] = '\0';
}

static int is_another(const char *name, const char *before)
{
    char now[64];
    read_link(name, now);
    return before[0] != '\0' && now[0] != '\0' && strcmp(now, before) != 0;
}

static int has_ipc(void) { return is_another("ipc", ipc); }
static int has_uts(void) { return is_another("uts", uts); }
static int has_user(void) { return is_another("user", user); }

/* Each part alone, so that none rests on another that was asked for by chance. */
static void each_part_does_what_it_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t part;
        int (*question)(void);
    } rows[] = {
        {ISOLATION_PID, is_first},  {ISOLATION_NET, has_only_loopback}, {ISOLATION_IPC, has_ipc},
        {ISOLATION_UTS, has_uts},   {ISOLATION_ROOT, has_empty_root},   {ISOLATION_UID, is_nobody},
        {ISOLATION_USER, has_user},
    };
    const gid_t group = 12345;
    read_link("ipc", ipc);
    read_link("uts", uts);
    read_link("user", user);
    (void)!setgroups(1, &group); /* to be left, where we may */
    const uint32_t here = isolation_probe(&wish);
    for (size_t n = 0; n < ARRAY_COUNT(rows); n++) {
        const uint32_t least = geteuid() == 0 ? rows[n].part : rows[n].part | ISOLATION_USER;
        if ((here & least) != least) {
            print_message("not here: %s\n", isolation_texts[__builtin_ctz(rows[n].part)]);
            continue;
        }
        const struct isolation i = {.parts = least, .id = ID};
        assert_int_equal(ask(&i, rows[n].question), 1);
    }
}

static int is_all(void) { return is_first() && has_only_loopback() && has_empty_root(); }

static void what_was_probed_can_be_had_together(void **state)
{
    (void)state;
    const uint32_t needed = ISOLATION_PID | ISOLATION_NET | ISOLATION_ROOT;
    const struct isolation i = {.parts = isolation_probe(&wish), .id = ID};
    assert_int_equal(ask(&i, (i.parts & needed) == needed ? is_all : is_there), 1);
}

static void without_an_id_there_is_no_user_of_its_own(void **state)
{
    (void)state;
    const struct isolation none = {.parts = ISOLATION_ALL};
    assert_false(isolation_probe(&none) & ISOLATION_UID);
    const struct isolation i = {.parts = ISOLATION_UID};
    assert_int_equal(ask(&i, is_there), 99);
}

static void nothing_asked_nothing_done(void **state)
{
    (void)state;
    const struct isolation i = {0};
    assert_int_equal(isolation_probe(&i), 0);
    assert_int_equal(ask(&i, is_there), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_does_what_it_says),
        cmocka_unit_test(what_was_probed_can_be_had_together),
        cmocka_unit_test(without_an_id_there_is_no_user_of_its_own),
        cmocka_unit_test(nothing_asked_nothing_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
