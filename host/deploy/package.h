/* SPDX-License-Identifier: Apache-2.0 */
/* WORKLOAD as a stream of pieces of what lies in memory already: no part of it is copied,
 * however large it is. Pure. Trusts its caller, whose manifest lists the same parts. */
#ifndef HOST_DEPLOY_PACKAGE_H
#define HOST_DEPLOY_PACKAGE_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/channel.h"

/* Borrowed for as long as the package is. */
struct package_parts {
    struct bytes manifest;
    struct bytes module;
    const struct bytes *files; /* contents, by index in the manifest; empty for other types */
    size_t file_count;
    struct bytes secrets;   /* CBOR; empty: none */
    struct bytes owner_key; /* DER SubjectPublicKeyInfo; empty: nobody attaches */
    uint32_t flags;         /* CHANNEL_DETACHED ... */
};

struct package {
    struct package_parts parts;
    uint8_t head[CHANNEL_HEADER_SIZE + CHANNEL_WORKLOAD_HEAD];
    uint64_t size; /* bytes of the whole message */
    uint64_t sent;
    size_t part; /* the one that goes out, and bytes of it that are gone */
    size_t at;
};

/* 0, or -E2BIG when a keep would not take so much. */
must_use int package_init(struct package *p, const struct package_parts *parts);

/* What comes next, borrowed: empty when all of it is gone. */
struct bytes package_next(const struct package *p);

/* That many bytes of it went. */
void package_advance(struct package *p, size_t size);

#endif
