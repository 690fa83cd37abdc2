/* SPDX-License-Identifier: Apache-2.0 */
/* The user's own key: made once, kept private, and what it signed with it. */
/* links: host/sgx/author.c host/sgx/sigstruct.c host/user_dir.c host/newfile.c host/fault.c crypto/rsa.c crypto/digest.c base/cur.c base/put.c base/hex.c base/wipe.c tests/unit/scratch.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "host/sgx/author.h"

#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "state/enarx/sgx.key"

static const uint8_t first[SHA256_SIZE] = {1};
static const uint8_t second[SHA256_SIZE] = {2};
static unsigned made;
static struct fault fault;

static void before_key(void) { made++; }

static int open_home(void **state)
{
    char path[PATH_MAX];
    char here[PATH_MAX - 16];
    made = 0;
    if (scratch_open(state) != 0 || getcwd(here, sizeof(here)) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/state", here);
    return setenv("XDG_STATE_HOME", path, 1);
}

static int sign(const uint8_t *mrenclave, struct sgx_sigstruct *s)
{
    memset(s, 0, sizeof(*s));
    return sgx_author_sign(mrenclave, before_key, s, &fault);
}

static void one_key_for_all(void **state)
{
    (void)state;
    struct sgx_sigstruct a, b, again;
    struct stat found;
    assert_int_equal(sign(first, &a), 0);
    assert_int_equal(made, 1);
    assert_int_equal(sgx_sigstruct_verify(&a), 0);
    assert_null(sgx_sigstruct_fault(&a, first));
    assert_int_equal(stat(KEY, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(sign(second, &b), 0);
    assert_int_equal(made, 1);
    assert_memory_equal(a.modulus, b.modulus, sizeof(a.modulus));
    assert_int_equal(scratch_count("state/enarx"), 3);
    assert_int_equal(sign(first, &again), 0);
    assert_memory_equal(&again, &a, sizeof(a));
}

/* A signature by a key that is gone is of no use to a user who made a new one. */
static void a_new_key_signs_anew(void **state)
{
    (void)state;
    struct sgx_sigstruct a, b;
    assert_int_equal(sign(first, &a), 0);
    assert_int_equal(unlink(KEY), 0);
    assert_int_equal(sign(first, &b), 0);
    assert_int_equal(made, 2);
    assert_memory_not_equal(a.modulus, b.modulus, sizeof(a.modulus));
}

static void damaged_signatures_are_made_again(void **state)
{
    (void)state;
    struct sgx_sigstruct a, b;
    assert_int_equal(sign(first, &a), 0);
    int dir = open("state/enarx", O_RDONLY | O_DIRECTORY);
    const char *name = "sgx-0100000000000000000000000000000000000000000000000000000000000000.sig";
    assert_int_equal(faccessat(dir, name, R_OK, 0), 0);
    int fd = openat(dir, name, O_WRONLY | O_TRUNC);
    assert_true(write(fd, "damaged", 7) == 7);
    close(fd);
    close(dir);
    assert_int_equal(sign(first, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a)); /* PKCS #1 v1.5 has no chance in it */
}

static void keys_that_others_can_read_are_refused(void **state)
{
    (void)state;
    struct sgx_sigstruct s;
    assert_int_equal(sign(first, &s), 0);
    assert_int_equal(chmod(KEY, 0644), 0);
    assert_int_equal(sign(second, &s), -EPERM);
    assert_non_null(strstr(fault.text, "sgx.key"));
}

static void files_that_are_no_key_are_refused(void **state)
{
    (void)state;
    struct sgx_sigstruct s;
    mkdir("state", 0700);
    mkdir("state/enarx", 0700);
    scratch_write(KEY, "not a key");
    chmod(KEY, 0600);
    assert_int_equal(sign(first, &s), -EBADMSG);
    assert_int_equal(made, 0); /* and what is there is left alone */
    assert_true(scratch_holds(KEY, bytes_of_text("not a key")));
}

/* As on a disk that is full: it signs, and the next time by another. */
static void a_key_that_cannot_be_kept_signs_once(void **state)
{
    (void)state;
    struct sgx_sigstruct a, b;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit none = {0, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const int error_a = sign(first, &a);
    const int error_b = sign(first, &b);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(error_a, 0);
    assert_int_equal(error_b, 0);
    assert_int_equal(made, 2);
    assert_int_equal(sgx_sigstruct_verify(&a), 0);
    assert_memory_not_equal(a.modulus, b.modulus, sizeof(a.modulus));
    assert_int_equal(scratch_count("state/enarx"), 0);
}

static void dates_are_decimal(void **state)
{
    (void)state;
    const uint32_t date = sgx_author_date();
    assert_in_range(date, 0x20260000, 0x21001231);
    for (unsigned shift = 0; shift < 32; shift += 4)
        assert_in_range(date >> shift & 15, 0, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_key_for_all, open_home, scratch_close),
        cmocka_unit_test_setup_teardown(a_new_key_signs_anew, open_home, scratch_close),
        cmocka_unit_test_setup_teardown(damaged_signatures_are_made_again, open_home,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_kept_signs_once, open_home,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(keys_that_others_can_read_are_refused, open_home,
                                        scratch_close),
        cmocka_unit_test_setup_teardown(files_that_are_no_key_are_refused, open_home,
                                        scratch_close),
        cmocka_unit_test(dates_are_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
