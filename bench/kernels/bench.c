/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main() of every kernel: NAME REPS [MODE]. Prints the nanoseconds between
 * bench_start and bench_stop and the sum of the result. Trusts its command line.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORDS = 4096, WORD_MAX = 12 };

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void bench_start(struct bench *b) { b->start = now(); }

void bench_stop(struct bench *b) { b->elapsed = now() - b->start; }

void bench_sum(struct bench *b, const void *data, size_t size)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < size; i++)
        b->sum = (b->sum ^ p[i]) * 0x100000001b3;
}

void bench_need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

void *bench_alloc(size_t size)
{
    void *p = malloc(size);

    bench_need(p != NULL, "malloc");
    return p;
}

uint64_t bench_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1d;
}

static size_t word_make(char word[static WORD_MAX + 1], uint64_t *state)
{
    static const char letters[] = "etaoinshrdlucmfwypvbgk";
    size_t len = 1 + (bench_random(state) >> 32) % WORD_MAX;

    for (size_t i = 0; i < len; i++) {
        uint64_t r = bench_random(state) >> 32;
        word[i] = letters[(r % 22) * ((r >> 8) % 22) / 22];
    }
    word[len] = 0;
    return len;
}

void bench_text(char *text, size_t size)
{
    static char words[WORDS][WORD_MAX + 1];
    uint64_t state = 42;
    size_t at = 0;

    for (size_t i = 0; i < WORDS; i++)
        word_make(words[i], &state);
    while (at < size) {
        uint64_t r = bench_random(&state) >> 20;
        size_t rank = (r % WORDS) * ((r >> 12) % WORDS) / WORDS * ((r >> 24) % WORDS) / WORDS;
        size_t len = strlen(words[rank]);
        if (len > size - at)
            len = size - at;
        memcpy(text + at, words[rank], len);
        at += len;
        if (at < size)
            text[at++] = (r >> 36) % 12 ? ' ' : '\n';
    }
}

int main(int argc, char **argv)
{
    struct bench b = {.reps = 1, .mode = argc > 2 ? argv[2] : "", .sum = 0xcbf29ce484222325};

    if (argc > 1)
        b.reps = (unsigned)strtoul(argv[1], NULL, 10);
    kernel(&b);
    printf("%" PRIu64 " %016" PRIx64 "\n", b.elapsed, b.sum);
    return 0;
}
