/* SPDX-License-Identifier: Apache-2.0 */
/* The leaves of ENCLU as the enclave runs them: operands, what they do to memory, and
 * what they say to a kernel that lies [SDM 3D 38.4]. */
/* links: tests/model/rig.c tests/model/sign.c tests/model/enclave.S sim/sgx/entry.S */
/* links: sim/sgx/xstate.c sim/sgx/aex.c sim/sgx/driver.c sim/sgx/epcm.c sim/sgx/illegal.c sim/sgx/kernel.c */
/* links: sim/sgx/keys.c sim/sgx/leaf.c sim/sgx/leaf_accept.c sim/sgx/leaf_key.c sim/sgx/measure.c */
/* links: sim/sgx/memory.c sim/sgx/secs.c sim/sgx/signals.c sim/sgx/sigstruct.c sim/sgx/step.c */
/* links: sim/sgx/trap.c crypto/cmac.c crypto/digest.c base/wipe.c base/cur.c base/put.c */
/* links: host/newfile.c host/user_dir.c host/fault.c */
/* libs: -lcrypto */
#include "tests/model/rig.h"

#include "base/attr.h"
#include "sim/sgx/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GP (-13)
#define PF (-14)

#define REG     0x200u
#define TRIM    0x400u
#define R       1u
#define W       2u
#define X       4u
#define PENDING 8u
#define MODIFY  16u
#define PR      32u

#define HEAP(n) (rig.base + ENCLAVE_HEAP + (n)*4096ull)

static long accept(uint64_t flags, uint64_t page) { return rig_leaf(SGX_EACCEPT, flags, page, 0); }

static long copy(uint64_t flags, uint64_t to, uint64_t from)
{
    return rig_leaf(SGX_EACCEPTCOPY, flags, to, from);
}

static long extend(uint64_t flags, uint64_t page)
{
    long left = rig_leaf(SGX_EMODPE, flags, page, 0);
    return left == SGX_EMODPE ? 0 : left; /* EAX is as it was */
}

static int restrict_to(uint64_t permissions, uint64_t page)
{
    return sgx_model.restrict_permissions(page - rig.base, 4096, permissions);
}

/* EACCEPT and EGETKEY with any operands. EAX, or -vector; `address` of the fault. */
static long raw(unsigned leaf, uint64_t rbx, uint64_t rcx, uint64_t rdx, uint64_t *address)
{
    rig.gives_up = true;
    if (rig_do(DO_ENCLU, leaf, rbx, rcx, rdx) == 0)
        return (long)*rig_word(DATA_RAX);
    *address = rig.exits[0].address;
    *rig_word(DATA_WHAT) = DO_NOTHING;
    return -(long)rig.exits[0].vector;
}

