/* SPDX-License-Identifier: Apache-2.0 */
/* The sgx-sim backend: the keep of the sgx backend, on a model of the processor. */
#include "host/fault.h"
#include "host/sgx/keep.h"
#include "sim/sgx/model.h"
#include "sim/sgx/quoting.h"

#include <stdio.h>
#include <unistd.h>

/* An ordinary run asks for no evidence, and does not wait for keys. */
static int prepare(struct keep *keep)
{
    struct fault fault;
    int error = keep->boot.mode == BOOT_LOCAL ? 0 : quoting_open(&fault);
    if (error == 0)
        return sgx_prepare(&sgx_model, keep);
    dprintf(STDERR_FILENO, "enarx: cannot start the keep: %s\n", fault.text);
    return error;
}

static no_return void enter(struct keep *keep) { sgx_enter(&sgx_model, keep); }

static size_t probe(struct probe *rows)
{
    rows[0] = (struct probe){.what = "Software model",
                             .ok = true,
                             .why = "needs FSGSBASE, AVX and Syscall User Dispatch"};
    return 1;
}

extern const struct backend sgx_sim_backend;
const struct backend sgx_sim_backend = {
    .name = "sgx-sim",
    .summary = "the sgx keep on a software model of the processor: no isolation, for tests",
    .technology = TECHNOLOGY_SGX,
    .probe = probe,
    .collateral = quoting_collateral,
    .prepare = prepare,
    .enter = enter,
};
