/* SPDX-License-Identifier: Apache-2.0 */
/* For programs that check WASI from the inside: the first thing that does not hold
 * is named on standard error, and the exit status is 1. */
#ifndef TESTS_WASI_CHECK_H
#define TESTS_WASI_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

/* The call fails with this errno. */
#define CHECK_FAILS(call, number) \
    do {                          \
        errno = 0;                \
        CHECK((call) == -1);      \
        CHECK(errno == (number)); \
    } while (0)

#endif
