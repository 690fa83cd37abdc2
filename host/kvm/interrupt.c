/* SPDX-License-Identifier: Apache-2.0 */
/* Signals during a run; see interrupt.h. [Linux Documentation/virt/kvm/api.rst 5,
 * immediate_exit] */
#define _GNU_SOURCE
#include "host/kvm/interrupt.h"

#include "host/check.h"
#include "host/signals.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    struct kvm_run *run;
    pid_t process;
    volatile sig_atomic_t number;
} interrupt;

/* The order of the two does not matter: who sees KVM_RUN fail is behind both. */
static void on_signal(int number)
{
    interrupt.number = number;
    *(volatile uint8_t *)&interrupt.run->immediate_exit = CHECKED(kvm_interrupt, 1, 0);
}

int interrupt_prepare(struct kvm_run *run)
{
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_mask = signals_of_user(),
                                     .sa_flags = CHECKED(kvm_patience, SA_RESETHAND, 0)};
    interrupt.run = run;
    interrupt.process = getpid();
    interrupt.number = 0;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction was;
        if (!signals_has(number))
            continue;
        if (sigaction(number, NULL, &was) < 0)
            return -errno;
        if (was.sa_handler != SIG_IGN && sigaction(number, &action, NULL) < 0)
            return -errno;
    }
    return 0;
}

int interrupt_taken(void) { return interrupt.number; }

no_return void interrupt_end(int number)
{
    syscall(SYS_tgkill, interrupt.process, interrupt.process, number);
    _exit(128 + number); /* unreached: nobody handles it any more */
}
