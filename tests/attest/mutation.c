/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and collateral with a bit flipped, cut short at each byte, or with bytes
 * behind: never accepted, and its signatures never found good, but where the table
 * of free bits says why. Trusts the unchanged sets to be what their index says.
 *
 *     mutation         one set of each kind; each bit of the evidence, one of each
 *                      byte of certificates and collateral
 *     mutation --all [SET]...
 *                      each bit of every set, or of those named: to go on after a stop
 */
/* links: tests/attest/set.c tests/attest/free_bits.c tests/attest/memo.c attest/anchors_data.S */
/* links: attest/[a-z]*.c crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
/* libs: -Wl,--wrap=ecdsa_verify,--wrap=ecdsa_verify_der,--wrap=rsa_pss_verify */
#define _GNU_SOURCE
#include "tests/attest/free_bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Complete, and accepted as they are under set_policy(). */
static const char *const good[] = {
    "snp/enarx-steward/milan-v2-idblock",
    "sgx/dcap-qvl/quote-v3-cfg-and-swhardening",
    "tdx/dcap-qvl/quote-v4-uptodate",
    NULL,
};

#define TEXT(literal)                                   \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
static const struct bytes appended[] = {
    TEXT("\0"),   TEXT("\n"),   TEXT("\r"),   TEXT(" "),
    TEXT("\xff"), TEXT("\n\n"), TEXT("----"), TEXT("\0\0\0\0"),
};
#define APPENDED_COUNT (sizeof(appended) / sizeof(appended[0]))

/* Ways to change a part of `size` bytes, numbered from 0. */
struct plan {
    size_t flips;
    size_t cuts;
    size_t bits; /* flipped of each byte: 8, or 1 that moves along */
};

static struct plan plan_of(enum part part, size_t size, bool all)
{
    const size_t bits = all || part == PART_EVIDENCE ? 8 : 1;
    return (struct plan){.flips = size * bits, .cuts = size, .bits = bits};
}

static size_t plan_count(const struct plan *p) { return p->flips + p->cuts + APPENDED_COUNT; }

/* Makes mutant `n` of `from` in `out`, which has room for four bytes more. */
static struct mutant make(const struct plan *p, struct bytes from, size_t n, uint8_t *out)
{
    memcpy(out, from.data, from.size);
    if (n < p->flips) {
        const size_t at = n / p->bits;
        const unsigned bit = (unsigned)(p->bits == 8 ? n % 8 : at % 8);
        out[at] ^= (uint8_t)(1u << bit);
        return (struct mutant){MUTANT_FLIPPED, at, bit, {out, from.size}};
    }
    n -= p->flips;
    if (n < p->cuts)
        return (struct mutant){MUTANT_CUT, n, 0, {out, n}};
    n -= p->cuts;
    memcpy(out + from.size, appended[n].data, appended[n].size);
    return (struct mutant){MUTANT_APPENDED, n, 0, {out, from.size + appended[n].size}};
}

struct tally {
    size_t refused;
    size_t free; /* accepted or signed as before, as the table has it */
    size_t wrong;
};

static void verify(const struct attest_input *in, struct attest_result *result)
{
    if (attest_verify(in, result) < 0) {
        fprintf(stderr, "attest_verify failed\n");
        exit(1);
    }
}

static void judge(const struct set *set, enum part part, const struct mutant *m,
                  const struct attest_result *result, struct tally *tally)
{
    static const char *const words[] = {"with a bit flipped at", "cut at", "with bytes appended,"};
    const bool accepted = result->verdict != REFUSED;
    const bool valid = result->signature == SIGNATURE_VALID;
    if (!accepted && !valid) {
        tally->refused++;
        return;
    }
    if (free_bits_find(set, part, m, accepted) != NULL) {
        tally->free++;
        return;
    }
    tally->wrong++;
    printf("FAIL %s: %s %s %zu (%u): %s, signature %s, %s\n", set->name, part_text(part),
           words[m->how], m->at, m->bit, verdict_text(result->verdict),
           signature_text(result->signature), check_info(result->reason)->name);
}

