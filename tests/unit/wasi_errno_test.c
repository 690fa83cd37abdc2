/* SPDX-License-Identifier: Apache-2.0 */
/* Errnos by their numbers in the WASI documents. */
/* links: exec/wasi/errno.c */
#include "exec/wasi/errno.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* [WASI preview1 errno] */
static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        int number;
        uint32_t wasi;
    } pairs[] = {
        {E2BIG, 1},      {EACCES, 2},   {EAGAIN, 6},  {EBADF, 8},   {ECONNRESET, 15}, {EEXIST, 20},
        {EFAULT, 21},    {EILSEQ, 25},  {EINVAL, 28}, {EIO, 29},    {EISDIR, 31},     {ELOOP, 32},
        {EMFILE, 33},    {ENOENT, 44},  {ENOMEM, 48}, {ENOSPC, 51}, {ENOSYS, 52},     {ENOTDIR, 54},
        {ENOTSOCK, 57},  {ENOTSUP, 58}, {EPERM, 63},  {EPIPE, 64},  {EROFS, 69},      {ESPIPE, 70},
        {ETIMEDOUT, 73}, {EXDEV, 75},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_int_equal(wasi_errno_of(-pairs[i].number), pairs[i].wasi);
    assert_int_equal(WASI_ENOTCAPABLE, 76);
}

static void test_counts_and_strangers(void **state)
{
    (void)state;
    assert_int_equal(wasi_errno_of(0), 0);
    assert_int_equal(wasi_errno_of(INT64_MAX), 0);
    assert_int_equal(wasi_errno_of(-ENOTBLK), 29);
    assert_int_equal(wasi_errno_of(-4095), 29);
    assert_int_equal(wasi_errno_of(INT64_MIN), 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_counts_and_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
