/* SPDX-License-Identifier: Apache-2.0 */
/* Finds exec inside our own file; see exec_image.h. */
#define _GNU_SOURCE
#include "host/exec_image.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>

extern const uint8_t exec_image_start[];
extern const uint8_t exec_image_end[];
extern const uint8_t exec_tree_start[];
extern const uint8_t exec_tree_end[];

struct bytes exec_image_tree(void)
{
    return (struct bytes){.data = exec_tree_start,
                          .size = (size_t)(exec_tree_end - exec_tree_start)};
}

/* Our first object is the command itself: turn the address into a file offset. */
static int find_offset(struct dl_phdr_info *self, maybe_unused size_t size, void *found)
{
    uintptr_t address = (uintptr_t)exec_image_start - self->dlpi_addr;
    for (size_t i = 0; i < self->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &self->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && address >= p->p_vaddr && address < p->p_vaddr + p->p_filesz) {
            *(uint64_t *)found = p->p_offset + (address - p->p_vaddr);
            return 1;
        }
    }
    return -1;
}

int exec_image_open(struct elf_image *image)
{
    uint64_t offset;
    if (dl_iterate_phdr(find_offset, &offset) != 1)
        return -ENOEXEC;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *image = (struct elf_image){
        .data = {.data = exec_image_start, .size = (size_t)(exec_image_end - exec_image_start)},
        .fd = fd,
        .offset = offset,
    };
    return 0;
}
