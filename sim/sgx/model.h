/* SPDX-License-Identifier: Apache-2.0 */
/* A software model of a processor with SGX2 and of the kernel's driver for it, in
 * the process of the keep, whose only thread enters the enclave. It runs the image
 * that hardware would run. It isolates nothing. Trusts the kernel.
 *
 * `open` does what the sandbox forbids later (prctl) and takes this process's
 * SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS, and its alternate signal
 * stack: it must be called in the process that runs the keep, before the sandbox
 * is entered. All the rest may come after: it makes no system call but mmap,
 * munmap, mprotect, madvise, rt_sigaction, rt_sigprocmask, rt_sigreturn, getrandom,
 * arch_prctl, and at its end tgkill. Errors of `open`: -ENOTSUP where the processor
 * or the kernel lacks FSGSBASE, AVX or Syscall User Dispatch. */
#ifndef SIM_SGX_MODEL_H
#define SIM_SGX_MODEL_H

#include "host/counters.h"
#include "host/sgx/device.h"

#include <stdbool.h>

extern const struct sgx_device sgx_model;

/* True: CPUID in the enclave is #UD, as on hardware; false: the processor runs it. */
bool model_cpuid_faults(void);

/* What the machine has of what the model needs, without changing anything. */
struct model_needs {
    bool processor;    /* FSGSBASE, AVX */
    bool dispatch;     /* Syscall User Dispatch */
    bool cpuid_faults; /* not needed: see model_cpuid_faults */
};
struct model_needs model_needs(void);

struct model_counters {
#define MODEL_COUNTER(name, text) uint64_t name;
    COUNTERS_MODEL(MODEL_COUNTER)
#undef MODEL_COUNTER
};

const struct model_counters *model_counters(void);

#endif