/* Each row in an enclave of its own: a fault leaves it with one frame less. */
static const struct operand_row {
    unsigned leaf;
    long rbx, rcx, rdx; /* offsets; EACCEPT's SECINFO is at DATA_SECINFO */
    long result;
    long address; /* of #PF */
    const char *what;
} operand_rows[] = {
    {SGX_EACCEPT, 0x1840, 0x10000, 0, GP, 0, "EACCEPT: SECINFO asks for nothing that there is"},
    {SGX_EACCEPT, 0x1820, 0x10000, 0, GP, 0, "EACCEPT: SECINFO not aligned to 64"},
    {SGX_EACCEPT, 0x100000, 0x10000, 0, GP, 0, "EACCEPT: SECINFO outside ELRANGE"},
    {SGX_EACCEPT, -64, 0x10000, 0, GP, 0, "EACCEPT: SECINFO outside ELRANGE"},
    {SGX_EACCEPT, 0x3000, 0x10000, 0, PF, 0x3000, "EACCEPT: SECINFO in a TCS"},
    {SGX_EACCEPT, 0x20000, 0x10000, 0, PF, 0x20000, "EACCEPT: SECINFO in a pending page"},
    {SGX_EACCEPT, 0x1800, 0x10800, 0, GP, 0, "EACCEPT: page not aligned"},
    {SGX_EACCEPT, 0x1800, 0x100000, 0, GP, 0, "EACCEPT: page outside ELRANGE"},
    {SGX_EACCEPT, 0x1800, 0x10000, 0, 0, 0, "EACCEPT"},
    {SGX_EACCEPT, 0x1800, 0x1000, 0, SGX_PAGE_ATTRIBUTES_MISMATCH, 0, "EACCEPT of an old page"},
    {SGX_EACCEPT, 0x1800, 0x3000, 0, SGX_PAGE_ATTRIBUTES_MISMATCH, 0, "EACCEPT of a TCS"},
    {SGX_EACCEPTCOPY, 0x1820, 0x10000, 0x2000, GP, 0, "EACCEPTCOPY: SECINFO not aligned"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x10040, 0x2000, GP, 0, "EACCEPTCOPY: page not aligned"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x10000, 0x2040, GP, 0, "EACCEPTCOPY: source not aligned"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x10000, 0x100000, GP, 0, "EACCEPTCOPY: source outside ELRANGE"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x100000, 0x2000, GP, 0, "EACCEPTCOPY: page outside ELRANGE"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x10000, 0x3000, PF, 0x3000, "EACCEPTCOPY: source is a TCS"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x10000, 0x11000, PF, 0x11000, "EACCEPTCOPY: source is pending"},
    {SGX_EACCEPTCOPY, 0x20000, 0x10000, 0x2000, PF, 0x20000, "EACCEPTCOPY: SECINFO pending"},
    {SGX_EACCEPTCOPY, 0x1800, 0x10000, 0x2000, 0, 0, "EACCEPTCOPY: PENDING in SECINFO is free"},
    {SGX_EACCEPTCOPY, 0x1a00, 0x2000, 0x1000, SGX_PAGE_ATTRIBUTES_MISMATCH, 0, "EACCEPTCOPY: old"},
    {SGX_EMODPE, 0x1a20, 0x2000, 0, GP, 0, "EMODPE: SECINFO not aligned"},
    {SGX_EMODPE, 0x1a00, 0x2040, 0, GP, 0, "EMODPE: page not aligned"},
    {SGX_EMODPE, 0x1a00, 0x100000, 0, GP, 0, "EMODPE: page outside ELRANGE"},
    {SGX_EMODPE, 0x1a00, 0x3000, 0, PF, 0x3000, "EMODPE of a TCS"},
    {SGX_EMODPE, 0x1a00, 0x10000, 0, PF, 0x10000, "EMODPE of a pending page"},
    {SGX_EMODPE, 0x1a00, 0x2000, 0, SGX_EMODPE, 0, "EMODPE leaves EAX"},
    {SGX_EREPORT, 0x1100, 0x1e00, 0x1c00, GP, 0, "EREPORT: TARGETINFO not aligned to 512"},
    {SGX_EREPORT, 0x1a00, 0x1e40, 0x1c00, GP, 0, "EREPORT: data not aligned to 128"},
    {SGX_EREPORT, 0x1a00, 0x1e00, 0x1d00, GP, 0, "EREPORT: report not aligned to 512"},
    {SGX_EREPORT, 0x1a00, 0x1e00, 0x0000, PF, 0x0000, "EREPORT: report in a read-only page"},
    {SGX_EREPORT, 0x1a00, 0x1e00, 0x10000, PF, 0x10000, "EREPORT: report in a pending page"},
    {SGX_EREPORT, 0x1a00, 0x3000, 0x1c00, PF, 0x3000, "EREPORT: data in a TCS"},
    {SGX_EREPORT, 0x1a00, 0x1e00, 0x1c00, SGX_EREPORT, 0, "EREPORT leaves EAX"},
    {SGX_EGETKEY, 0x1b00, 0x1e00, 0, GP, 0, "EGETKEY: KEYREQUEST not aligned to 512"},
    {SGX_EGETKEY, 0x1c00, 0x1e08, 0, GP, 0, "EGETKEY: key not aligned to 16"},
    {SGX_EGETKEY, 0x1c00, 0x100000, 0, GP, 0, "EGETKEY: key outside ELRANGE"},
    {SGX_EGETKEY, 0x1c00, 0x0010, 0, PF, 0x0000, "EGETKEY: key in a read-only page"},
    {SGX_EGETKEY, 0x1a00, 0x1e00, 0, SGX_INVALID_KEYNAME, 0, "EGETKEY: no such key"},
    {SGX_EGETKEY, 0x1c00, 0x1e00, 0, SGX_INVALID_ATTRIBUTE, 0, "EGETKEY: not this enclave's"},
    {SGX_EENTER, 0, 0, 0, GP, 0, "EENTER inside"},
    {SGX_ERESUME, 0, 0, 0, GP, 0, "ERESUME inside"},
    {99, 0, 0, 0, GP, 0, "no leaf"},
};

