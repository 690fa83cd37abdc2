/* SPDX-License-Identifier: Apache-2.0 */
/* The local code cache; see code_cache.h. Trusts files that belong to the user
 * and that nobody else can read. */
#define _GNU_SOURCE
#include "host/code_cache.h"

#include "base/hex.h"
#include "base/wipe.h"
#include "crypto/digest.h"
#include "host/user_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define KEY_FILE "cache.key"

static const struct user_dir code_dir = {"XDG_CACHE_HOME", ".cache", "enarx/code"};
static const struct user_dir key_dir = {"XDG_STATE_HOME", ".local/state", "enarx"};

/* ---- the user's key ---- */

static int make_key(int dir)
{
    uint8_t key[CODE_CACHE_KEY_SIZE];
    if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
        return -EIO;
    int error = newfile_put(dir, KEY_FILE, (struct bytes){key, sizeof(key)}, false);
    wipe(key, sizeof(key));
    return error == -EEXIST ? 0 : error; /* somebody was faster: theirs, then */
}

static int read_key(int dir, uint8_t key[static CODE_CACHE_KEY_SIZE])
{
    struct stat found;
    const ssize_t size = user_dir_read(dir, KEY_FILE, key, CODE_CACHE_KEY_SIZE, &found);
    if (size < 0)
        return (int)size;
    return size == (ssize_t)CODE_CACHE_KEY_SIZE && found.st_size == size ? 0 : -EPERM;
}

static int open_key(uint8_t key[static CODE_CACHE_KEY_SIZE], struct fault *fault)
{
    int dir = user_dir_open(&key_dir, true, fault);
    if (dir < 0)
        return dir;
    int error = read_key(dir, key);
    if (error == -ENOENT) {
        error = make_key(dir);
        if (error == 0)
            error = read_key(dir, key);
    }
    close(dir);
    if (error == -EPERM || error == -ELOOP)
        return fault_set(fault, error,
                         "%s/" KEY_FILE " is not a key of yours that others cannot read; remove it",
                         key_dir.below);
    return error < 0 ? fault_system(fault, error, "cannot make %s/" KEY_FILE, key_dir.below) : 0;
}

/* ---- one module ---- */

static int derive(const struct code_cache_subject *s, struct code_cache *cache, struct fault *fault)
{
    const uint8_t compiler = (uint8_t)s->compiler;
    const struct bytes parts[] = {
        bytes_of_text("enarx code cache v1"),
        {.data = s->module_digest, .size = DIGEST_SIZE},
        {.data = s->exec_identity, .size = DIGEST_SIZE},
        {.data = &compiler, .size = 1},
        bytes_of_text(s->backend),
    };
    const struct bytes label = bytes_of_text("name");
    uint8_t user[CODE_CACHE_KEY_SIZE];
    uint8_t name[SHA256_SIZE];
    int error = open_key(user, fault);
    if (error < 0)
        return error;
    error = hmac_sha256((struct bytes){.data = user, .size = sizeof(user)}, parts,
                        ARRAY_COUNT(parts), cache->key);
    wipe(user, sizeof(user));
    if (error == 0)
        error = hmac_sha256((struct bytes){.data = cache->key, .size = sizeof(cache->key)}, &label,
                            1, name);
    if (error < 0)
        return fault_system(fault, error, "cannot derive the key of the module");
    hex_put((struct bytes){.data = name, .size = sizeof(name)}, cache->name);
    return 0;
}

/* An entry that is missing or of no use is none. Its time says when it was used
 * last. */
static struct bytes map_entry(int dir, const char *name)
{
    struct bytes entry = {0};
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return entry;
    struct stat found;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
        (uint64_t)found.st_size <= CODE_CACHE_ENTRY_MAX) {
        void *data = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data != MAP_FAILED)
            entry = (struct bytes){.data = data, .size = (size_t)found.st_size};
        futimens(fd, NULL);
    }
    close(fd);
    return entry;
}

int code_cache_open(const struct code_cache_subject *subject, struct code_cache *cache,
                    struct fault *fault)
{
    *cache = (struct code_cache){.fresh = {.fd = -1}, .dir = -1};
    int error = derive(subject, cache, fault);
    if (error < 0)
        goto out;
    cache->dir = user_dir_open(&code_dir, true, fault);
    error = cache->dir < 0 ? cache->dir : newfile_open(cache->dir, 0600, &cache->fresh);
    if (error < 0 && cache->dir >= 0)
        fault_system(fault, error, "cannot make a file in %s", code_dir.below);
    if (error == 0)
        cache->entry = map_entry(cache->dir, cache->name);
out:
    if (error < 0)
        code_cache_close(cache);
    return error;
}

