/* SPDX-License-Identifier: Apache-2.0 */
/* A WORKLOAD as it came over the channel: taken apart, its sizes and keys checked, and
 * offered as a source. Trusts nothing of it; digests are checked by whoever takes it. */
#ifndef EXEC_DELIVERY_H
#define EXEC_DELIVERY_H

#include "base/attr.h"
#include "exec/keep_state.h"
#include "exec/source.h"

struct delivery {
    uint8_t *data; /* the payload, mapped; null: none */
    size_t size;
    size_t filled; /* bytes of it that have come */

    /* Set by delivery_parse, slices of the payload. */
    uint32_t flags;
    struct bytes owner_key; /* DER SubjectPublicKeyInfo; empty: none */
    struct bytes manifest;
    struct bytes secrets;
    struct bytes module;
    struct bytes *files; /* one for each of the manifest's files, empty for other types */
    size_t file_count;
};

/* The most bytes of payload that a keep with room for `files_size` bytes takes. */
uint64_t delivery_size_max(uint64_t files_size);

/* Memory for a payload of `size` bytes. 0 or -ENOMEM. */
must_use int delivery_open(struct delivery *d, size_t size);

/* The next part of it: what goes beyond its size is left out. */
void delivery_add(struct delivery *d, struct bytes part);

/* Of a payload that is whole. `files_size` as above. */
must_use enum keep_refusal delivery_parse(struct delivery *d, uint64_t files_size);

/* Borrows `d`. */
struct source delivery_source(struct delivery *d);

/* Wipes what has come, and gives it back. */
void delivery_close(struct delivery *d);

#endif
