/* SPDX-License-Identifier: Apache-2.0 */
/* What an ELF file says of itself, taken apart [ELF-64 2, 5]. Trusts nothing in it: what to
 * make of a segment is the caller's to check. */
#ifndef HOST_ELF_FILE_H
#define HOST_ELF_FILE_H

#include "base/attr.h"
#include "base/cur.h"

/* One program header. Bytes; `flags` are PF_R, PF_W, PF_X and the system's. */
struct elf_segment {
    uint32_t type; /* PT_LOAD ... */
    uint32_t flags;
    uint64_t offset; /* in the file */
    uint64_t address;
    uint64_t file_size;
    uint64_t size; /* in memory */
};

struct elf_file {
    uint16_t type; /* ET_DYN ... */
    uint64_t entry;
    uint64_t headers; /* offset of the program headers in the file */
    size_t header_count;
    struct cur segments; /* header_count times elf_segment_take; bad where the file ends before */
};

/* 0, or -ENOEXEC for what is no ELF file of x86-64. */
must_use int elf_file_parse(struct bytes file, struct elf_file *out);

struct elf_segment elf_segment_take(struct cur *segments);

#endif
