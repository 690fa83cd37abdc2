/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces that need no memory: a time and a random number under a key that only stewards
 * have. Those that share the key take each other's. Pure. Trusts its caller for time, key
 * and random numbers; nothing in a nonce.
 *
 *     offset  size
 *          0     8  time of issue, seconds since 1970, big-endian
 *          8    16  random
 *         24    32  HMAC-SHA-256 over a label and the 24 bytes before [RFC 2104] */
#ifndef SVC_STEWARD_NONCE_H
#define SVC_STEWARD_NONCE_H

#include "base/attr.h"
#include "base/cur.h"
#include "svc/steward/check.h"

#define NONCE_SIZE        56u
#define NONCE_RANDOM_SIZE 16u
#define NONCE_KEY_SIZE    32u
#define NONCE_LIFETIME    300 /* seconds */
#define NONCE_SKEW        300 /* seconds that the clock of another steward may be ahead */

/* 0 or -ENOMEM. */
must_use int nonce_make(const uint8_t key[static NONCE_KEY_SIZE], int64_t now,
                        const uint8_t random[static NONCE_RANDOM_SIZE],
                        uint8_t nonce[static NONCE_SIZE]);

/* STEWARD_nonce_genuine, STEWARD_nonce_age, or STEWARD_PASSED and the time of issue. */
must_use enum steward_check nonce_check(const uint8_t key[static NONCE_KEY_SIZE],
                                        struct bytes nonce, int64_t now, int64_t *issued);

/* ---- those that were used ---- */

/* Remembers what was used for as long as it is valid. Only this process's: another steward
 * may take the same nonce once more. */
struct nonces_used;

/* Null when memory is short. It is taken from the system as it is needed. */
struct nonces_used *nonces_used_new(void);
void nonces_used_free(struct nonces_used *used);

/* STEWARD_nonce_unused when it is there, or there is no room to remember it. */
must_use enum steward_check nonces_used_add(struct nonces_used *used, struct bytes nonce,
                                            int64_t issued, int64_t now);

#endif
