/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yyjson: parse a document, walk it, write it out.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

enum { RECORDS = 20000, RECORD_MAX = 256 };

static size_t document(char *text)
{
    uint64_t state = 7;
    size_t at = 0;

    text[at++] = '[';
    for (int i = 0; i < RECORDS; i++) {
        uint64_t r = bench_random(&state);
        at += (size_t)snprintf(text + at, RECORD_MAX,
                               "%s{\"id\":%d,\"name\":\"user %u\",\"score\":%.6f,\"tags\":[\"a%u\","
                               "\"caf\\u00e9\",null,%s],\"at\":{\"x\":%d,\"y\":-%u}}",
                               i ? "," : "", i, (unsigned)(r % 9973), (double)(r >> 11) * 1e-9,
                               (unsigned)(r >> 50), r & 1 ? "true" : "false", (int)(r >> 40),
                               (unsigned)(r >> 33));
    }
    text[at++] = ']';
    return at;
}

static uint64_t walk(yyjson_doc *doc)
{
    yyjson_arr_iter rows = yyjson_arr_iter_with(yyjson_doc_get_root(doc));
    uint64_t sum = 0;

    for (yyjson_val *row; (row = yyjson_arr_iter_next(&rows));)
        sum += yyjson_get_uint(yyjson_obj_get(row, "id")) +
               (uint64_t)yyjson_get_real(yyjson_obj_get(row, "score")) +
               (uint64_t)yyjson_get_sint(yyjson_ptr_get(row, "/at/y"));
    return sum;
}

void kernel(struct bench *b)
{
    char *text = bench_alloc((size_t)RECORDS * RECORD_MAX);
    size_t size = document(text), len = 0;
    uint64_t sum = 0;

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        yyjson_doc *doc = yyjson_read(text, size, 0);
        bench_need(doc != NULL, "yyjson_read");
        sum += walk(doc);
        char *out = yyjson_write(doc, YYJSON_WRITE_PRETTY, &len);
        bench_need(out != NULL, "yyjson_write");
        free(out);
        yyjson_doc_free(doc);
    }
    bench_stop(b);
    bench_sum(b, &sum, sizeof(sum));
    bench_sum(b, &len, sizeof(len));
}
