/* SPDX-License-Identifier: Apache-2.0 */
/* The sgx-sim backend: the keep of the sgx backend, on a model of the processor. */
#include "host/fault.h"
#include "host/sgx/keep.h"
#include "sim/sgx/model.h"

#include "sim/sgx/quoting.h"

#include <cpuid.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
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

/* ---- what the shim and the model need of this machine ---- */

#define HAS_FSGSBASE 2u /* AT_HWCAP2 [Linux asm/hwcap2.h] */

#ifndef PR_SET_SYSCALL_USER_DISPATCH /* [Linux linux/prctl.h], since 5.11 */
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#endif

static void tell(struct probe *row, const char *what, bool ok, const char *why, const char *why_not)
{
    *row = (struct probe){.ok = ok};
    snprintf(row->what, sizeof(row->what), "%s", what);
    snprintf(row->why, sizeof(row->why), "%s", ok ? why : why_not);
}

/* What the shim takes for granted, since every processor with SGX2 has it [SDM 2A CPUID]. */
static bool has_instructions(void)
{
    enum { AVX2 = 1u << 5, SHA = 1u << 29, RDRAND = 1u << 30 };
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    if (!__builtin_cpu_supports("avx2") || __get_cpuid(1, &a, &b, &c, &d) == 0 || !(c & RDRAND))
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && b & AVX2 && b & SHA;
}

static size_t probe(struct probe *rows)
{
    tell(&rows[0], "Instructions", has_instructions(), "the processor has AVX2, SHA and RDRAND",
         "the processor lacks AVX2, SHA or RDRAND, which every processor with SGX2 has");
    tell(&rows[1], "FSGSBASE", (getauxval(AT_HWCAP2) & HAS_FSGSBASE) != 0,
         "programs may change FS and GS", "programs may not change FS and GS; Linux 5.9 lets them");
    tell(&rows[2], "Syscall User Dispatch",
         prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0) == 0,
         "the kernel has it", "the kernel lacks it; it comes with Linux 5.11");
    return 3;
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
