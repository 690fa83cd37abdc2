/* SPDX-License-Identifier: Apache-2.0 */
/* An enclave's evidence against a host that lies: only a quote of the very report
 * that was made counts. */
/* links: shim/sgx/quote.c shim/core/port.c shim/core/shared.c base/cur.c */
#include "shim/sgx/quote.h"

#include "base/attr.h"
#include "shim/core/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUOTE_SIZE 4000u

static uint8_t block_memory[PORT_BLOCK_SIZE] aligned_to(4096);
static struct shared *const block = (struct shared *)block_memory;

static struct {
    int64_t target_result; /* 0: as it should be */
    int64_t sign_result;
    size_t flip; /* byte of the quote that is changed; SIZE_MAX: none */
    unsigned signs;
    struct sgx_report seen;
} host;

static void answer(int64_t result)
{
    shared_write(block, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
                 sizeof(result));
}

static void serve_sign(const struct port_frame *frame)
{
    static uint8_t quote[QUOTE_SIZE];
    memset(quote, 0, sizeof(quote));
    assert_int_equal(frame->in_size, sizeof(host.seen));
    shared_read(block, PORT_DATA_OFFSET, &host.seen, sizeof(host.seen));
    quote[0] = 3;
    memcpy(quote + 48, &host.seen.body, sizeof(host.seen.body));
    if (host.flip < sizeof(quote))
        quote[host.flip] ^= 1;
    const size_t room =
        (size_t)frame->out_size < sizeof(quote) ? (size_t)frame->out_size : sizeof(quote);
    shared_write(block, PORT_DATA_OFFSET + (sizeof(host.seen) + 63) / 64 * 64, quote, room);
    host.signs++;
    answer(host.sign_result != 0 ? host.sign_result : (int64_t)room);
}

void port_enter(struct shared *at)
{
    struct port_frame frame;
    static const struct sgx_targetinfo target = {.mrenclave = {9}};
    shared_read(at, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    assert_int_equal(frame.verb, PORT_QUOTE);
    if (frame.arg[0] == SGX_KEEP_QUOTE_SIGN) {
        serve_sign(&frame);
        return;
    }
    assert_int_equal(frame.arg[0], SGX_KEEP_QUOTE_TARGET);
    assert_int_equal(frame.out_size, sizeof(target));
    shared_write(at, PORT_DATA_OFFSET, &target, sizeof(target));
    answer(host.target_result != 0 ? host.target_result : (int64_t)sizeof(target));
}

no_return void port_attacked(uint32_t verb, int64_t result)
{
    (void)verb, (void)result;
    abort();
}

static void report(const struct sgx_targetinfo *target, const uint8_t *report_data,
                   struct sgx_report *out)
{
    assert_int_equal(target->mrenclave[0], 9);
    *out = (struct sgx_report){.body = {.mrenclave = {1}, .isv_svn = 2}, .mac = {3}};
    memcpy(out->body.report_data, report_data, sizeof(out->body.report_data));
}

static int set_up(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.flip = SIZE_MAX;
    return 0;
}

static const uint8_t report_data[REPORT_DATA_BYTES] = {5, 6, 7};
static uint8_t quote[8192];

static int64_t make(size_t size) { return quote_make(block, report, report_data, quote, size); }

static void a_quote_of_this_enclave_comes_back(void **state)
{
    (void)state;
    assert_int_equal(make(sizeof(quote)), QUOTE_SIZE);
    assert_memory_equal(host.seen.body.report_data, report_data, sizeof(report_data));
    assert_memory_equal(quote + 48, &host.seen.body, sizeof(host.seen.body));
}

static void any_other_body_is_refused(void **state)
{
    (void)state;
    for (host.flip = 48; host.flip < 432; host.flip++)
        assert_int_equal(make(sizeof(quote)), -EIO);
    host.flip = 0; /* the version */
    assert_int_equal(make(sizeof(quote)), -EIO);
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < 432; size += 3)
        assert_int_equal(make(size), -EIO);
    assert_int_equal(make(432), 432);
}

static void failures_go_through(void **state)
{
    (void)state;
    host.target_result = -ENOSYS;
    assert_int_equal(make(sizeof(quote)), -ENOSYS);
    host.target_result = sizeof(struct sgx_targetinfo) - 1;
    assert_int_equal(make(sizeof(quote)), -EIO);
    host.target_result = 0;
    assert_int_equal(host.signs, 0);
    host.sign_result = -EACCES;
    assert_int_equal(make(sizeof(quote)), -EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_quote_of_this_enclave_comes_back, set_up),
        cmocka_unit_test_setup(any_other_body_is_refused, set_up),
        cmocka_unit_test_setup(what_is_cut_is_refused, set_up),
        cmocka_unit_test_setup(failures_go_through, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