void code_cache_close(struct code_cache *cache)
{
    newfile_close(&cache->fresh);
    if (cache->entry.size > 0)
        munmap((void *)cache->entry.data, cache->entry.size);
    if (cache->dir >= 0)
        close(cache->dir);
    wipe(cache->key, sizeof(cache->key));
    *cache = (struct code_cache){.fresh = {.fd = -1}, .dir = -1};
}

/* ---- all entries ---- */

static int by_use(const void *a, const void *b)
{
    const struct code_cache_entry *x = a;
    const struct code_cache_entry *y = b;
    return (x->used_ns < y->used_ns) - (x->used_ns > y->used_ns);
}

/* Appends regular file `name`. What else may lie there is not ours. */
static int list_name(int dir, const char *name, struct code_cache_list *list)
{
    struct stat found;
    if (strlen(name) >= CODE_CACHE_NAME_SIZE ||
        fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(found.st_mode))
        return 0;
    struct code_cache_entry *entries =
        realloc(list->entries, (list->count + 1) * sizeof(*list->entries));
    if (entries == NULL)
        return -ENOMEM;
    list->entries = entries;
    struct code_cache_entry *entry = &entries[list->count++];
    *entry = (struct code_cache_entry){
        .size = (uint64_t)found.st_size,
        .used_ns = (uint64_t)found.st_mtim.tv_sec * 1000000000u + (uint64_t)found.st_mtim.tv_nsec,
    };
    memcpy(entry->name, name, strlen(name) + 1);
    list->size += entry->size;
    return 0;
}

/* Every file of the directory, last used first. On failure the list is empty. */
static int list_dir(int fd, struct code_cache_list *list)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (dir == NULL) {
        int error = -errno;
        if (own >= 0)
            close(own);
        return error;
    }
    int error = 0;
    for (const struct dirent *e = readdir(dir); e != NULL && error == 0; e = readdir(dir))
        error = list_name(fd, e->d_name, list);
    closedir(dir);
    if (error < 0) {
        free(list->entries);
        list->entries = NULL;
        list->count = 0;
    }
    if (list->count > 1)
        qsort(list->entries, list->count, sizeof(*list->entries), by_use);
    return error;
}

int code_cache_list(struct code_cache_list *list, struct fault *fault)
{
    *list = (struct code_cache_list){0};
    int error = user_dir_path(&code_dir, list->path, fault);
    if (error < 0)
        return error;
    int dir = user_dir_open(&code_dir, false, fault);
    if (dir == -ENOENT)
        return 0;
    if (dir < 0)
        return dir;
    error = list_dir(dir, list);
    close(dir);
    return error < 0 ? fault_system(fault, error, "cannot read %s", list->path) : 0;
}

int code_cache_clear(size_t *count, struct fault *fault)
{
    struct code_cache_list list;
    *count = 0;
    int error = code_cache_list(&list, fault);
    int dir = error < 0 || list.count == 0 ? -1 : user_dir_open(&code_dir, false, fault);
    for (size_t i = 0; dir >= 0 && error == 0 && i < list.count; i++) {
        if (unlinkat(dir, list.entries[i].name, 0) == 0)
            *count += 1;
        else if (errno != ENOENT)
            error =
                fault_system(fault, -errno, "cannot remove %s/%s", list.path, list.entries[i].name);
    }
    if (dir >= 0)
        close(dir);
    free(list.entries);
    return error;
}

/* Makes room for `size` bytes more. */
static int evict(const struct code_cache *cache, uint64_t size, uint64_t size_max)
{
    struct code_cache_list list = {0};
    int error = list_dir(cache->dir, &list);
    while (list.count > 0 && list.size > size_max - size) {
        const struct code_cache_entry *oldest = &list.entries[--list.count];
        unlinkat(cache->dir, oldest->name, 0);
        list.size -= oldest->size;
    }
    free(list.entries);
    return error;
}

int code_cache_commit(struct code_cache *cache, uint64_t size_max)
{
    struct stat made;
    if (cache->fresh.fd < 0)
        return 0;
    if (fstat(cache->fresh.fd, &made) < 0)
        return -errno;
    uint64_t size = (uint64_t)made.st_size;
    if (size == 0)
        return 0;
    if (size > size_max || size > CODE_CACHE_ENTRY_MAX)
        return -EFBIG;
    unlinkat(cache->dir, cache->name, 0);
    int error = evict(cache, size, size_max);
    return error < 0 ? error : newfile_commit(&cache->fresh, cache->name, true);
}
