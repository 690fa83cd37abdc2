/* SPDX-License-Identifier: Apache-2.0 */
/* Faults in the enclave of the model: what the kernel serves, what the host is told of the
 * others, and what the enclave is. As the manual has it [SDM 3D 35, 36]. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/xstate.c sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "tests/model/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

static const uint64_t heap_page = ENCLAVE_HEAP;

TEST(first_touch)
{
    rig_start();
    uint64_t page = rig.base + heap_page;
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, page + 0x123, 0) == -5);
    CHECK(rig.exits[0].vector == 14);
    CHECK(rig.exits[0].error == 0x8007); /* P W U SGX: pending */
    CHECK(rig.exits[0].address == page); /* the kernel does not see the rest */
    CHECK(EXINFO(0)->maddr == page + 0x123);
    CHECK(EXINFO(0)->errcd == 0x8007);
    CHECK(GPR(0)->exit_info == 0x8000030e);
    CHECK(model_counters()->aex_eaug == 1 && model_counters()->aex_touch == 1);
    CHECK(model_counters()->eaug == 1);
}

/* The handler accepts, and the access happens. */
TEST(first_touch_accepted)
{
    rig_start();
    uint64_t page = rig.base + heap_page;
    *(uint64_t *)rig_data(DATA_SECINFO) = 0x20b;
    *rig_word(DATA_LEAF) = SGX_EACCEPT;
    *rig_word(DATA_H_RBX) = rig.base + ENCLAVE_DATA + DATA_SECINFO;
    *rig_word(DATA_H_RCX) = page;
    CHECK(rig_do(DO_WRITE, 7, 0, page + 0x123, 0) == 0);
    CHECK(rig.count == 3 && *rig_word(DATA_H_RAX) == 0);
    CHECK(((uint8_t *)page)[0x123] == 7 && ((uint8_t *)page)[0] == 0);
    CHECK(rig_do(DO_READ, 0, 0, page + 0x123, 0) == 0);
    CHECK(rig.count == 1 && *rig_word(DATA_RAX) == 7);
}

/* EACCEPT at CSSA 1 of a page that is not there: the kernel serves it. */
TEST(accept_brings_the_page)
{
    rig_start();
    CHECK(rig_leaf(SGX_EACCEPT, 0x20b, rig.base + heap_page, 0) == 0);
    CHECK(rig.count == 1);
    CHECK((*rig_word(DATA_FLAGS) & 0x8d5) == 0); /* CF was set */
    CHECK(model_counters()->aex_eaug == 1 && model_counters()->aex_touch == 0);
    CHECK(rig_leaf(SGX_EACCEPT, 0x20b, rig.base + heap_page, 0) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    CHECK((*rig_word(DATA_FLAGS) & 0x8d5) == 0x40); /* ZF */
}

TEST(write_to_code_faults)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, rig.base + 8, 0) == -5);
    CHECK(rig.exits[0].vector == 14 &&
          rig.exits[0].error == 7); /* the page tables', not the EPCM's */
    CHECK(EXINFO(0)->maddr == rig.base + 8);
}

TEST(fetch_from_data_faults)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_CALL, 0, 0, rig.base + ENCLAVE_DATA + 5, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && rig.exits[0].error == 0x15);
    CHECK(GPR(0)->rip == rig.base + ENCLAVE_DATA + 5);
}

TEST(tcs_is_inaccessible)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_READ, 0, 0, rig.base + ENCLAVE_TCS, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && rig.exits[0].error == 0x8005);
}

TEST(fault_outside)
{
    uint8_t *at = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_READ, 0, 0, (uintptr_t)at + 9, 0) == -5);
    CHECK(rig.exits[0].vector == 14 && (rig.exits[0].error & ~1) == 4);
    CHECK(rig.exits[0].address == (uintptr_t)at && EXINFO(0)->maddr == (uintptr_t)at + 9);
}

TEST(general_protection)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_NON_CANONICAL, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 13 && rig.exits[0].error == 0 && rig.exits[0].address == 0);
    CHECK(GPR(0)->exit_info == 0x8000030d);
    CHECK(EXINFO(0)->errcd == 0);
}

TEST(division)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_DIVIDE, 1, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 0 && GPR(0)->exit_info == 0x80000300);
}

TEST(undefined)
{
    rig_start();
    rig.gives_up = true;
    CHECK(rig_do(DO_UD2, 0, 0, 0, 0) == -5);
    CHECK(rig.exits[0].vector == 6 && GPR(0)->rip == rig_place(enclave_ud2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_touch),
        cmocka_unit_test(first_touch_accepted),
        cmocka_unit_test(accept_brings_the_page),
        cmocka_unit_test(write_to_code_faults),
        cmocka_unit_test(fetch_from_data_faults),
        cmocka_unit_test(tcs_is_inaccessible),
        cmocka_unit_test(fault_outside),
        cmocka_unit_test(general_protection),
        cmocka_unit_test(division),
        cmocka_unit_test(undefined),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
