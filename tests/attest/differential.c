/* SPDX-License-Identifier: Apache-2.0 */
/* The same evidence and 10,000 mutants of it, before this verifier under its weakest
 * policy and before others: dcap-qvl for quotes, the sev crate for reports. Prints the
 * page docs/differential.md; fails when a disagreement is not in the table, or one of
 * Wycheproof's cases goes wrong. Trusts neither side.
 *
 *     differential PEERS [MUTANTS]
 */
/* links: tests/attest/set.c tests/attest/peer.c tests/attest/disagreement.c */
/* links: tests/attest/wycheproof.c */
/* links: attest/[a-z]*.c attest/anchors_data.S crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#define _GNU_SOURCE
#include "tests/attest/disagreement.h"
#include "tests/attest/wycheproof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steele, Lea and Flood's generator: the same mutants each time. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* One part of the set with a bit flipped, two bytes swapped, cut short or longer. */
static struct bytes spoil(struct bytes from, uint64_t *state, uint8_t *out)
{
    const size_t at = (size_t)random_next(state) % from.size;
    const size_t other = (size_t)random_next(state) % from.size;
    memcpy(out, from.data, from.size);
    switch (random_next(state) % 8) {
    case 0:
        out[at] = from.data[other];
        out[other] = from.data[at];
        return (struct bytes){out, from.size};
    case 1:
        return (struct bytes){out, at};
    case 2:
        memset(out + from.size, (int)(random_next(state) % 3) * '\n', 4);
        return (struct bytes){out, from.size + 1 + other % 4};
    default:
        out[at] ^= (uint8_t)(1u << random_next(state) % 8);
        return (struct bytes){out, from.size};
    }
}

static enum part choose_part(const struct set *set, uint64_t *state)
{
    enum part part;
    do
        part = (enum part)(random_next(state) % PART_COUNT);
    while (set->parts[part].size == 0);
    return part;
}

static void compare(const struct peer *peer, const struct set *set, const struct policy *policy,
                    const char *where, struct disagreements *all)
{
    static struct attest_result result;
    struct set_input input;
    set_input_init(&input, set, policy);
    if (attest_verify(&input.in, &result) < 0)
        exit(1);
    struct answer theirs = peer_ask(peer, set, false, 1);
    disagreements_add(all, where, &result, theirs.accepted, theirs.text);
    free(theirs.text);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    const size_t wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    const struct peer peer = peer_start(argv[1]);
    static struct disagreements all;
    static uint8_t buffer[1 << 17];
    uint64_t state = 1;
    size_t sets = 0, made = 0;
    for (const char *const *name = set_names; *name != NULL; name++)
        sets++;
    for (size_t i = 0; i < sets; i++) {
        struct set set;
        if (!set_load(&set, set_names[i]))
            return 1;
        struct policy policy = set_policy(&set);
        compare(&peer, &set, &policy, "", &all);
        for (const size_t end = wanted * (i + 1) / sets; made < end; made++) {
            const enum part part = choose_part(&set, &state);
            struct set changed = set;
            changed.parts[part] = spoil(set.parts[part], &state, buffer);
            compare(&peer, &changed, &policy, part_text(part), &all);
        }
        set_policy_free(&policy);
        set_free(&set);
    }
    const bool explained = disagreements_print(&all, sets, made);
    const struct wycheproof cases = wycheproof_run(&peer);
    printf("\nWycheproof's ECDSA cases for P-256 and P-384: %zu as they say, %zu not.\n",
           cases.right, cases.wrong);
    return explained && cases.wrong == 0 && cases.right > 0 ? 0 : 1;
}
