/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim asks its host for, and what it makes of the answer: whatever it is, so many
 * bytes from the place where they belong. */
/* links: shim/kvm/window.c */
#include "include/kvm_keep.h"
#include "shim/core/machine.h"
#include "shim/core/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RUN KVM_KEEP_RUN_SIZE

static uint8_t window[KVM_KEEP_WINDOW_SIZE];
static uint32_t reasons[16];
static size_t reason_count;

/* entry.S's: fills the window with the number of each run. */
void kvm_leave(uint32_t reason);
void kvm_leave(uint32_t reason)
{
    assert_int_equal(reason & 0xff, 3);
    reasons[reason_count++] = reason >> 8;
    for (uint32_t i = 0; i < (reason >> 8 & 0xff); i++)
        memset(window + (size_t)i * RUN, (int)((reason >> 16) + i), RUN);
}

void shared_read(const struct shared *from, size_t offset, void *to, size_t size)
{
    assert_true(offset + size <= sizeof(window));
    memcpy(to, (const uint8_t *)from + offset, size);
}

static void read_run(uint32_t run)
{
    static uint8_t pages[RUN];
    machine_read_exec((const struct shared *)window, (size_t)run * RUN, pages, RUN);
    for (size_t i = 0; i < RUN; i++)
        assert_int_equal(pages[i], (uint8_t)run);
}

/* count | first << 8 */
static void what_it_has_it_does_not_ask_for(void **state)
{
    (void)state;
    static const uint32_t runs[] = {0, 3, 1, 100, 101, 104, 102, 105, 7, 6, 65535};
    static const uint32_t asked[] = {4,          1 | 100 << 8, 4 | 101 << 8,   4 | 105 << 8,
                                     1 | 7 << 8, 1 | 6 << 8,   1 | 65535u << 8};
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        read_run(runs[i]);
    assert_int_equal(reason_count, sizeof(asked) / sizeof(asked[0]));
    assert_memory_equal(reasons, asked, sizeof(asked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_has_it_does_not_ask_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
