/* SPDX-License-Identifier: Apache-2.0 */
/* A process that gave up other files reads one folder, and nothing else, connects nowhere,
 * and starts nothing. */
/* links: host/confine.c tests/unit/scratch.c base/cur.c */
#define _GNU_SOURCE
#include "host/sandbox.h"
#include "tests/unit/scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NO_LANDLOCK = 77 };

static int refused(int result) { return result < 0 && errno == EACCES ? 0 : 1; }

static int connects(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&to, sizeof(to));
}

/* The number of the first thing that it could do and should not, or the other way round. */
static int try_all(int folder, int open_before)
{
    char byte;
    if (openat(folder, "inside", O_RDONLY) < 0)
        return 1;
    if (refused(open("outside", O_RDONLY)) || refused(openat(folder, "../outside", O_RDONLY)))
        return 2;
    if (refused(openat(folder, "link", O_RDONLY)))
        return 3;
    if (refused(openat(folder, "inside", O_WRONLY)) ||
        refused(openat(folder, "new", O_WRONLY | O_CREAT, 0600)))
        return 4;
    if (refused(unlinkat(folder, "inside", 0)))
        return 5;
    if (refused(execl("/bin/true", "true", (char *)NULL)))
        return 6;
    return read(open_before, &byte, 1) == 1 ? 0 : 7;
}

static int in_a_child(bool with_folder)
{
    const pid_t pid = fork();
    if (pid == 0) {
        const int folder = open("folder", O_RDONLY | O_DIRECTORY);
        const int before = open("outside", O_RDONLY);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        const int error = sandbox_confine_files(with_folder ? folder : -1);
        if (error == -ENOSYS)
            _exit(NO_LANDLOCK);
        if (error < 0)
            _exit(99);
        _exit(with_folder ? try_all(folder, before) : refused(openat(folder, "inside", O_RDONLY)));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void make_files(void)
{
    assert_int_equal(mkdir("folder", 0700), 0);
    scratch_write("folder/inside", "x");
    scratch_write("outside", "x");
    assert_int_equal(symlink("../outside", "folder/link"), 0);
}

static void one_folder_is_left(void **state)
{
    (void)state;
    make_files();
    const int left = in_a_child(true), none = in_a_child(false);
    if (left == NO_LANDLOCK)
        skip();
    assert_int_equal(left, 0);
    assert_int_equal(none, 0);
}

/* Since the fourth version of Landlock. */
static void nothing_is_connected_to(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(sandbox_confine_files(-1) < 0 ? NO_LANDLOCK : connects() < 0 ? errno : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == NO_LANDLOCK || WEXITSTATUS(status) == ECONNREFUSED)
        skip();
    assert_int_equal(WEXITSTATUS(status), EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_folder_is_left, scratch_open, scratch_close),
        cmocka_unit_test(nothing_is_connected_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
