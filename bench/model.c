/* SPDX-License-Identifier: Apache-2.0 */
/* What the model of SGX itself costs, in nanoseconds a time: numbers of a keep on it
 * are to be read beside these. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/xstate.c sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcmocka -lcrypto */
#include "tests/model/rig.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIMES 5000u
#define PAGES ((ENCLAVE_SIZE - ENCLAVE_HEAP) / SGX_PAGE)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cost(unsigned what, uint64_t rax, uint64_t rbx, uint64_t rcx)
{
    double start = now();
    for (unsigned i = 0; i < TIMES; i++)
        CHECK(rig_do(what, rax, rbx, rcx, 0) == 0);
    return (now() - start) / TIMES;
}

static double cost_of_pages(uint64_t secinfo)
{
    double start = now();
    for (unsigned i = 0; i < PAGES; i++) {
        CHECK(rig_do(DO_ENCLU, SGX_EACCEPT, secinfo, rig.base + ENCLAVE_HEAP + i * SGX_PAGE, 0) ==
              0);
        CHECK(*rig_word(DATA_RAX) == 0);
    }
    return (now() - start) / PAGES;
}

int main(void)
{
    const struct sgx_secinfo fresh = {.flags = 0x20b};
    uint64_t secinfo;
    CHECK(rig_setup(NULL) == 0);
    rig_start();
    secinfo = rig.base + ENCLAVE_DATA + DATA_SECINFO;
    memcpy(rig_data(DATA_SECINFO), &fresh, sizeof(fresh));
    *rig_word(DATA_SKIP) = 2;
    double entry = cost(DO_NOTHING, 0, 0, 0);
    double leaf = cost(DO_ENCLU, SGX_EACCEPT, secinfo, rig.base + ENCLAVE_DATA) - entry;
    double call = cost(DO_SYSCALL, 0, 0, 0) - entry;
    double page = cost_of_pages(secinfo) - entry;
    model_set_stepping(true);
    double step = (cost(DO_SPIN, 0, 0, 11) - cost(DO_SPIN, 0, 0, 1)) / 30;
    printf("EENTER and EEXIT %.0f\n", entry);
    printf("ENCLU inside %.0f\n", leaf);
    printf("EACCEPT of a page that EAUG brings %.0f\n", page);
    printf("AEX by a system call, EENTER, EEXIT, ERESUME %.0f\n", call);
    printf("a step in stepping mode %.0f\n", step);
    return rig_teardown(NULL);
}
