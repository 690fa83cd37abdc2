/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into `enarx` by ld --wrap: a keep on the model of SGX writes what the model has
 * counted to XDG_STATE_HOME/bench-counters, where that is there. It has few other variables.
 */
#define _GNU_SOURCE
#include "host/keep.h"
#include "sim/sgx/model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHARED_SIZE 4096u

static char *shared = MAP_FAILED; /* lines of NAME COUNT */

no_return void __real_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report);
no_return void __wrap_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report);
no_return void __wrap_keep_become(const struct backend *backend, struct keep *keep,
                                  struct keep_report *report)
{
    const char *state = getenv("XDG_STATE_HOME");
    char path[512];
    snprintf(path, sizeof(path), "%s/bench-counters", state == NULL ? "" : state);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, SHARED_SIZE) == 0)
        shared = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    __real_keep_become(backend, keep, report);
}

static void tell_counters(const struct model_counters *m)
{
    size_t size = 0;
#define TELL(name, text)                                                         \
    size += (size_t)snprintf(shared + size, SHARED_SIZE - size, #name " %llu\n", \
                             (unsigned long long)m->name);
    COUNTERS_MODEL(TELL)
#undef TELL
}

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    if (shared != MAP_FAILED && model_counters()->eadd > 0)
        tell_counters(model_counters());
    __real__exit(status);
}
