/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of an enclave: what each leaf makes of each state, row by row with the section
 * that says so [SDM 3D 38.3, 38.4]. The states are written as the leaves leave them. */
/* links: sim/sgx/epcm.c */
#include "sim/sgx/epcm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define R    SGX_R
#define W    SGX_W
#define X    SGX_X
#define RW   (R | W)
#define RX   (R | X)
#define RWX  (R | W | X)
#define P    SGX_PENDING
#define M    SGX_MODIFIED
#define PR   SGX_PR
#define REG  0x200u
#define TCS  0x100u
#define TRIM 0x400u
#define SECS 0x000u
#define VA   0x300u

#define V     EPCM_VALID
#define AWAY  EPCM_ELSEWHERE
#define NONE  0u
#define SAME  0xffffu
#define FRESH (V | REG | P | RW) /* after EAUG */
#define ANY   (7u << EPCM_PTE_SHIFT)

#define MISMATCH SGX_PAGE_ATTRIBUTES_MISMATCH
#define LOCKED   SGX_PAGE_NOT_MODIFIABLE
#define GP       (-EINVAL)
#define PF       (-EFAULT)

enum leaf { EADD, EAUG, EMODPR, EMODT, EACCEPT, EACCEPTCOPY, EMODPE };

static const struct row {
    enum leaf leaf;
    uint16_t before;
    uint64_t secinfo;
    int result;
    uint16_t after; /* SAME where the leaf fails */
    const char *section;
} rows[] = {
    /* EADD [SDM 38.3 EADD] */
    {EADD, NONE, REG | RX, 0, V | REG | RX | 5u << EPCM_PTE_SHIFT, "EADD: a regular page"},
    {EADD, NONE, REG | RW, 0, V | REG | RW | 3u << EPCM_PTE_SHIFT, "EADD: a regular page"},
    {EADD, NONE, TCS | RWX, 0, V | TCS, "EADD: a TCS has its permissions forced to 0"},
    {EADD, NONE, REG | W, GP, SAME, "EADD: W without R"},
    {EADD, NONE, TRIM, GP, SAME, "EADD: neither PT_REG nor PT_TCS"},
    {EADD, NONE, SECS, GP, SAME, "EADD: neither PT_REG nor PT_TCS"},
    {EADD, NONE, REG | R | P, GP, SAME, "EADD: reserved bits"},
    {EADD, NONE, REG | R | 0x40, GP, SAME, "EADD: reserved bits"},
    {EADD, NONE, REG | R | 0x10000, GP, SAME, "EADD: reserved bits"},
    {EADD, V | REG | RW, REG | RW, PF, SAME, "EADD: the page is valid"},

    /* EAUG [SDM 38.3 EAUG] */
    {EAUG, NONE, 0, 0, FRESH | ANY, "EAUG: R, W, PENDING, PT_REG"},
    {EAUG, FRESH, 0, PF, SAME, "EAUG: the page is valid"},

    /* EMODPR [SDM 38.3 EMODPR] */
    {EMODPR, V | REG | RW, R, 0, V | REG | R | PR, "EMODPR: permissions and SECINFO's"},
    {EMODPR, V | REG | RWX, RX, 0, V | REG | RX | PR, "EMODPR: permissions and SECINFO's"},
    {EMODPR, V | REG | R, RWX, 0, V | REG | R | PR, "EMODPR: it never extends"},
    {EMODPR, V | REG | RW, 0, 0, V | REG | PR, "EMODPR: to nothing"},
    {EMODPR, V | REG | RW | PR, R, 0, V | REG | R | PR, "EMODPR: once more"},
    {EMODPR, V | REG | RW, W, GP, SAME, "EMODPR: W without R"},
    {EMODPR, V | REG | RW, R | 0x80, GP, SAME, "EMODPR: reserved bits"},
    {EMODPR, NONE, R, PF, SAME, "EMODPR: the page is not valid"},
    {EMODPR, FRESH, R, LOCKED, SAME, "EMODPR: PENDING"},
    {EMODPR, V | TRIM | M, R, LOCKED, SAME, "EMODPR: MODIFIED"},
    {EMODPR, V | TCS, R, PF, SAME, "EMODPR: not PT_REG"},
    {EMODPR, V | TRIM, R, PF, SAME, "EMODPR: not PT_REG: how the kernel sees that it may remove"},

    /* EMODT [SDM 38.3 EMODT] */
    {EMODT, V | REG | RW, TRIM, 0, V | TRIM | M, "EMODT: MODIFIED, no permissions"},
    {EMODT, V | REG | RW, TCS, 0, V | TCS | M, "EMODT: MODIFIED, no permissions"},
    {EMODT, V | REG | RX | PR, TRIM, 0, V | TRIM | M, "EMODT: PR cleared"},
    {EMODT, V | TCS, TRIM, 0, V | TRIM | M, "EMODT: a TCS may be trimmed"},
    {EMODT, V | TCS, TCS, PF, SAME, "EMODT: a TCS may only be trimmed"},
    {EMODT, V | TRIM, TRIM, PF, SAME, "EMODT: neither PT_REG nor PT_TCS"},
    {EMODT, V | REG | RW, REG, GP, SAME, "EMODT: to neither PT_TCS nor PT_TRIM"},
    {EMODT, FRESH, TRIM, LOCKED, SAME, "EMODT: PENDING"},
    {EMODT, V | TCS | M, TRIM, LOCKED, SAME, "EMODT: MODIFIED"},
    {EMODT, NONE, TRIM, PF, SAME, "EMODT: the page is not valid"},

    /* EACCEPT [SDM 38.4 EACCEPT] */
    {EACCEPT, FRESH, REG | RW | P, 0, V | REG | RW, "EACCEPT: what EAUG made"},
    {EACCEPT, FRESH, REG | R | P, MISMATCH, SAME, "EACCEPT: R, W, X are compared"},
    {EACCEPT, FRESH, REG | RWX | P, MISMATCH, SAME, "EACCEPT: R, W, X are compared"},
    {EACCEPT, FRESH, REG | RW | PR, MISMATCH, SAME, "EACCEPT: PENDING is compared"},
    {EACCEPT, FRESH, REG | RW | P | PR, 0, V | REG | RW, "EACCEPT: PR is not compared"},
    {EACCEPT, V | REG | RW, REG | RW | P, MISMATCH, SAME, "EACCEPT: accepted already"},
    {EACCEPT, V | REG | R | PR, REG | R | PR, 0, V | REG | R, "EACCEPT: what EMODPR made"},
    {EACCEPT, V | REG | RW, REG | R | PR, MISMATCH, SAME, "EACCEPT: EMODPR was not done"},
    {EACCEPT, V | REG | R, REG | R | PR, 0, V | REG | R, "EACCEPT: PR is not compared"},
    {EACCEPT, V | REG | RW | PR, REG | R | PR, MISMATCH, SAME, "EACCEPT: EMODPR left W"},
    {EACCEPT, V | TRIM | M, TRIM | M, 0, V | TRIM, "EACCEPT: a trimmed page"},
    {EACCEPT, V | REG | RW, TRIM | M, MISMATCH, SAME, "EACCEPT: EMODT was not done"},
    {EACCEPT, V | TCS | M, TRIM | M, MISMATCH, SAME, "EACCEPT: the type is compared"},
    {EACCEPT, V | TCS | M, TCS | M, 0, V | TCS, "EACCEPT: a new TCS"},
    {EACCEPT, V | TRIM, TRIM | M, MISMATCH, SAME, "EACCEPT: MODIFIED is compared"},
    {EACCEPT, FRESH | AWAY, REG | RW | P, MISMATCH, SAME, "EACCEPT: ENCLAVEADDRESS is compared"},
    {EACCEPT, FRESH, REG | RW, GP, SAME, "EACCEPT: PT_REG with neither PR nor PENDING"},
    {EACCEPT, FRESH, REG | RW | P | M, GP, SAME, "EACCEPT: PT_REG with MODIFIED"},
    {EACCEPT, V | TRIM | M, TRIM, GP, SAME, "EACCEPT: PT_TRIM without MODIFIED"},
    {EACCEPT, V | TRIM | M, TRIM | M | PR, GP, SAME, "EACCEPT: PT_TRIM with PR"},
    {EACCEPT, V | TRIM | M, TRIM | M | P, GP, SAME, "EACCEPT: PT_TRIM with PENDING"},
    {EACCEPT, V | TCS | M, TCS | P, GP, SAME, "EACCEPT: PT_TCS with PENDING"},
    {EACCEPT, FRESH, SECS | P, GP, SAME, "EACCEPT: PT_SECS"},
    {EACCEPT, FRESH, VA | P, GP, SAME, "EACCEPT: PT_VA"},
    {EACCEPT, NONE, REG | RW | P, PF, SAME, "EACCEPT: the page is not valid"},
    {EACCEPT, V | VA, REG | RW | P, PF, SAME, "EACCEPT: a page of another type"},

    /* EACCEPTCOPY [SDM 38.4 EACCEPTCOPY] */
    {EACCEPTCOPY, FRESH, REG | RX, 0, V | REG | RX, "EACCEPTCOPY: SECINFO's permissions"},
    {EACCEPTCOPY, FRESH, REG | R, 0, V | REG | R, "EACCEPTCOPY: SECINFO's permissions"},
    {EACCEPTCOPY, FRESH, REG | RWX, 0, V | REG | RWX, "EACCEPTCOPY: SECINFO's permissions"},
    {EACCEPTCOPY, FRESH, REG | W, GP, SAME, "EACCEPTCOPY: W without R"},
    {EACCEPTCOPY, FRESH, TCS | R, GP, SAME, "EACCEPTCOPY: not PT_REG"},
    {EACCEPTCOPY, FRESH, REG | R | 0x80, GP, SAME, "EACCEPTCOPY: reserved bits"},
    {EACCEPTCOPY, NONE, REG | R, MISMATCH, SAME, "EACCEPTCOPY: the page is not valid"},
    {EACCEPTCOPY, V | REG | RW, REG | R, MISMATCH, SAME, "EACCEPTCOPY: not PENDING"},
    {EACCEPTCOPY, V | TRIM | M, REG | R, MISMATCH, SAME, "EACCEPTCOPY: MODIFIED"},
    {EACCEPTCOPY, FRESH | AWAY, REG | R, MISMATCH, SAME, "EACCEPTCOPY: ENCLAVEADDRESS"},
    {EACCEPTCOPY, V | REG | P | R, REG | R, MISMATCH, SAME, "EACCEPTCOPY: the page has not RW"},
    {EACCEPTCOPY, V | REG | P | RWX, REG | R, MISMATCH, SAME, "EACCEPTCOPY: the page has X"},

    /* EMODPE [SDM 38.4 EMODPE] */
    {EMODPE, V | REG | R, RX, 0, V | REG | RX, "EMODPE: permissions or SECINFO's"},
    {EMODPE, V | REG | R, W, 0, V | REG | RW, "EMODPE: W to a page with R"},
    {EMODPE, V | REG | RX, RW, 0, V | REG | RWX, "EMODPE: permissions or SECINFO's"},
    {EMODPE, V | REG | RW, 0, 0, V | REG | RW, "EMODPE: it never restricts"},
    {EMODPE, V | REG | R | PR, X, 0, V | REG | RX | PR, "EMODPE: PR is not asked"},
    {EMODPE, V | REG, W, GP, SAME, "EMODPE: W, and R nowhere"},
    {EMODPE, V | REG, RW, 0, V | REG | RW, "EMODPE: W with R"},
    {EMODPE, FRESH, RX, PF, SAME, "EMODPE: PENDING"},
    {EMODPE, V | TRIM | M, RX, PF, SAME, "EMODPE: MODIFIED"},
    {EMODPE, V | TRIM, RX, PF, SAME, "EMODPE: not PT_REG"},
    {EMODPE, V | TCS, RW, PF, SAME, "EMODPE: not PT_REG"},
    {EMODPE, V | REG | R | AWAY, RX, PF, SAME, "EMODPE: ENCLAVEADDRESS"},
    {EMODPE, NONE, RX, PF, SAME, "EMODPE: the page is not valid"},
};

