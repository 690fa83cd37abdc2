/* SPDX-License-Identifier: Apache-2.0 */
/* AESM's protocol, and the process that speaks it for a keep, against a stand-in for
 * the service. */
/* links: host/sgx/aesm.c host/sgx/quoter.c host/sandbox.c base/wipe.c base/cur.c base/put.c tests/unit/aesm_service.c tests/unit/scratch.c */
/* libs: -lseccomp */
#define _GNU_SOURCE
#include "host/sgx/aesm.h"

#include "host/sgx/device.h"
#include "host/sgx/quoter.h"

#include "tests/unit/aesm_service.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the questions ---- */

static void target_and_quote(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    static uint8_t quote[8192];
    static uint8_t expected[SERVICE_QUOTE];
    struct sgx_report report = {0};
    size_t size = sizeof(quote);
    pid_t pid = service_start(KIND);
    assert_int_equal(aesm_target(SERVICE_SOCKET, &target), 0);
    service_fill(expected, sizeof(expected), 15);
    assert_memory_equal(&target, expected, sizeof(target));
    assert_int_equal(aesm_quote(SERVICE_SOCKET, &report, quote, &size), 0);
    service_fill(expected, sizeof(expected), 17);
    assert_int_equal(size, SERVICE_QUOTE);
    assert_memory_equal(quote, expected, SERVICE_QUOTE);
    size = SERVICE_QUOTE - 1;
    assert_int_equal(aesm_quote(SERVICE_SOCKET, &report, quote, &size), -EMSGSIZE);
    service_stop(pid);
}

static void whatever_it_answers(void **state)
{
    (void)state;
    static const struct {
        enum mood mood;
        int target;
        int quote;
    } rows[] = {
        {REFUSES, -EIO, -EIO},
        {SILENT, -EBADMSG, -EBADMSG},
        {WRONG_ANSWER, -EBADMSG, -EBADMSG},
        {HUGE_LENGTH, -EBADMSG, -EBADMSG},
        {CUT_SHORT, -EBADMSG, -EBADMSG},
        {NO_ECDSA, -ENOENT, -ENOENT},
        {MANY_KEYS, -EBADMSG, -EBADMSG},
        {SMALL_TARGET, -EBADMSG, 0},
        {LONG_QUOTE, 0, -EBADMSG},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct sgx_targetinfo target;
        static uint8_t quote[8192];
        struct sgx_report report = {0};
        size_t size = sizeof(quote);
        pid_t pid = service_start(rows[i].mood);
        assert_int_equal(aesm_target(SERVICE_SOCKET, &target), rows[i].target);
        assert_int_equal(aesm_quote(SERVICE_SOCKET, &report, quote, &size), rows[i].quote);
        service_stop(pid);
    }
}

static void nobody_there(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    char path[200];
    assert_int_equal(aesm_target("none.socket", &target), -ENOENT);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(aesm_target(path, &target), -ENAMETOOLONG);
}

/* ---- through the process beside a keep ---- */

static void without_a_service(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    assert_int_equal(quoter_start("none.socket"), 0);
    assert_int_equal(quoter_target(&target), -ENOSYS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and no process */
}

/* As often as it likes, and after the service has failed. */
static void a_keep_asks_beside_its_sandbox(void **state)
{
    (void)state;
    struct sgx_targetinfo target;
    struct sgx_report report = {0};
    static uint8_t quote[SGX_QUOTE_MAX];
    static uint8_t expected[SERVICE_QUOTE];
    pid_t service = service_start(KIND);
    assert_int_equal(quoter_start(SERVICE_SOCKET), 0);
    for (int i = 0; i < 3; i++) {
        size_t size = sizeof(quote);
        assert_int_equal(quoter_target(&target), 0);
        service_fill(expected, sizeof(expected), 15);
        assert_memory_equal(&target, expected, sizeof(target));
        assert_int_equal(quoter_sign(&report, quote, &size), 0);
        service_fill(expected, sizeof(expected), 17);
        assert_int_equal(size, SERVICE_QUOTE);
        assert_memory_equal(quote, expected, SERVICE_QUOTE);
        size = 100;
        assert_int_equal(quoter_sign(&report, quote, &size), -EMSGSIZE);
    }
    service_stop(service);
    assert_int_equal(quoter_target(&target), -ECONNREFUSED);
    service = service_start(REFUSES);
    assert_int_equal(quoter_target(&target), -EIO);
    service_stop(service);
}

static int parse(const char *message, size_t size)
{
    struct aesm_answer answer;
    return aesm_answer_parse((struct bytes){(const uint8_t *)message, size}, AESM_INIT_QUOTE,
                             &answer);
}

static void messages(void **state)
{
    (void)state;
    assert_int_equal(parse("\x7a\x02\x08\x00", 4), 0);
    assert_int_equal(parse("\x7a\x02\x08\x01", 4), -EIO);
    assert_int_equal(parse("\x7a\x00", 2), -EIO); /* no error code at all */
    assert_int_equal(parse("\x7a\x02\x08", 3), -EBADMSG);
    assert_int_equal(parse("\x7a\x02\x08\x00\x00", 5), -EBADMSG);
    assert_int_equal(parse("\x82\x01\x02\x08\x00", 5), -EBADMSG);     /* call 16 */
    assert_int_equal(parse("\x7a\x04\x08\x00\x12\x7f", 6), -EBADMSG); /* 127 bytes */
    assert_int_equal(parse("\x7a\x03\x08\x00\x13", 5), -EBADMSG);     /* a group */
    assert_int_equal(parse("\x7a\x04\x08\x00\x00\x00", 6), -EBADMSG); /* field 0 */
    assert_int_equal(parse("\x7a\x0d\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 15),
                     -EBADMSG);
    assert_int_equal(parse("\x7a\x0b\x08\x00\x31qqqqqqqq", 13), 0); /* 64 bits, unknown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_and_quote),  cmocka_unit_test(whatever_it_answers),
        cmocka_unit_test(nobody_there),      cmocka_unit_test(messages),
        cmocka_unit_test(without_a_service), cmocka_unit_test(a_keep_asks_beside_its_sandbox),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
