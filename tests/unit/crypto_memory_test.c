/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL frees is wiped. Read where it was: the sanitizer leaves it there. */
/* links: crypto/memory.c */
/* libs: -lcrypto */
#include "crypto/memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 4096

__attribute__((no_sanitize("address"))) static size_t count_left(const volatile uint8_t *freed)
{
    size_t left = 0;
    for (size_t i = 0; i < SIZE; i++)
        left += freed[i] == 0xa7;
    return left;
}

static uint8_t *secret(void)
{
    uint8_t *memory = OPENSSL_malloc(SIZE);
    assert_non_null(memory);
    memset(memory, 0xa7, SIZE);
    assert_int_equal(count_left(memory), SIZE);
    return memory;
}

static void wipes_what_is_freed(void **state)
{
    (void)state;
    uint8_t *memory = secret();
    OPENSSL_free(memory);
    assert_int_equal(count_left(memory), 0);
    OPENSSL_free(NULL);
}

static void wipes_what_is_moved(void **state)
{
    (void)state;
    uint8_t *memory = secret();
    uint8_t *larger = OPENSSL_realloc(memory, 2 * SIZE);
    assert_non_null(larger);
    assert_ptr_not_equal(larger, memory);
    assert_int_equal(count_left(memory), 0);
    assert_int_equal(count_left(larger), SIZE);

    uint8_t *smaller = OPENSSL_realloc(larger, 16);
    assert_non_null(smaller);
    assert_int_equal(smaller[15], 0xa7);
    assert_int_equal(count_left(larger), 0);
    assert_null(OPENSSL_realloc(smaller, 0));

    uint8_t *first = OPENSSL_realloc(NULL, 16);
    assert_non_null(first);
    OPENSSL_free(first);
}

static pid_t late; /* a process that has used OpenSSL already */

static void says_when_it_is_too_late(void **state)
{
    int status = -1;
    (void)state;
    assert_int_equal(waitpid(late, &status, 0), late);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipes_what_is_freed),
        cmocka_unit_test(wipes_what_is_moved),
        cmocka_unit_test(says_when_it_is_too_late),
    };
    late = fork();
    if (late == 0) {
        OPENSSL_free(OPENSSL_malloc(1));
        _exit(crypto_wipe_freed() == -EBUSY ? 0 : 1);
    }
    if (crypto_wipe_freed() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
