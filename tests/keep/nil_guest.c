/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a guest in exec's place; see nil_guest.h. Trusts what the command does: what it keeps
 * a guest from is the test. */
#include "tests/keep/nil_guest.h"

#include "host/keep.h"
#include "host/nil/nil.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const char *path;

/* In the place of host/exec_image.c's. */
int exec_image_open(struct elf_image *image)
{
    struct stat s;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &s) < 0)
        return -errno;
    const size_t size = (size_t)s.st_size;
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    *image = (struct elf_image){.data = {.data = at, .size = size}, .fd = fd};
    return 0;
}

enum nil_end nil_guest_run(const char *file, const char *manifest, int *code)
{
    struct outcome outcome = {.ending = ENDED_FAILED};
    struct keep keep = {
        .boot = {.magic = BOOT_MAGIC,
                 .version = PORT_VERSION,
                 .mode = BOOT_LOCAL,
                 .cpus = 1,
                 .memory_size = 1ull << 32,
                 .files_size = 1ull << 32},
        .manifest = bytes_of_text(manifest),
        .code_fd = -1,
        .log_level = PORT_LOG_DEBUG,
    };
    path = file;
    if (keep_run(&nil_backend, &keep, &outcome) < 0)
        return NIL_FAILED;
    *code = outcome.code;
    switch (outcome.ending) {
    case ENDED_EXIT:
        return NIL_EXIT;
    case ENDED_SIGNAL:
        return NIL_SIGNAL;
    default:
        return NIL_FAILED;
    }
}
