/* SPDX-License-Identifier: Apache-2.0 */
/* The other implementations, in a process of their own; tests/differential/src/main.rs
 * says what goes back and forth. Ends the program when that one does not answer. */
#ifndef TESTS_ATTEST_PEER_H
#define TESTS_ATTEST_PEER_H

#include "tests/attest/set.h"

struct peer {
    int in;  /* its standard output */
    int out; /* its standard input */
};

struct answer {
    bool accepted;
    uint64_t nanoseconds; /* of all repetitions */
    char *text;           /* owned: a status, or why it was refused */
};

struct peer peer_start(const char *program);

/* Has the set verified that many times, by the implementation for its kind. With
 * `cached` the chain of an SNP set is verified before the clock starts. */
struct answer peer_ask(const struct peer *peer, const struct set *set, bool cached,
                       uint32_t repetitions);

/* Wycheproof's cases for a curve: lines of key, message, signature and whether valid. */
struct answer peer_wycheproof(const struct peer *peer, const char *curve);

#endif
