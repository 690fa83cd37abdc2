/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that a test build leaves out one at a time, to see which test fails. Each check.h has
 * a list of some, rows X(name, ...), and numbers them:
 *
 *     enum exec_check { EXEC_CHECK_NONE, EXEC_CHECKS(CHECK_NUMBER) };
 *
 * -DWITHOUT=CHECK_name leaves out one; a variable of the test's chooses it later. */
#ifndef BASE_WITHOUT_H
#define BASE_WITHOUT_H

#define CHECK_NUMBER(name, ...) CHECK_##name,

#ifdef WITHOUT
#define CHECK(name, condition)        ((WITHOUT) == CHECK_##name || (condition))
#define CHECKED(name, value, instead) ((WITHOUT) == CHECK_##name ? (instead) : (value))
#else
#define CHECK(name, condition)        (condition)
#define CHECKED(name, value, instead) (value)
#endif

#endif
