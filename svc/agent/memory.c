/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of processes; see memory.h. [Linux proc(5), status] */
#define _GNU_SOURCE
#include "svc/agent/memory.h"

#include "host/small_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of a line "name:  N kB". 0 when there is none. */
static uint64_t bytes_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * 1024;
}

uint64_t memory_of_process(pid_t pid)
{
    char path[32], text[2048];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    small_file_read(AT_FDCWD, path, text, sizeof(text));
    return bytes_of(text, "\nRssAnon:") + bytes_of(text, "\nRssShmem:");
}

uint64_t memory_of_agent(void)
{
    char text[2048];
    small_file_read(AT_FDCWD, "/proc/self/status", text, sizeof(text));
    return bytes_of(text, "\nVmRSS:");
}
