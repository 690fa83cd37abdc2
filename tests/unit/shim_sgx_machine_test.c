/* SPDX-License-Identifier: Apache-2.0 */
/* An enclave's pages under a host that does what it is asked, and under one that does
 * not: the leaves and the host's operations work on a table of what the processor
 * notes of each page (EPCM) [SDM 3D 38.4]. */
/* links: shim/x86/cpuid.c */
#define SHIM_SGX_LEAF_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "include/sgx_arch.h"

static uint32_t leaf_accept(const struct sgx_secinfo *secinfo, uint64_t page);
static uint32_t leaf_accept_copy(const struct sgx_secinfo *secinfo, uint64_t page,
                                 const void *from);
static void leaf_extend_permission(const struct sgx_secinfo *secinfo, uint64_t page);

#include "shim/sgx/sgx.h"

static uint8_t *enclave;
#define sgx_base ((const uint8_t *)enclave)
#include "shim/sgx/machine.c"
#undef sgx_base

struct kernel sgx_kernel;

void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    memcpy(to, (const uint8_t *)from + offset, size);
}

#define P PAGE_SIZE
/* Notes are real memory: the enclave's beginning. The rest is addresses. */
#define REAL  (SGX_KEEP_EXEC)
#define PAGES ((1ull << 30) / P) /* what a test uses of it */

static uint16_t epcm[PAGES]; /* SECINFO flags; 0: no page */
static unsigned accepts, asks;

/* What the host does wrong, from its n-th operation on. */
static enum {
    HONEST,
    SKIPS,         /* does nothing */
    SKIPS_LAST,    /* but for the last page */
    ELSEWHERE,     /* to the page after */
    TOO_MUCH,      /* restricts to nothing */
    TOO_LITTLE,    /* restricts nothing */
    OTHER_TYPE,    /* makes it a TCS */
    ADDS_READONLY, /* EAUG has one kind of page; a model of a broken processor */
    FILLS,         /* a page that was there already */
} lie;

static jmp_buf stopped;
static enum sgx_keep_stop why_stopped;

no_return void sgx_stop(enum sgx_keep_stop why)
{
    why_stopped = why;
    longjmp(stopped, 1);
}

static uint16_t *entry(uint64_t page)
{
    const uint64_t index = (page - (uint64_t)enclave) / P;
    assert_int_equal(page % P, 0);
    assert_true(index < PAGES);
    return &epcm[index];
}

/* Never writable and executable, at any step. */
static void set(uint64_t page, uint64_t flags)
{
    assert_false((flags & SGX_W) && (flags & SGX_X));
    *entry(page) = (uint16_t)flags;
}

static const uint64_t fresh = SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_R | SGX_W;

/* A page that is not there faults, and the kernel adds one: EAUG. */
static void augment(uint64_t page)
{
    if (*entry(page) == 0)
        set(page, lie == ADDS_READONLY ? fresh & ~(uint64_t)SGX_W : fresh);
}

static uint32_t leaf_accept(const struct sgx_secinfo *secinfo, uint64_t page)
{
    accepts++;
    assert_int_equal((uint64_t)secinfo % 64, 0);
    augment(page);
    if (*entry(page) != secinfo->flags)
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    set(page, secinfo->flags & ~(uint64_t)(SGX_PENDING | SGX_MODIFIED | SGX_PR));
    return SGX_SUCCESS;
}

static uint32_t leaf_accept_copy(const struct sgx_secinfo *secinfo, uint64_t page, const void *from)
{
    accepts++;
    assert_int_equal((uint64_t)from % P, 0);
    assert_int_equal(secinfo->flags & ~(SGX_TYPE(0xff) | 7ull), 0);
    augment(page);
    if (*entry(page) != fresh)
        return SGX_PAGE_ATTRIBUTES_MISMATCH;
    set(page, secinfo->flags);
    return SGX_SUCCESS;
}

static void leaf_extend_permission(const struct sgx_secinfo *secinfo, uint64_t page)
{
    assert_int_equal(*entry(page) & ~(SGX_TYPE(0xff) | 7u), 0); /* nothing is pending */
    set(page, *entry(page) | (secinfo->flags & 7));
}

/* The host's part. */
static void operate(uint64_t operation, uint64_t page, uint64_t prot)
{
    const uint16_t old = *entry(page);
    switch (operation) {
    case SGX_KEEP_RESTRICT:
        assert_int_equal(old & (SGX_PENDING | SGX_MODIFIED | SGX_PR), 0);
        if (lie == TOO_MUCH)
            prot = 0;
        if (lie == TOO_LITTLE)
            prot = 7;
        set(page, (old & ~7u) | (old & 7u & prot) | SGX_PR);
        return;
    case SGX_KEEP_TRIM:
        set(page, SGX_TYPE(lie == OTHER_TYPE ? SGX_PT_TCS : SGX_PT_TRIM) | SGX_MODIFIED);
        return;
    case SGX_KEEP_REMOVE:
        assert_int_equal(old, SGX_TYPE(SGX_PT_TRIM));
        set(page, 0);
        return;
    default:
        fail_msg("operation %lu", operation);
    }
}

