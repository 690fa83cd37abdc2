/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every kernel shares: its repetitions, a clock inside the program, and
 * input that is the same on every run. Trusts its command line.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bench {
    unsigned reps;
    const char *mode; /* what the table of kernels names, or "" */
    uint64_t start;   /* ns */
    uint64_t elapsed; /* ns */
    uint64_t sum;     /* of the result: equal on every engine */
};

/* Written by each kernel: set up, bench_start, reps times the work, bench_stop. */
void kernel(struct bench *b);

void bench_start(struct bench *b);
void bench_stop(struct bench *b);
/* Adds a result to b->sum. */
void bench_sum(struct bench *b, const void *data, size_t size);
/* Ends the program with status 1 unless `ok`. */
void bench_need(int ok, const char *what);
/* Never NULL: ends the program instead. */
void *bench_alloc(size_t size);

/* xorshift64*, never zero-seeded. */
uint64_t bench_random(uint64_t *state);
/* Prose of invented words with a natural skew: compresses about threefold. Not terminated. */
void bench_text(char *text, size_t size);
