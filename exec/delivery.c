/* SPDX-License-Identifier: Apache-2.0 */
/* A WORKLOAD taken apart; see delivery.h. */
#include "exec/delivery.h"

#include "base/wipe.h"
#include "conf/manifest.h"
#include "crypto/key.h"
#include "exec/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uint64_t delivery_size_max(uint64_t files_size)
{
    const uint64_t rest = CHANNEL_WORKLOAD_HEAD + CHANNEL_OWNER_KEY_MAX + MANIFEST_SIZE_MAX +
                          CHANNEL_SECRETS_MAX + SOURCE_MODULE_MAX;
    return files_size < CHANNEL_WORKLOAD_MAX - rest ? files_size + rest : CHANNEL_WORKLOAD_MAX;
}

/* ---- memory ---- */

int delivery_open(struct delivery *d, size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return -ENOMEM;
    *d = (struct delivery){.data = at, .size = size};
    return 0;
}

void delivery_add(struct delivery *d, struct bytes part)
{
    const size_t left = d->size - d->filled;
    const size_t size = part.size < left ? part.size : left;
    if (size > 0)
        memcpy(d->data + d->filled, part.data, size);
    d->filled += size;
}

void delivery_close(struct delivery *d)
{
    free(d->files);
    if (d->data != NULL) {
        wipe(d->data, d->filled);
        munmap(d->data, d->size);
    }
    *d = (struct delivery){0};
}

/* ---- its parts ---- */

/* Where each file lies. True when they fit. */
static bool take_files(struct delivery *d, const struct manifest *m, uint64_t files_size,
                       struct cur *c)
{
    d->files = calloc(m->file_count + 1, sizeof(*d->files));
    if (d->files == NULL)
        return false;
    d->file_count = m->file_count;
    uint64_t total = 0;
    for (size_t i = 0; i < m->file_count; i++) {
        const uint64_t size = m->files[i].size;
        if (!CHECK(workload_files, size <= files_size - total))
            return false;
        d->files[i] = cur_take(c, size);
        total += d->files[i].size;
    }
    return true;
}

static enum keep_refusal take_content(struct delivery *d, uint64_t files_size, struct cur *c)
{
    struct manifest m;
    const int error = manifest_parse(d->manifest, &m);
    if (error < 0)
        return error == -ENOMEM ? REFUSED_MEMORY : REFUSED_MANIFEST;
    d->module = cur_take(c, m.module_size);
    const bool fits = take_files(d, &m, files_size, c);
    manifest_fini(&m);
    return fits ? REFUSED_NONE : d->files == NULL ? REFUSED_MEMORY : REFUSED_LIMIT;
}

enum keep_refusal delivery_parse(struct delivery *d, uint64_t files_size)
{
    static const uint8_t module_header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct channel_workload_head head;
    struct cur c = cur_init((struct bytes){.data = d->data, .size = d->filled});
    if (channel_workload_head_parse(cur_take(&c, CHANNEL_WORKLOAD_HEAD), &head) < 0)
        return REFUSED_HEAD;
    d->flags = head.flags;
    d->owner_key = cur_take(&c, head.owner_key_size);
    d->manifest = cur_take(&c, head.manifest_size);
    d->secrets = cur_take(&c, head.secrets_size);
    if (!cur_ok(&c))
        return REFUSED_PARTS;
    if (d->owner_key.size > 0 && !CHECK(workload_key, key_public_check(d->owner_key) == 0))
        return REFUSED_KEY;
    if (!CHECK(workload_owned, d->owner_key.size > 0 || !(d->flags & CHANNEL_DETACHED)))
        return REFUSED_OWNERLESS;
    const enum keep_refusal refusal = take_content(d, files_size, &c);
    if (refusal != REFUSED_NONE)
        return refusal;
    if (!CHECK(workload_sizes, cur_done(&c)))
        return REFUSED_PARTS;
    /* [WebAssembly 5.5.16] */
    const struct bytes begins = {.data = module_header, .size = sizeof(module_header)};
    struct cur module = cur_init(d->module);
    if (!CHECK(workload_native, bytes_equal(cur_take(&module, begins.size), begins)))
        return REFUSED_NATIVE;
    return REFUSED_NONE;
}

/* ---- as a source ---- */

static int give_manifest(void *context, struct bytes *out)
{
    const struct delivery *d = context;
    *out = d->manifest;
    return 0;
}

static int give_module(void *context, struct bytes *out)
{
    const struct delivery *d = context;
    *out = d->module;
    return 0;
}

static int give_file(void *context, size_t index, void *to, size_t size)
{
    const struct delivery *d = context;
    if (index >= d->file_count || d->files[index].size != size)
        return -EIO;
    if (size > 0)
        memcpy(to, d->files[index].data, size);
    return 0;
}

static int give_secrets(void *context, struct bytes *out)
{
    const struct delivery *d = context;
    *out = d->secrets;
    return 0;
}

struct source delivery_source(struct delivery *d)
{
    return (struct source){
        .manifest = give_manifest,
        .module = give_module,
        .file = give_file,
        .secrets = give_secrets,
        .context = d,
    };
}
