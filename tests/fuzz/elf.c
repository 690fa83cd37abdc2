/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF loader on arbitrary images. */
/* links: host/elf.c host/elf_file.c base/cur.c */
#define _GNU_SOURCE
#include "host/elf.h"

#include "tests/fuzz/target.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("image", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    struct elf_image image = {.data = {.data = data, .size = size}, .fd = fd};
    struct elf_loaded loaded;
    if (elf_map(&image, &loaded) == 0)
        munmap((void *)loaded.base, loaded.size);
    close(fd);
    return 0;
}