static const struct operand_row *operand_row;

static void operand_body(void)
{
    const struct sgx_secinfo accepted = {.flags = REG | PENDING | R | W};
    const struct sgx_secinfo copied = {.flags = REG | R | X};
    uint64_t address = rig.base;
    rig_start();
    memcpy((void *)(rig.base + 0x1800), &accepted, sizeof(accepted));
    memcpy((void *)(rig.base + 0x1a00), &copied, sizeof(copied));
    const struct operand_row *o = operand_row;
    long result = raw(o->leaf, rig.base + (uint64_t)o->rbx, rig.base + (uint64_t)o->rcx,
                      rig.base + (uint64_t)o->rdx, &address);
    if (result == o->result && (result != PF || address == rig.base + (uint64_t)o->address))
        return;
    fprintf(stderr, "%s: %ld at %#llx\n", o->what, result,
            (unsigned long long)(address - rig.base));
    _exit(1);
}

static void operands(void **state)
{
    (void)state;
    for (operand_row = operand_rows; operand_row < operand_rows + ARRAY_COUNT(operand_rows);
         operand_row++)
        rig_run(operand_body);
}

static uint8_t byte_at(uint64_t address) { return *(volatile uint8_t *)address; }

TEST(copies_a_page)
{
    rig_start();
    memset((void *)(rig.base + ENCLAVE_STACK), 0x90, 4095);
    ((uint8_t *)(rig.base + ENCLAVE_STACK))[0] = 0xc3;
    CHECK(copy(REG | R | X, HEAP(0), rig.base + ENCLAVE_STACK) == 0);
    CHECK(byte_at(HEAP(0)) == 0xc3 && byte_at(HEAP(0) + 100) == 0x90);
    CHECK(rig_do(DO_CALL, 0, 0, HEAP(0), 0) == 0); /* it runs */
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 0, 0, HEAP(0), 0) == -5); /* and is not writable */
    CHECK(rig.exits[0].error == 0x8007);
}

/* New code: RW, EMODPR to R, EACCEPT, EMODPE to RX. */
TEST(publishes_code)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    CHECK(rig_do(DO_WRITE, 0xc3, 0, HEAP(0), 0) == 0);
    CHECK(restrict_to(R, HEAP(0)) == 0);
    CHECK(accept(REG | PR | R, HEAP(0)) == 0);
    CHECK(extend(REG | R | X, HEAP(0)) == 0);
    CHECK(rig_do(DO_CALL, 0, 0, HEAP(0), 0) == 0 && rig.count == 1);
}

/* RWX in the EPCM works, though no mapping is ever both. */
TEST(writable_and_executable)
{
    rig_start();
    CHECK(copy(REG | R | W | X, HEAP(0), rig.base + ENCLAVE_STACK) == 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(rig_do(DO_WRITE, 0xc3, 0, HEAP(0), 0) == 0 && rig.count == 1);
        CHECK(rig_do(DO_CALL, 0, 0, HEAP(0), 0) == 0 && rig.count == 1);
    }
}

TEST(trims_a_page)
{
    rig_start();
    uint64_t offset = HEAP(0) - rig.base;
    CHECK(sgx_model.remove(offset, 4096) < 0);
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    CHECK(rig_do(DO_WRITE, 7, 0, HEAP(0), 0) == 0);
    CHECK(sgx_model.remove(offset, 4096) < 0);
    CHECK(sgx_model.trim(offset, 4096) == 0);
    CHECK(sgx_model.remove(offset, 4096) < 0); /* not accepted yet */
    CHECK(accept(TRIM | MODIFY, HEAP(0)) == 0);
    CHECK(sgx_model.remove(offset, 4096) == 0);
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0); /* a new page, of zeros */
    CHECK(rig_do(DO_READ, 9, 0, HEAP(0), 0) == 0 && *rig_word(DATA_RAX) == 0);
}