int64_t port_carry(struct shared *block, const struct port_call *call)
{
    assert_ptr_equal(block, sgx_kernel.block);
    assert_int_equal(call->verb, PORT_MEMORY);
    asks++;
    uint64_t page = call->arg[1] + (lie == ELSEWHERE ? P : 0);
    uint64_t count = call->arg[2];
    assert_true(count > 0);
    if (lie == SKIPS)
        return 0;
    if (lie == SKIPS_LAST)
        count--;
    for (; count > 0; count--, page += P)
        operate(call->arg[0], page, call->arg[3]);
    return lie == HONEST ? 0 : -5; /* of no interest */
}

static uint8_t zero_page[P] aligned_to(P);
const void *tables_zero_page(void) { return zero_page; }

static int setup(void **state)
{
    (void)state;
    enclave = mmap(NULL, REAL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    assert_true(enclave != MAP_FAILED);
    memset(epcm, 0, sizeof(epcm));
    memset(notes_present, 0, sizeof(notes_present));
    lie = HONEST;
    accepts = asks = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    munmap(enclave, REAL);
    return 0;
}

#define ENDS(call) (setjmp(stopped) == 0 ? ((call), false) : true)

static uint64_t at(uint64_t page) { return (uint64_t)enclave + SGX_KEEP_EXEC + page * P; }

/* ---- an honest host ---- */

static unsigned random_prot(void)
{
    static const unsigned prots[] = {0, PROT_R, PROT_R | PROT_W, PROT_R | PROT_X};
    return prots[rand() % 4];
}

enum { CELLS = 300 };

/* Many changes, against a naive table of prot + 1, 0 absent. */
static void pages_are_what_they_were_made(void **state)
{
    (void)state;
    static uint8_t cells[CELLS];
    memset(cells, 0, sizeof(cells));
    for (unsigned n = 0; n < 3000; n++) {
        const unsigned from = (unsigned)rand() % CELLS;
        const unsigned to = from + 1 + (unsigned)rand() % (CELLS - from);
        const unsigned prot = random_prot();
        const unsigned old = cells[from];
        unsigned same = from; /* machine.h: the pages present have one permission */
        switch (rand() % 3) {
        case 0:
            while (same < to && cells[same] == 0)
                same++;
            if (same > from && prot != 0)
                machine_add(at(from), at(same), prot);
            if (prot != 0)
                memset(cells + from, (int)prot + 1, same - from);
            break;
        case 1:
            while (same < to && (cells[same] == 0 || cells[same] == old))
                same++;
            if (old == 0)
                break;
            machine_protect(at(from), at(same), old - 1, prot);
            for (unsigned i = from; i < same; i++)
                cells[i] = cells[i] == 0 ? 0 : (uint8_t)(prot + 1);
            break;
        default:
            machine_drop(at(from), at(to));
            memset(cells + from, 0, to - from);
        }
        for (unsigned i = 0; i < CELLS; i++) {
            assert_int_equal(machine_present(at(i)), cells[i] != 0);
            const uint64_t flags = cells[i] == 0 ? 0 : SGX_TYPE(SGX_PT_REG) | (cells[i] - 1u);
            assert_int_equal(*entry(at(i)), flags);
        }
    }
}

/* A reservation of gigabytes costs nothing to drop; pages far apart are found. */
static void large_ranges_are_walked_by_what_is_there(void **state)
{
    (void)state;
    const uint64_t pages = PAGES - SGX_KEEP_EXEC / P;
    machine_drop(at(0), at(pages));
    machine_protect(at(0), at(1ull << 22), PROT_R, 0); /* 16 GiB */
    assert_int_equal(asks, 0);
    const uint64_t some[] = {0, 1, 63, 64, 65, 127, 4095, 32767, 32768, 100000, pages - 1};
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        machine_add(at(some[i]), at(some[i] + 1), PROT_R | PROT_W);
    machine_protect(at(0), at(pages), PROT_R | PROT_W, PROT_R);
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        assert_int_equal(*entry(at(some[i])), SGX_TYPE(SGX_PT_REG) | PROT_R);
    machine_drop(at(0), at(pages));
    for (uint64_t page = 0; page < pages; page++)
        assert_false(machine_present(at(page)));
}

/* The permission that a page loses goes before the one it gains comes. */
static void every_change_of_permission(void **state)
{
    (void)state;
    static const unsigned prots[] = {0, PROT_R, PROT_R | PROT_W, PROT_R | PROT_X};
    machine_add(at(0), at(8), PROT_R | PROT_W);
    unsigned now = PROT_R | PROT_W;
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < 4; b++) {
            machine_protect(at(0), at(8), now, prots[a]);
            asks = 0;
            machine_protect(at(0), at(8), prots[a], prots[b]);
            now = prots[b];
            assert_int_equal(*entry(at(7)), SGX_TYPE(SGX_PT_REG) | now);
            /* the host is asked when something is lost, and once for all */
            assert_int_equal(asks, (prots[a] & ~prots[b]) != 0);
        }
    }
}

