/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler attributes under the names this tree uses. Trusts nothing. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define must_use               __attribute__((warn_unused_result))
#define no_return              __attribute__((noreturn))
#define maybe_unused           __attribute__((unused))
#define not_inlined            __attribute__((noinline))
#define aligned_to(n)          __attribute__((aligned(n)))
#define format_like(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