TEST(device_refuses)
{
    rig_start();
    const struct sgx_sigstruct sig = {0};
    struct sgx_secs secs = {.size = 8192};
    static uint8_t page[4096];
    CHECK(sgx_model.init(&sig) < 0);
    CHECK(sgx_model.create(&secs) < 0);
    CHECK(sgx_model.add(ENCLAVE_HEAP, page, 4096, REG | R) < 0);
    CHECK(sgx_model.trim(ENCLAVE_HEAP, 4096) < 0);
    CHECK(sgx_model.restrict_permissions(0, 4096, 8) < 0);
    CHECK(sgx_model.restrict_permissions(1, 4096, R) < 0);
    CHECK(sgx_model.restrict_permissions(0, ENCLAVE_SIZE + 4096, R) < 0);
    CHECK(sgx_model.restrict_permissions(4096, ~4095ull, R) < 0);
    CHECK(sgx_model.restrict_permissions(0, 0, R) < 0);
    CHECK(sgx_model.restrict_permissions(ENCLAVE_TCS, 4096, R) < 0);
}

/* ---- EREPORT and EGETKEY ---- */

/* The enclave reports to itself, and checks it with its own key. */
TEST(reports)
{
    rig_start();
    struct sgx_report report;
    struct sgx_targetinfo target = {0};
    uint8_t key[16];
    uint8_t mac[16];
    uint64_t address;
    uint64_t data = rig.base + ENCLAVE_DATA;
    const uint64_t operand = data + DATA_OPERAND;
    memset(rig_data(DATA_OPERAND), 0x5a, 64);
    CHECK(raw(SGX_EREPORT, data + DATA_REQUEST, operand, data + DATA_REPORT, &address) == 0);
    memcpy(&report, rig_data(DATA_REPORT), sizeof(report));
    memcpy(target.mrenclave, report.body.mrenclave, 32);
    target.attributes = report.body.attributes;
    target.miscselect = report.body.miscselect;
    memcpy(rig_data(DATA_REQUEST), &target, sizeof(target));
    CHECK(raw(SGX_EREPORT, data + DATA_REQUEST, operand, data + DATA_REPORT, &address) == 0);
    memcpy(&report, rig_data(DATA_REPORT), sizeof(report));
    CHECK(report.body.report_data[63] == 0x5a);
    CHECK(report.body.attributes.flags == (SGX_ATTR_INIT | SGX_ATTR_MODE64BIT));
    CHECK(report.body.attributes.xfrm == 7 && report.body.miscselect == 1);
    CHECK(report.body.isv_prod_id == 7 && report.body.isv_svn == 2);
    CHECK(memcmp(report.body.cpu_svn, model_cpu_svn, 16) == 0);
    struct sgx_keyrequest request = {.name = SGX_KEY_REPORT};
    memcpy(request.key_id, report.key_id, 32);
    memcpy(rig_data(DATA_REQUEST), &request, sizeof(request));
    CHECK(raw(SGX_EGETKEY, data + DATA_REQUEST, operand, 0, &address) == 0);
    memcpy(key, rig_data(DATA_OPERAND), 16);
    model_report_mac(key, &report.body, mac);
    CHECK(memcmp(mac, report.mac, 16) == 0);
    report.body.report_data[0] ^= 1;
    model_report_mac(key, &report.body, mac);
    CHECK(memcmp(mac, report.mac, 16) != 0);
    request.reserved2[5] = 1;
    memcpy(rig_data(DATA_REQUEST), &request, sizeof(request));
    CHECK(raw(SGX_EGETKEY, data + DATA_REQUEST, operand, 0, &address) == GP);
}

/* ---- a hostile kernel ---- */

TEST(skips_a_page)
{
    rig_start();
    model_set_hostile(MODEL_SKIP, 2);
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    CHECK(!model_has_lied());
    CHECK(accept(REG | PENDING | R | W, HEAP(1)) == PF);
    CHECK(rig.exits[0].error == 4); /* not present */
    CHECK(model_has_lied());
}

