/* SPDX-License-Identifier: Apache-2.0 */
/* exec as the shim knows it: where its segments go and the root of the hash tree
 * over its file. Written by tools/exec_tree.c when the shim is built, and so part
 * of what is measured. */
#ifndef SHIM_CORE_EXEC_IMAGE_H
#define SHIM_CORE_EXEC_IMAGE_H

#include <stdint.h>

#define EXEC_SEGMENTS_MAX 8u

struct exec_segment {
    uint64_t address;   /* of the first page, from where exec is loaded */
    uint64_t size;      /* whole pages, zeroes included */
    uint64_t file_page; /* index of the first page in the file */
    uint64_t file_size; /* bytes from `address` on that come from the file */
    uint32_t prot;
};

struct exec_image {
    uint8_t root[32];
    uint32_t page_count; /* of the file */
    uint32_t run_count;  /* leaves of the upper tree: a power of two */
    uint32_t segment_count;
    uint32_t header_count;
    uint64_t headers; /* program headers' address */
    uint64_t entry;
    uint64_t size; /* of the loaded image, whole pages */
    struct exec_segment segments[EXEC_SEGMENTS_MAX];
};

extern const struct exec_image exec_image;

#endif
