/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a static position-independent ELF executable from pages of a file:
 * mapped, never copied. Trusts nothing in the image but that it will be run. */
#ifndef HOST_ELF_H
#define HOST_ELF_H

#include "base/attr.h"
#include "base/cur.h"

/* An ELF image inside a file: its bytes, and where the file has them. */
struct elf_image {
    struct bytes data;
    int fd;
    uint64_t offset; /* in the file, a multiple of the page size */
};

/* Where it lies in memory. */
struct elf_loaded {
    uintptr_t base;
    size_t size; /* from base, whole pages */
    uintptr_t entry;
    uintptr_t headers; /* program headers, for AT_PHDR */
    size_t header_count;
};

/* Maps every segment with its own permissions, none of them both writable and
 * executable. 0, -ENOEXEC when the image is not of this kind, or mmap's errno. */
must_use int elf_map(const struct elf_image *image, struct elf_loaded *loaded);

#endif