TEST(skips_a_restriction)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    model_set_hostile(MODEL_SKIP, 1);
    CHECK(restrict_to(R, HEAP(0)) == 0);
    CHECK(accept(REG | PR | R, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
}

TEST(skips_a_trim)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    model_set_hostile(MODEL_SKIP, 1);
    CHECK(sgx_model.trim(HEAP(0) - rig.base, 4096) == 0);
    CHECK(accept(TRIM | MODIFY, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
}

/* A second page takes the place of the first, behind the enclave's back. */
TEST(gives_a_page_twice)
{
    rig_start();
    model_set_hostile(MODEL_DUPLICATE, 1);
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, HEAP(0), 0) == -5);
    CHECK(rig.exits[0].vector == 14 && rig.exits[0].error == 0x8007);
}

TEST(restricts_twice)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    model_set_hostile(MODEL_DUPLICATE, 1);
    CHECK(restrict_to(R, HEAP(0)) == 0);
    CHECK(accept(REG | PR | R, HEAP(0)) == 0);
    CHECK(accept(REG | PR | R, HEAP(0)) == 0); /* it was there to accept again */
    CHECK(model_counters()->emodpr == 2);
}

TEST(maps_a_wrong_page)
{
    rig_start();
    model_set_hostile(MODEL_WRONG_PAGE, 1);
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    CHECK(copy(REG | R, HEAP(0), rig.base + ENCLAVE_STACK) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    rig.gives_up = true;
    CHECK(rig_do(DO_READ, 7, 0, HEAP(0), 0) == -5);
    CHECK(rig.exits[0].error == 0x8005);
}

TEST(restricts_a_wrong_page)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    CHECK(accept(REG | PENDING | R | W, HEAP(1)) == 0);
    model_set_hostile(MODEL_WRONG_PAGE, 1);
    CHECK(restrict_to(R, HEAP(0)) == 0);
    CHECK(accept(REG | PR | R, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    rig.gives_up = true;
    CHECK(rig_do(DO_WRITE, 7, 0, HEAP(1), 0) == -5);
}

TEST(gives_wrong_permissions)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    model_set_hostile(MODEL_WRONG_PERMISSION, 1);
    CHECK(accept(REG | PENDING | R | W, HEAP(1)) == 0); /* EAUG cannot */
    CHECK(restrict_to(R, HEAP(0)) == 0 && model_has_lied());
    CHECK(accept(REG | PR | R, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
    CHECK(accept(REG | PR | R | W, HEAP(0)) == 0);
}

TEST(gives_a_wrong_type)
{
    rig_start();
    CHECK(accept(REG | PENDING | R | W, HEAP(0)) == 0);
    model_set_hostile(MODEL_WRONG_PERMISSION, 1);
    CHECK(sgx_model.trim(HEAP(0) - rig.base, 4096) == 0);
    CHECK(accept(TRIM | MODIFY, HEAP(0)) == SGX_PAGE_ATTRIBUTES_MISMATCH);
}

/* A run of pages is one mapping to the kernel. */
static unsigned count_mappings(void)
{
    unsigned long long from;
    unsigned long long to;
    unsigned count = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof(line), maps) != NULL)
        if (sscanf(line, "%llx-%llx", &from, &to) == 2 && from >= rig.base &&
            from < rig.base + ENCLAVE_SIZE)
            count++;
    fclose(maps);
    return count;
}

TEST(mappings_stay_few)
{
    rig_start();
    unsigned before = count_mappings();
    for (unsigned i = 0; i < 32; i++) { /* every other page, then those between */
        uint64_t page = HEAP((i * 2 + i / 16) % 32);
        CHECK(accept(REG | PENDING | R | W, page) == 0);
        CHECK(rig_do(DO_WRITE, 7, 0, page, 0) == 0);
    }
    CHECK(count_mappings() <= before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands),
        cmocka_unit_test(copies_a_page),
        cmocka_unit_test(publishes_code),
        cmocka_unit_test(writable_and_executable),
        cmocka_unit_test(trims_a_page),
        cmocka_unit_test(device_refuses),
        cmocka_unit_test(reports),
        cmocka_unit_test(skips_a_page),
        cmocka_unit_test(skips_a_restriction),
        cmocka_unit_test(skips_a_trim),
        cmocka_unit_test(gives_a_page_twice),
        cmocka_unit_test(restricts_twice),
        cmocka_unit_test(maps_a_wrong_page),
        cmocka_unit_test(restricts_a_wrong_page),
        cmocka_unit_test(gives_wrong_permissions),
        cmocka_unit_test(gives_a_wrong_type),
        cmocka_unit_test(mappings_stay_few),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
