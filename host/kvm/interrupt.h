/* SPDX-License-Identifier: Apache-2.0 */
/* The user's signals end a machine, wherever its processor is: inside, or about to enter.
 * No flag is looked at before that: the kernel does, at each KVM_RUN. One machine a process. */
#ifndef HOST_KVM_INTERRUPT_H
#define HOST_KVM_INTERRUPT_H

#include "base/attr.h"

struct kvm_run;

/* From now on each of them makes the next KVM_RUN of `run` fail with EINTR, and the one that
 * goes on, but for those that are ignored. The second time a signal has the effect that it
 * has by default. 0 or -errno. */
must_use int interrupt_prepare(struct kvm_run *run);

/* The signal that came; 0: none. */
int interrupt_taken(void);

/* Ends the process with that signal. */
no_return void interrupt_end(int number);

#endif