/* A chain that is remembered must make no difference. */
static void compare_uncached(const struct attest_input *in, const struct attest_result *cached,
                             struct tally *tally)
{
    static struct attest_result result;
    struct attest_input bare = *in;
    bare.cache = NULL;
    verify(&bare, &result);
    if (result.verdict == cached->verdict && result.reason == cached->reason &&
        result.signature == cached->signature)
        return;
    tally->wrong++;
    printf("FAIL the cache changes the verdict\n");
}

/* The share of one of `workers` processes in the mutants of a part. */
static struct tally part_run(const struct set *set, enum part part, const struct policy *policy,
                             bool all, size_t worker, size_t workers)
{
    static struct attest_result result;
    struct tally tally = {0};
    const struct bytes from = set->parts[part];
    const struct plan p = plan_of(part, from.size, all);
    struct attest_cache *cache = attest_cache_new(16);
    uint8_t *buffer = malloc(from.size + 4);
    if (cache == NULL || buffer == NULL)
        exit(1);
    for (size_t n = worker; n < plan_count(&p); n += workers) {
        const struct mutant m = make(&p, from, n, buffer);
        struct set changed = *set;
        changed.parts[part] = m.bytes;
        struct set_input input;
        set_input_init(&input, &changed, policy);
        input.in.cache = cache;
        verify(&input.in, &result);
        judge(set, part, &m, &result, &tally);
        if (n / workers % 101 == 0)
            compare_uncached(&input.in, &result, &tally);
    }
    free(buffer);
    attest_cache_free(cache);
    return tally;
}

static void part_run_all(const struct set *set, enum part part, const struct policy *policy,
                         bool all, struct tally *sum)
{
    const size_t workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    int fds[2];
    fflush(stdout);
    if (pipe(fds) < 0)
        exit(1);
    for (size_t i = 0; i < workers; i++) {
        if (fork() == 0) {
            const struct tally tally = part_run(set, part, policy, all, i, workers);
            fflush(stdout);
            _exit(write(fds[1], &tally, sizeof(tally)) == sizeof(tally) ? 0 : 1);
        }
    }
    close(fds[1]);
    struct tally total = {0}, tally;
    size_t answers = 0;
    for (; read(fds[0], &tally, sizeof(tally)) == sizeof(tally); answers++) {
        total.refused += tally.refused;
        total.free += tally.free;
        total.wrong += tally.wrong;
    }
    close(fds[0]);
    while (wait(NULL) > 0)
        ;
    total.wrong += workers - answers; /* a worker that died */
    printf("%s: %s: %zu refused, %zu free, %zu wrong\n", set->name, part_text(part), total.refused,
           total.free, total.wrong);
    sum->refused += total.refused;
    sum->free += total.free;
    sum->wrong += total.wrong;
}

static void set_run(const char *name, bool all, struct tally *sum)
{
    struct set set;
    if (!set_load(&set, name)) {
        printf("FAIL %s is missing\n", name);
        sum->wrong++;
        return;
    }
    struct policy policy = set_policy(&set);
    struct set_input input;
    static struct attest_result result;
    set_input_init(&input, &set, &policy);
    verify(&input.in, &result);
    printf("%s: %s\n", name, verdict_text(result.verdict));
    if (!all && result.verdict != ACCEPTED) {
        printf("FAIL not accepted unchanged: %s\n", check_info(result.reason)->name);
        sum->wrong++;
    }
    for (enum part part = 0; part < PART_COUNT; part++) {
        if (set.parts[part].size > 0)
            part_run_all(&set, part, &policy, all, sum);
    }
    set_policy_free(&policy);
    set_free(&set);
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    const char *const *named = (const char *const *)argv + 2; /* ends with null */
    struct tally sum = {0};
    for (const char *const *name = argc > 2 ? named : all ? set_names : good; *name != NULL; name++)
        set_run(*name, all, &sum);
    free_bits_print();
    printf("%zu passed, %zu failed, 0 skipped\n", sum.refused + sum.free, sum.wrong);
    return sum.wrong > 0;
}
