/* SPDX-License-Identifier: Apache-2.0 */
/* A signal of the user's: the page that the kernel looks at says so before anybody can enter
 * the machine, and the process ends as if nobody had handled it. */
/* links: host/kvm/interrupt.c host/signals.c */
#include "host/kvm/interrupt.h"

#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct kvm_run run;

/* How a child ends that gets `first`, looks, and ends itself by what came. */
static int ending_after(int first, int second)
{
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        run.immediate_exit = 0;
        (void)signal(first, SIG_DFL);
        if (interrupt_prepare(&run) < 0 || run.immediate_exit != 0 || interrupt_taken() != 0)
            _exit(99);
        raise(first);
        if (run.immediate_exit != 1 || interrupt_taken() != first)
            _exit(98);
        if (second != 0)
            raise(second);
        else
            interrupt_end(first);
        _exit(97);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void each_signal_ends_it_as_itself(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const int status = ending_after(numbers[i], 0);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), numbers[i]);
    }
}

/* A keep that hangs in a call of the port's is not kept from its end. */
static void the_second_time_it_ends_at_once(void **state)
{
    (void)state;
    const int status = ending_after(SIGTERM, SIGTERM);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

/* nohup(1): it goes on, and so does this. */
static void what_was_ignored_stays_so(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(interrupt_prepare(&run), 0);
    raise(SIGHUP);
    assert_int_equal(run.immediate_exit, 0);
    assert_int_equal(interrupt_taken(), 0);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signal_ends_it_as_itself),
        cmocka_unit_test(the_second_time_it_ends_at_once),
        cmocka_unit_test(what_was_ignored_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
