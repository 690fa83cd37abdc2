/* SPDX-License-Identifier: Apache-2.0 */
/* How the code of attest/ records its checks. Trusts its callers.
 *
 *     check(r, snp_vmpl, claims->vmpl == policy->vmpl,
 *           show_uint(policy->vmpl), show_uint(claims->vmpl));
 */
#ifndef ATTEST_RECORD_H
#define ATTEST_RECORD_H

#include "attest/attest.h"

/* A test build names one check to leave out, -DMUTATE=CHECK_snp_vmpl; the tests
 * that stand for it must then fail. */
#ifdef MUTATE
#define CHECK_ID(id, condition) ((MUTATE) == (id) || (condition))
#else
#define CHECK_ID(id, condition) (condition)
#endif
#define CHECK(name, condition) CHECK_ID(CHECK_##name, condition)

/* Records a check and evaluates to whether it passed. */
#define check(result, name, condition, expected, found)                                            \
    check_record((result), CHECK_##name, CHECK(name, condition) ? OUTCOME_PASSED : OUTCOME_FAILED, \
                 (expected), (found))

/* The same for a check of what has to be there: undecided when it is not. */
#define check_there(result, name, there, expected, found)                                         \
    check_record((result), CHECK_##name, CHECK(name, there) ? OUTCOME_PASSED : OUTCOME_UNDECIDED, \
                 (expected), (found))
#define check_undecided(result, name, expected, found) \
    check_there((result), name, false, (expected), (found))

/* The same two for a check whose id is a value. */
#define check_by_id(result, id, condition, expected, found)                                 \
    check_record((result), (id), CHECK_ID(id, condition) ? OUTCOME_PASSED : OUTCOME_FAILED, \
                 (expected), (found))
#define check_by_id_undecided(result, id, expected, found)                                 \
    check_record((result), (id), CHECK_ID(id, false) ? OUTCOME_PASSED : OUTCOME_UNDECIDED, \
                 (expected), (found))

bool check_record(struct attest_result *result, enum check_id id, enum outcome outcome,
                  struct shown expected, struct shown found);

/* A remark beside the checks; dropped when there are too many. */
void result_note(struct attest_result *result, const char *text);

struct shown show_text(const char *text);
struct shown show_bytes_text(struct bytes text); /* unprintable bytes become '?' */
struct shown show_uint(uint64_t value);
struct shown show_flags(uint64_t value); /* "0x..." */
struct shown show_hex(struct bytes value);
struct shown show_hex_list(struct bytes_list list); /* "any" when empty */
struct shown show_masked(struct masked value);      /* "0x.../0x...": value/mask, or "any" */
struct shown show_time(int64_t seconds);            /* RFC 3339, UTC */

/* Checks against a reference value of the policy that may not be given. */
bool bytes_list_has(struct bytes_list list, struct bytes value); /* false when empty */
#define check_list(result, name, list, value)                                                      \
    check(result, name, (list).count == 0 || bytes_list_has((list), (value)), show_hex_list(list), \
          show_hex(value))
#define check_bytes(result, name, wanted, value)                              \
    check(result, name, (wanted).size == 0 || bytes_equal((wanted), (value)), \
          (wanted).size == 0 ? show_text("any") : show_hex(wanted), show_hex(value))
#define check_minimum(result, name, minimum, value) \
    check(result, name, (value) >= (minimum), show_uint(minimum), show_uint(value))
#define check_masked(result, name, wanted, actual)                                         \
    check(result, name, ((actual) & (wanted).mask) == (wanted).value, show_masked(wanted), \
          show_flags(actual))

#define BYTES(array) ((struct bytes){.data = (array), .size = sizeof(array)})

#endif
