/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, as far as one thread can have them: those of its own faults and those
 * that it sends itself. [Linux arch/x86/include/uapi/asm/sigcontext.h, ucontext.h] */
#ifndef SHIM_CORE_SIGNAL_H
#define SHIM_CORE_SIGNAL_H

#include "shim/core/machine.h"

#define SIGNAL_COUNT 65u

#define SIGILL  4
#define SIGFPE  8
#define SIGKILL 9
#define SIGSEGV 11
#define SIGSTOP 19

struct kernel;

struct signal_action {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

struct signal_stack {
    uint64_t address;
    uint64_t flags;
    uint64_t size;
};

struct signals {
    struct signal_action actions[SIGNAL_COUNT];
    struct signal_stack stack;
    uint64_t blocked; /* bit n - 1: signal n */
    uint64_t pending;
};

/* What a handler is told. */
struct signal_info {
    int number;
    int code;
    uint64_t address; /* si_addr, cr2 */
    uint64_t vector;
    uint64_t error;
};

/* Lets exec go on in its handler. Where it has none, or blocks the signal, exec
 * has failed. */
void signal_raise(struct kernel *k, struct frame *f, const struct signal_info *info);

/* Before exec goes on: what it sent itself and no longer blocks. */
void signal_flush(struct kernel *k, struct frame *f);

int64_t signal_rt_sigaction(struct kernel *k, const uint64_t *a);
int64_t signal_rt_sigprocmask(struct kernel *k, const uint64_t *a);
int64_t signal_sigaltstack(struct kernel *k, const struct frame *f, const uint64_t *a);
int64_t signal_tgkill(struct kernel *k, const uint64_t *a);

/* Takes all registers from the frame on exec's stack; returns the new rax. */
uint64_t signal_rt_sigreturn(struct kernel *k, struct frame *f);

#endif
