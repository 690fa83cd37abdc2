/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text [RFC 3339 5.6]. Pure. Trusts nothing. */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include "base/attr.h"
#include "base/cur.h"

#define RFC3339_SIZE 32u /* characters that rfc3339_put writes at most, with the NUL */

/* Seconds since 1970 of "2026-03-31T22:20:07Z", with or without a fraction, which is cut
 * off, and with any offset. A space may stand for T; a date alone means its midnight in
 * UTC. 0 or -EINVAL. */
must_use int rfc3339_parse(struct bytes text, int64_t *seconds);

/* 28 to 31; `month` is 1 to 12. */
unsigned rfc3339_days_of_month(unsigned year, unsigned month);

/* "2026-03-31T22:20:07Z". Years before 0 and after 9999 are cut to those. */
void rfc3339_put(int64_t seconds, char text[static RFC3339_SIZE]);

#endif