static int run(enum leaf leaf, struct epcm_entry *page, const struct sgx_secinfo *secinfo)
{
    switch (leaf) {
    case EADD:
        return epcm_add(page, secinfo);
    case EAUG:
        return epcm_augment(page);
    case EMODPR:
        return epcm_restrict(page, secinfo);
    case EMODT:
        return epcm_modify_type(page, secinfo);
    case EACCEPT:
        return epcm_accept(page, secinfo);
    case EACCEPTCOPY:
        if (epcm_copy_check(secinfo) != SGX_SUCCESS)
            return epcm_copy_check(secinfo);
        return epcm_accept_copy(page, secinfo);
    default:
        return epcm_extend(page, secinfo);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct epcm_entry page = {.bits = r->before};
        const struct sgx_secinfo secinfo = {.flags = r->secinfo};
        int result = run(r->leaf, &page, &secinfo);
        uint16_t after = r->after == SAME ? r->before : r->after;
        if (result != r->result || page.bits != after)
            fail_msg("row %zu (%s): %d, page %#x", i, r->section, result, page.bits);
    }
}

static void test_reserved_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct sgx_secinfo secinfo = {.flags = REG | R};
        assert_true(epcm_secinfo_is_valid(&secinfo));
        secinfo.reserved[i] = 1ull << 63;
        assert_false(epcm_secinfo_is_valid(&secinfo));
    }
}

/* Only a regular page in its place that nothing is pending for can be used. */
static void test_permissions(void **state)
{
    (void)state;
    assert_int_equal(epcm_permissions((struct epcm_entry){V | REG | RX}), RX);
    assert_int_equal(epcm_permissions((struct epcm_entry){V | REG | R | PR}), R);
    assert_int_equal(epcm_permissions((struct epcm_entry){FRESH}), 0);
    assert_int_equal(epcm_permissions((struct epcm_entry){V | REG | RW | M}), 0);
    assert_int_equal(epcm_permissions((struct epcm_entry){V | TCS | RW}), 0);
    assert_int_equal(epcm_permissions((struct epcm_entry){V | TRIM}), 0);
    assert_int_equal(epcm_permissions((struct epcm_entry){V | REG | RW | AWAY}), 0);
    assert_int_equal(epcm_permissions((struct epcm_entry){REG | RW}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reserved_bytes),
        cmocka_unit_test(test_permissions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
