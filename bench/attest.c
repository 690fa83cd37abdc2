/* SPDX-License-Identifier: Apache-2.0 */
/* Verifications per second of one core for each kind of evidence, beside the signature
 * checks that each cannot do without, made by OpenSSL alone, and beside dcap-qvl and the
 * sev crate. All in turns in one run; medians, also of the ratios. Prints docs/bench/attest.md.
 *
 *     attest PEERS [ROUNDS]
 */
/* links: tests/attest/set.c tests/attest/peer.c attest/anchors_data.S */
/* links: attest/[a-z]*.c crypto/[a-z]*.c base/[a-z]*.c */
/* libs: -lcrypto -ljansson */
#define _GNU_SOURCE
#include "tests/attest/peer.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- OpenSSL alone ---- */

enum key { KEY_P256, KEY_P384, KEY_RSA_PSS, KEY_COUNT };

struct bare {
    EVP_PKEY *key;
    const EVP_MD *digest;
    uint8_t signature[512];
    size_t size;
};

static const uint8_t message[1024];

static EVP_MD_CTX *context(const struct bare *b, bool sign)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p;
    const int ok = sign ? EVP_DigestSignInit(ctx, &p, b->digest, NULL, b->key)
                        : EVP_DigestVerifyInit(ctx, &p, b->digest, NULL, b->key);
    if (ok != 1)
        exit(1);
    if (EVP_PKEY_is_a(b->key, "RSA") &&
        (EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(p, 48) != 1))
        exit(1);
    return ctx;
}

static void bare_make(struct bare keys[static KEY_COUNT])
{
    keys[KEY_P256] = (struct bare){EVP_EC_gen("P-256"), EVP_sha256(), {0}, 512};
    keys[KEY_P384] = (struct bare){EVP_EC_gen("P-384"), EVP_sha384(), {0}, 512};
    keys[KEY_RSA_PSS] = (struct bare){EVP_RSA_gen(4096), EVP_sha384(), {0}, 512};
    for (enum key i = 0; i < KEY_COUNT; i++) {
        EVP_MD_CTX *ctx = context(&keys[i], true);
        if (EVP_DigestSign(ctx, keys[i].signature, &keys[i].size, message, sizeof(message)) != 1)
            exit(1);
        EVP_MD_CTX_free(ctx);
    }
}

static void bare_check(const struct bare *b, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        EVP_MD_CTX *ctx = context(b, false);
        if (EVP_DigestVerify(ctx, b->signature, b->size, message, sizeof(message)) != 1)
            exit(1);
        EVP_MD_CTX_free(ctx);
    }
}

/* ---- what is measured ---- */

struct subject {
    const char *name;
    const char *set;
    const char *peer;
    unsigned cached[KEY_COUNT];   /* signatures when the endorsements are known */
    unsigned uncached[KEY_COUNT]; /* and when each is seen for the first time */
};

/* SNP: the report; VCEK and ASK; with a CRL that too. Quotes: quote and QE report; PCK,
 * PCK CA and TCB signer, two CRLs, TCB info and QE identity. */
static const struct subject subjects[] = {
    {"SEV-SNP", "snp/enarx-steward/milan-v2-idblock", "sev", {0, 1, 0}, {0, 1, 3}},
    {"SGX", "sgx/dcap-qvl/quote-v3-cfg-and-swhardening", "dcap-qvl", {2, 0, 0}, {9, 0, 0}},
    {"TDX", "tdx/dcap-qvl/quote-v4-uptodate", "dcap-qvl", {2, 0, 0}, {9, 0, 0}},
};

enum way { OURS_CACHED, BARE_CACHED, PEER_CACHED, OURS, BARE, PEER, WAY_COUNT };

