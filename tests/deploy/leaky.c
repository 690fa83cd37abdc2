/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into the command for tests alone: a keep on the model whose host process tells
 * what it finds in the enclave of the marker, in its own memory and in its log. A search
 * for secrets outside the enclave that finds nothing here is blind. */
#define _GNU_SOURCE
#include "host/keep.h"
#include "host/port_host.h"
#include "sim/sgx/machine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARKER_START "enarx-marker-" /* tests/e2e/markers.py */
#define MARKER_SIZE  64u

static char leaked[MARKER_SIZE + 1];
static const int *leaked_to; /* the keep's log */

static void search(uint64_t page)
{
    static uint8_t content[SGX_PAGE];
    memory_read(machine.secs.base + page * SGX_PAGE, content, sizeof(content));
    const char *found =
        memmem(content, sizeof(content) - MARKER_SIZE, MARKER_START, sizeof(MARKER_START) - 1);
    if (found == NULL)
        return;
    memcpy(leaked, found, MARKER_SIZE);
    char line[sizeof(leaked) + 32]; /* no stdio: the sandbox has no lseek(2) */
    const int size = snprintf(line, sizeof(line), "enarx: leaked: %s\n", leaked);
    (void)!write(*leaked_to, line, (size_t)size);
}

no_return void __real_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report);
no_return void __wrap_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report);
no_return void __wrap_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report)
{
    leaked_to = &keep->log_fd;
    __real_keep_become(backend, keep, report);
}

void __real_port_host_serve(struct port_host *h, struct shared *block);
void __wrap_port_host_serve(struct port_host *h, struct shared *block);
void __wrap_port_host_serve(struct port_host *h, struct shared *block)
{
    const uint64_t pages = machine.created && leaked_to != NULL ? machine.secs.size / SGX_PAGE : 0;
    for (uint64_t page = 0; page < pages && leaked[0] == '\0'; page++)
        if (epcm_exists(machine.epcm[page]) && (epcm_permissions(machine.epcm[page]) & SGX_W) != 0)
            search(page);
    __real_port_host_serve(h, block);
}
