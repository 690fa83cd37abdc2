/* SPDX-License-Identifier: Apache-2.0 */
/* Wipes what OpenSSL frees; see memory.h. */
#define _GNU_SOURCE
#include "crypto/memory.h"

#include <errno.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void give_back(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    if (memory != NULL)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* realloc would leave what it moves. */
static void *resize(void *memory, size_t size, const char *file, int line)
{
    void *moved = size == 0 ? NULL : malloc(size);
    if (moved == NULL && size > 0)
        return NULL;
    const size_t old = memory == NULL ? 0 : malloc_usable_size(memory);
    if (old > 0 && size > 0)
        memcpy(moved, memory, old < size ? old : size);
    give_back(memory, file, line);
    return moved;
}

int crypto_wipe_freed(void)
{
    return CRYPTO_set_mem_functions(take, resize, give_back) == 1 ? 0 : -EBUSY;
}