static void new_code_takes_the_safe_order(void **state)
{
    (void)state;
    machine_add(at(0), at(4), PROT_R | PROT_W);
    machine_protect(at(0), at(4), PROT_R | PROT_W, PROT_R | PROT_X); /* set() looks on */
    assert_int_equal(*entry(at(0)), SGX_TYPE(SGX_PT_REG) | SGX_R | SGX_X);
    machine_publish(at(4), zero_page, PROT_R | PROT_X);
    assert_int_equal(*entry(at(4)), SGX_TYPE(SGX_PT_REG) | SGX_R | SGX_X);
}

/* ---- another one ---- */

static void a_new_page_that_is_not_new_stops(void **state)
{
    (void)state;
    const uint64_t there[] = {
        SGX_TYPE(SGX_PT_REG) | SGX_R | SGX_W,               /* accepted already: a second copy */
        SGX_TYPE(SGX_PT_REG) | SGX_R | SGX_W | SGX_PR,      /* */
        SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_R,         /* */
        SGX_TYPE(SGX_PT_TCS) | SGX_PENDING | SGX_R | SGX_W, /* another type */
        SGX_TYPE(SGX_PT_TRIM) | SGX_MODIFIED,
        SGX_TYPE(SGX_PT_REG) | SGX_PENDING | SGX_MODIFIED | SGX_R | SGX_W,
    };
    for (volatile size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        for (volatile unsigned prot = PROT_R; prot <= (PROT_R | PROT_W); prot += 2) {
            setup(NULL);
            *entry(at(3)) = (uint16_t)there[i];
            if (!ENDS(machine_add(at(0), at(8), prot)))
                fail_msg("case %zu", i);
            assert_int_equal(why_stopped, SGX_KEEP_STOP_MEMORY);
            assert_false(machine_present(at(3)));
            teardown(NULL);
        }
    }
    setup(NULL);
    lie = ADDS_READONLY;
    assert_true(ENDS(machine_add(at(0), at(1), PROT_R | PROT_W)));
}

static void a_note_page_that_is_not_new_stops(void **state)
{
    (void)state;
    const uint64_t index = SGX_KEEP_EXEC / P;
    *entry((uint64_t)enclave + TABLES_NOTES + index / 8 / P * P) =
        (uint16_t)(SGX_TYPE(SGX_PT_REG) | SGX_R | SGX_W);
    assert_true(ENDS(machine_add(at(0), at(1), PROT_R | PROT_W)));
    assert_int_equal(why_stopped, SGX_KEEP_STOP_MEMORY);
}

static void a_host_that_does_not_as_asked_stops(void **state)
{
    (void)state;
    static const struct {
        int lie;
        bool protect, drop; /* that it stops */
    } cases[] = {
        {HONEST, false, false},    {SKIPS, true, true},     {SKIPS_LAST, true, true},
        {ELSEWHERE, true, true},   {TOO_MUCH, true, false}, {TOO_LITTLE, true, false},
        {OTHER_TYPE, false, true},
    };
    for (volatile size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (volatile unsigned drop = 0; drop < 2; drop++) {
            setup(NULL);
            machine_add(at(0), at(12), PROT_R | PROT_W);
            lie = cases[i].lie;
            const bool ends = drop ? ENDS(machine_drop(at(2), at(6)))
                                   : ENDS(machine_protect(at(2), at(6), PROT_R | PROT_W, PROT_R));
            if (ends != (drop ? cases[i].drop : cases[i].protect))
                fail_msg("case %zu, drop %u", i, drop);
            if (ends)
                assert_int_equal(why_stopped, SGX_KEEP_STOP_MEMORY);
            teardown(NULL);
        }
    }
    setup(NULL);
}

/* A page it keeps though it was trimmed: it cannot be had again as another. */
static void a_page_that_stays_cannot_be_added_again(void **state)
{
    (void)state;
    machine_add(at(0), at(2), PROT_R | PROT_W);
    machine_drop(at(0), at(2));
    *entry(at(1)) = (uint16_t)SGX_TYPE(SGX_PT_TRIM); /* not removed */
    assert_true(ENDS(machine_add(at(0), at(2), PROT_R | PROT_W)));
    assert_int_equal(why_stopped, SGX_KEEP_STOP_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_what_they_were_made, setup, teardown),
        cmocka_unit_test_setup_teardown(large_ranges_are_walked_by_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(every_change_of_permission, setup, teardown),
        cmocka_unit_test_setup_teardown(new_code_takes_the_safe_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_page_that_is_not_new_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(a_note_page_that_is_not_new_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(a_host_that_does_not_as_asked_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_stays_cannot_be_added_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
