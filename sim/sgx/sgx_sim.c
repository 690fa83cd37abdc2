/* SPDX-License-Identifier: Apache-2.0 */
/* The sgx-sim backend: the keep of the sgx backend, on a model of the processor. */
#include "host/fault.h"
#include "host/sgx/keep.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/model.h"
#include "sim/sgx/quoting.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A run whose keep shows nobody a certificate does not wait for keys. */
static int prepare(struct keep *keep)
{
    struct fault fault;
    int error = model_keys_open();
    if (error < 0)
        fault_set(
            &fault, error,
            "enarx/sim/processor.key in XDG_STATE_HOME (~/.local/state) is damaged or open to "
            "others; remove it, and another one is made");
    else
        error = keep->boot.mode == BOOT_LOCAL && !keep->certified ? 0 : quoting_open(&fault);
    if (error == 0)
        return sgx_prepare(&sgx_model, keep);
    dprintf(STDERR_FILENO, "enarx: cannot start the keep: %s\n", fault.text);
    return error;
}

static struct probe tell(const char *what, bool ok, const char *why)
{
    struct probe row = {.ok = ok};
    snprintf(row.what, sizeof(row.what), "%s", what);
    snprintf(row.why, sizeof(row.why), "%s", why);
    return row;
}

static size_t probe(struct probe *rows)
{
    const struct model_needs m = model_needs();
    rows[0] = tell("Processor for the model", m.processor,
                   m.processor ? "it has FSGSBASE and AVX"
                               : "it lacks FSGSBASE or AVX, or the kernel does not enable them");
    rows[1] = tell("Kernel for the model", m.dispatch,
                   m.dispatch ? "it has Syscall User Dispatch"
                              : "it lacks Syscall User Dispatch; that comes with Linux 5.11");
    rows[2] = tell("CPUID in the model", true,
                   m.cpuid_faults ? "it faults, as in an enclave, and the shim answers"
                                  : "it cannot be made to fault on this machine: the processor "
                                    "answers, not the shim");
    return 3;
}

/* The model's: pages, signals, CPUID outside of the enclave; and what signs quotes. */
static const int calls[] = {
    SYS_mprotect, SYS_madvise, SYS_rt_sigreturn, SYS_rt_sigaction, SYS_gettid,
    SYS_tgkill,   SYS_getpid,  SYS_arch_prctl,   SYS_getrandom,
};

extern const struct backend sgx_sim_backend;
const struct backend sgx_sim_backend = {
    .name = "sgx-sim",
    .summary = "the sgx keep on a software model of the processor: no isolation, for tests",
    .technology = TECHNOLOGY_SGX,
    .probe = probe,
    .collateral = quoting_collateral,
    .prepare = prepare,
    .own_kernel = true,
    .calls = calls,
    .call_count = ARRAY_COUNT(calls),
    .enter = sgx_enter,
};
