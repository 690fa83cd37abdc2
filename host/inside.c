/* SPDX-License-Identifier: Apache-2.0 */
/* A keep's process; see inside.h. */
#define _GNU_SOURCE
#include "host/inside.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int inside_fail(int error, const char *what)
{
    dprintf(STDERR_FILENO, "enarx: cannot start the keep: %s: %s\n", what, strerror(-error));
    return error;
}

/* One write: the sandbox has nothing for a stream that asks what it writes to. */
no_return void inside_stop(int log_fd, const char *why)
{
    char line[256];
    snprintf(line, sizeof(line), "enarx: the keep stopped: %s\n", why);
    const ssize_t told = write(log_fd, line, strlen(line));
    (void)told; /* where nobody listens, the status says it */
    _exit(1);
}

struct shared *inside_block(const struct boot_record *boot)
{
    void *block =
        mmap(NULL, PORT_BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    shared_write(block, PORT_BOOT_OFFSET, boot, sizeof(*boot));
    return block;
}