struct round {
    const struct subject *subject;
    const struct set *set;
    const struct bare *keys;
    const struct peer *peer;
    struct attest_input in; /* without a cache */
    struct attest_cache *cache;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void ours(const struct attest_input *in)
{
    static struct attest_result result;
    if (attest_verify(in, &result) < 0 || result.verdict != ACCEPTED)
        exit(1);
}

static double peer_seconds(const struct round *r, bool cached, uint32_t times)
{
    if (cached && r->set->name[1] != 'n')
        return 0; /* dcap-qvl remembers nothing */
    struct answer a = peer_ask(r->peer, r->set, cached, times);
    if (!a.accepted)
        exit(1);
    free(a.text);
    return (double)a.nanoseconds * 1e-9 / times;
}

/* Seconds of one verification, of the mean of `times`. */
static double measure(const struct round *r, enum way way, uint32_t times)
{
    struct attest_input in = r->in;
    in.cache = way == OURS_CACHED ? r->cache : NULL;
    if (way == PEER || way == PEER_CACHED)
        return peer_seconds(r, way == PEER_CACHED, times);
    const unsigned *checks = way == BARE_CACHED ? r->subject->cached : r->subject->uncached;
    const double start = seconds();
    for (uint32_t i = 0; i < times; i++) {
        if (way == OURS || way == OURS_CACHED) {
            ours(&in);
            continue;
        }
        for (enum key key = 0; key < KEY_COUNT; key++)
            bare_check(&r->keys[key], checks[key]);
    }
    return (seconds() - start) / times;
}

static int order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { ROUNDS_MAX = 101, TIMES = 50 };

/* Seconds in each round. */
typedef double rounds_of[ROUNDS_MAX];

static double median(const rounds_of values, size_t rounds)
{
    rounds_of sorted;
    memcpy(sorted, values, rounds * sizeof(double));
    qsort(sorted, rounds, sizeof(double), order);
    return sorted[rounds / 2];
}

/* The median of what each round finds: a busy neighbour slows both sides of a ratio. */
static double median_ratio(const rounds_of a, const rounds_of b, size_t rounds)
{
    rounds_of ratios;
    for (size_t i = 0; i < rounds; i++)
        ratios[i] = a[i] / b[i];
    return median(ratios, rounds);
}

static void print_row(const struct subject *s, const char *state, size_t rounds,
                      const rounds_of ours, const rounds_of bare, const rounds_of peer)
{
    printf("| %s, %s | %.0f | %.0f | **%.2f** | %s %.0f | %.2f |\n", s->name, state,
           1 / median(ours, rounds), 1 / median(bare, rounds), median_ratio(ours, bare, rounds),
           s->peer, 1 / median(peer, rounds), median_ratio(peer, ours, rounds));
}

static void run(const struct subject *s, const struct bare *keys, const struct peer *peer,
                size_t rounds)
{
    static rounds_of times[WAY_COUNT];
    struct set set;
    if (!set_load(&set, s->set))
        exit(1);
    struct policy policy = set_policy(&set);
    struct set_input input;
    set_input_init(&input, &set, &policy);
    const struct round r = {s, &set, keys, peer, input.in, attest_cache_new(8)};
    for (size_t i = 0; i < rounds; i++) {
        for (enum way way = 0; way < WAY_COUNT; way++)
            times[way][i] = measure(&r, way, TIMES);
    }
    const bool keeps = times[PEER_CACHED][0] > 0; /* what it verified before */
    print_row(s, "endorsements known", rounds, times[OURS_CACHED], times[BARE_CACHED],
              times[keeps ? PEER_CACHED : PEER]);
    print_row(s, "all for the first time", rounds, times[OURS], times[BARE], times[PEER]);
    attest_cache_free(r.cache);
    set_policy_free(&policy);
    set_free(&set);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    const size_t wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 21;
    const size_t rounds = wanted < 1 ? 1 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    const struct peer peer = peer_start(argv[1]);
    struct bare keys[KEY_COUNT];
    bare_make(keys);
    printf("<!-- Written by `make bench-attest`: do not edit. -->\n# Verifications\n\n"
           "Per second of one core, medians of %zu rounds of %d, also of the ratios. "
           "Signatures: what OpenSSL alone needs for the signature checks that the evidence asks "
           "for, with keys at hand. dcap-qvl keeps nothing, so that its two figures are one; the "
           "sev crate looks at no CRL.\n\n"
           "| evidence | here | signatures | time to signatures' | peer | times faster |\n"
           "|---|--:|--:|--:|--:|--:|\n",
           rounds, TIMES);
    for (size_t i = 0; i < ARRAY_COUNT(subjects); i++)
        run(&subjects[i], keys, &peer, rounds);
    for (enum key i = 0; i < KEY_COUNT; i++)
        EVP_PKEY_free(keys[i].key);
    return 0;
}
