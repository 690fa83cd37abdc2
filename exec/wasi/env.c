/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and environment: two lists of strings that end in NUL. */
#include "base/put.h"
#include "exec/wasi/state.h"

typedef void put_item(const struct wasi_config *c, size_t index, struct put *p);

static void put_arg(const struct wasi_config *c, size_t index, struct put *p)
{
    put_bytes(p, c->args[index]);
    put_u8(p, '\0');
}

static void put_env(const struct wasi_config *c, size_t index, struct put *p)
{
    put_bytes(p, c->env[index].name);
    put_u8(p, '=');
    put_bytes(p, c->env[index].value);
    put_u8(p, '\0');
}

static size_t list_size(const struct wasi *w, put_item *put, size_t count)
{
    struct put p = put_counter();
    for (size_t i = 0; i < count; i++)
        put(&w->config, i, &p);
    return p.size;
}

static uint32_t list_sizes_get(const struct wasi *w, struct mem mem, const uint64_t *args,
                               put_item *put, size_t count)
{
    uint8_t *count_out = mem_at(mem, args[0], 4, 4);
    uint8_t *size_out = mem_at(mem, args[1], 4, 4);
    if (count_out == NULL || size_out == NULL)
        return WASI_EFAULT;
    mem_put32(count_out, (uint32_t)count);
    mem_put32(size_out, (uint32_t)list_size(w, put, count));
    return WASI_SUCCESS;
}

static uint32_t list_get(const struct wasi *w, struct mem mem, const uint64_t *args, put_item *put,
                         size_t count)
{
    size_t size = list_size(w, put, count);
    uint8_t *pointers_out = mem_at(mem, args[0], count * 4, 4);
    uint8_t *text_out = mem_at(mem, args[1], size, 1);
    if (pointers_out == NULL || text_out == NULL)
        return WASI_EFAULT;
    struct put pointers = put_init(pointers_out, count * 4);
    struct put text = put_init(text_out, size);
    for (size_t i = 0; i < count; i++) {
        put_le32(&pointers, (uint32_t)(args[1] + text.size));
        put(&w->config, i, &text);
    }
    return WASI_SUCCESS;
}

uint32_t wasi_args_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return list_get(w, mem, args, put_arg, w->config.arg_count);
}

uint32_t wasi_args_sizes_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return list_sizes_get(w, mem, args, put_arg, w->config.arg_count);
}

uint32_t wasi_environ_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return list_get(w, mem, args, put_env, w->config.env_count);
}

uint32_t wasi_environ_sizes_get(struct wasi *w, struct mem mem, const uint64_t *args)
{
    return list_sizes_get(w, mem, args, put_env, w->config.env_count);
}
