/* SPDX-License-Identifier: Apache-2.0 */
/* WebAssembly through wasmtime's C API; see engine.h. Trusts wasmtime, and code
 * from the cache only when code_cache.c says that we made it. */
#include "exec/engine.h"

#include "exec/code_cache.h"
#include "exec/report.h"
#include "exec/wasi/wasi.h"

#include <stdlib.h>
#include <string.h>
#include <wasmtime.h>

/* [WebAssembly 5.5] */
#define MODULE_HEADER_SIZE    8u
#define MODULE_SECTION_TABLE  4u
#define MODULE_SECTION_MEMORY 5u

/* A table is memory that a program can grow, too: those of a module together. */
#define TABLE_ELEMENTS_MAX 1000000

/* One import of the module, bound to a WASI function. */
struct binding {
    struct run *run;
    const struct wasi_func *func;
    size_t param_count;
};

struct run {
    wasm_engine_t *engine;
    wasmtime_module_t *module;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    struct wasi *wasi;
    struct binding *bindings;
    wasmtime_memory_t memory;
    bool memory_known;
    bool exited;
};

/* ---- messages ---- */

/* wasmtime lists causes on lines of their own; a message of ours is one line. */
static void join_causes(char *text)
{
    static const char mark[] = "\n\nCaused by:\n";
    char *at = strstr(text, mark);
    if (at == NULL)
        return;
    char *from = at + strlen(mark);
    *at++ = ':';
    *at++ = ' ';
    while (*from == ' ')
        from++;
    while (*from != '\0') {
        if (*from != '\n') {
            *at++ = *from++;
            continue;
        }
        while (*from == '\n' || *from == ' ')
            from++;
        *at++ = *from == '\0' ? '\0' : ' ';
    }
    *at = '\0';
}

static char *error_text(wasmtime_error_t *error)
{
    wasm_name_t message;
    wasmtime_error_message(error, &message);
    char *text = strndup(message.data, message.size);
    if (text == NULL)
        report_failure("out of memory");
    join_causes(text);
    return text;
}

static void check(wasmtime_error_t *error, const char *what)
{
    if (error != NULL)
        report_failure("%s: %s", what, error_text(error));
}

/* wasmtime's frames, without what means nothing to a user of ours: the name of
 * an unnamed module, and advice about wasmtime's own settings. In place. */
static void tidy_frames(char *text)
{
    static const char unnamed[] = "<unknown>!";
    char *note = strstr(text, "\nnote: ");
    if (note != NULL)
        *note = '\0';
    for (char *at = strstr(text, unnamed); at != NULL; at = strstr(at, unnamed)) {
        char *rest = at + strlen(unnamed);
        memmove(at, rest, strlen(rest) + 1);
    }
}

/* Cause first: it is what a reader looks for. wasmtime puts it last, behind what
 * it saw of it. */
static void report_trap(const wasm_trap_t *trap)
{
    static const char cause_mark[] = "\n\nCaused by:\n";
    static const char kind_mark[] = "wasm trap: ";
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    char *text = strndup(message.data, message.size);
    if (text == NULL)
        report_failure("out of memory");
    char *cause = strstr(text, cause_mark);
    char *frames = strchr(text, '\n');
    if (cause == NULL || frames == NULL) {
        report(PORT_LOG_ERROR, "the program trapped: %s", text);
        free(text);
        return;
    }
    *cause = '\0';
    cause += strlen(cause_mark);
    char *kind = strstr(cause, kind_mark);
    if (kind != NULL)
        cause = kind + strlen(kind_mark);
    cause += strspn(cause, " ");
    cause[strcspn(cause, "\n")] = '\0';
    tidy_frames(frames);
    report(PORT_LOG_ERROR, "the program trapped: %s\nWebAssembly backtrace:%s", cause, frames);
    free(text);
}

/* ---- engine and module ---- */

/* Which proposals are on, and why, is in docs/engine.md. */
static wasm_engine_t *new_engine(const struct engine_config *config)
{
    setenv("WASMTIME_BACKTRACE_DETAILS", "1", 1); /* source lines; the C API has no setter */
    wasm_config_t *c = wasm_config_new();
    bool winch = config->compiler == COMPILER_WINCH;
    wasmtime_config_strategy_set(c, winch ? WASMTIME_STRATEGY_WINCH : WASMTIME_STRATEGY_CRANELIFT);
    wasmtime_config_parallel_compilation_set(c, config->threads);
    wasmtime_config_memory_init_cow_set(c, false); /* needs memfd_create */
    return wasm_engine_new_with_config(c);
}

static void compile(struct run *r, const struct engine_config *config, struct bytes wasm,
                    const uint8_t *digest)
{
    struct bytes cached = code_cache_get(digest, config->compiler);
    if (cached.size != 0) {
        wasmtime_error_t *stale =
            wasmtime_module_deserialize(r->engine, cached.data, cached.size, &r->module);
        if (stale == NULL)
            return;
        wasmtime_error_delete(stale); /* another CPU's: compile again */
    }
    check(wasmtime_module_new(r->engine, wasm.data, wasm.size, &r->module),
          "not a WebAssembly module that can run here");
    if (!code_cache_wanted())
        return;
    wasm_byte_vec_t code;
    wasmtime_error_t *error = wasmtime_module_serialize(r->module, &code);
    if (error != NULL) {
        wasmtime_error_delete(error);
        return;
    }
    code_cache_put(digest, config->compiler,
                   (struct bytes){.data = (const uint8_t *)code.data, .size = code.size});
    wasm_byte_vec_delete(&code);
}

/* ---- imports ---- */

static bool name_is(const wasm_name_t *name, const char *text)
{
    return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static const struct wasi_func *find_func(const wasm_name_t *module, const wasm_name_t *name)
{
    const struct wasi_func *f = NULL;
    if (name_is(module, "wasi_snapshot_preview1"))
        f = wasi_preview1;
    else if (name_is(module, "wasi_unstable"))
        f = wasi_preview0;
    for (; f != NULL && f->name != NULL; f++) {
        if (name_is(name, f->name))
            return f;
    }
    return NULL;
}

static struct mem guest_memory(struct run *r, wasmtime_caller_t *caller)
{
    if (!r->memory_known) { /* a start function runs before the instance is ours */
        wasmtime_extern_t item;
        if (!wasmtime_caller_export_get(caller, "memory", 6, &item) ||
            item.kind != WASMTIME_EXTERN_MEMORY)
            return (struct mem){0};
        r->memory = item.of.memory;
        r->memory_known = true;
    }
    return (struct mem){.base = wasmtime_memory_data(r->context, &r->memory),
                        .size = wasmtime_memory_data_size(r->context, &r->memory)};
}

static wasm_trap_t *call_wasi(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *raw,
                              maybe_unused size_t count)
{
    const struct binding *b = env;
    uint64_t args[WASI_PARAMS_MAX];
    for (size_t i = 0; i < b->param_count; i++)
        args[i] = b->func->params[i] == 'I' ? (uint64_t)raw[i].i64 : (uint32_t)raw[i].i32;
    uint32_t result = wasi_invoke(b->run->wasi, b->func, guest_memory(b->run, caller), args);
    if (result == WASI_EXITED) {
        b->run->exited = true;
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT);
    }
    if (b->func->returns)
        raw[0].i32 = (int32_t)result;
    return NULL;
}

static wasm_functype_t *type_of(const struct wasi_func *f)
{
    wasm_valtype_t *items[WASI_PARAMS_MAX];
    size_t count = strlen(f->params);
    for (size_t i = 0; i < count; i++)
        items[i] = f->params[i] == 'I' ? wasm_valtype_new_i64() : wasm_valtype_new_i32();
    wasm_valtype_t *result[] = {f->returns ? wasm_valtype_new_i32() : NULL};
    wasm_valtype_vec_t params;
    wasm_valtype_vec_t results;
    wasm_valtype_vec_new(&params, count, items);
    wasm_valtype_vec_new(&results, f->returns, result);
    return wasm_functype_new(&params, &results);
}

static wasmtime_extern_t bind_import(struct run *r, const wasm_importtype_t *import,
                                     struct binding *b)
{
    const wasm_name_t *module = wasm_importtype_module(import);
    const wasm_name_t *name = wasm_importtype_name(import);
    const struct wasi_func *func = find_func(module, name);
    if (func == NULL)
        report_failure("unknown import %.*s.%.*s: only WASI preview 1 is offered here; compile "
                       "for wasm32-wasip1",
                       (int)module->size, module->data, (int)name->size, name->data);
    *b = (struct binding){.run = r, .func = func, .param_count = strlen(func->params)};
    wasmtime_extern_t item = {.kind = WASMTIME_EXTERN_FUNC};
    wasm_functype_t *type = type_of(func);
    wasmtime_func_new_unchecked(r->context, type, call_wasi, b, NULL, &item.of.func);
    wasm_functype_delete(type);
    return item;
}

static wasmtime_extern_t *bind_imports(struct run *r, size_t *count)
{
    wasm_importtype_vec_t imports;
    wasmtime_module_imports(r->module, &imports);
    wasmtime_extern_t *items = calloc(imports.size + 1, sizeof(*items));
    r->bindings = calloc(imports.size + 1, sizeof(*r->bindings));
    if (items == NULL || r->bindings == NULL)
        report_failure("out of memory");
    for (size_t i = 0; i < imports.size; i++)
        items[i] = bind_import(r, imports.data[i], &r->bindings[i]);
    *count = imports.size;
    wasm_importtype_vec_delete(&imports);
    return items;
}

/* ---- limits ---- */

/* How many tables or memories, by their section, the module makes; it has been validated. */
static uint32_t count_made(struct bytes module, uint8_t wanted)
{
    struct cur c = cur_init(module);
    cur_take(&c, MODULE_HEADER_SIZE);
    while (cur_left(&c) > 0) {
        uint8_t section = cur_u8(&c);
        struct cur body = cur_init(cur_take(&c, cur_leb32(&c)));
        if (section == wanted)
            return cur_leb32(&body);
    }
    return 0;
}

/* wasmtime limits each by itself: they share evenly what there is. */
static uint64_t share(uint64_t all, uint32_t count) { return count > 1 ? all / count : all; }

static void set_limits(struct run *r, uint64_t memory_size, struct bytes module)
{
    const uint64_t memory = share(memory_size, count_made(module, MODULE_SECTION_MEMORY));
    const uint64_t table = share(TABLE_ELEMENTS_MAX, count_made(module, MODULE_SECTION_TABLE));
    wasmtime_store_limiter(r->store, (int64_t)(memory < INT64_MAX ? memory : INT64_MAX),
                           (int64_t)table, -1, -1, -1);
}

/* ---- the instance ---- */

/* What to do about it, where that is known. */
static const char *instantiate_hint(const char *text)
{
    if (strstr(text, "exceeds memory limits") != NULL)
        return "; --max-memory sets them";
    if (strstr(text, "failed to reserve") != NULL)
        return "; each memory of a module takes 4 GiB of addresses however small it is, and an "
               "enclave has 64 GiB: 15 memories fit";
    return "";
}

/* False when the module's start function trapped. */
static bool instantiate(struct run *r, wasmtime_instance_t *instance)
{
    size_t count;
    wasmtime_extern_t *items = bind_imports(r, &count);
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_instance_new(r->context, r->module, items, count, instance, &trap);
    free(items);
    if (r->exited)
        return true;
    if (error != NULL) {
        char *text = error_text(error);
        report_failure("cannot instantiate the module: %s%s", text, instantiate_hint(text));
    }
    if (trap != NULL)
        report_trap(trap);
    return trap == NULL;
}

/* ---- running ---- */

/* Calls an export that takes nothing; what it returns is ignored. True when it
 * ended by itself, by proc_exit or not at all. */
static bool call_export(struct run *r, const wasmtime_func_t *func, const char *name)
{
    wasm_functype_t *type = wasmtime_func_type(r->context, func);
    size_t params = wasm_functype_params(type)->size;
    size_t results = wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    if (params != 0)
        report_failure("export \"%s\" takes parameters; a program's entry takes none", name);
    wasmtime_val_t *values = calloc(results + 1, sizeof(*values));
    if (values == NULL)
        report_failure("out of memory");
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call(r->context, func, NULL, 0, values, results, &trap);
    free(values);
    if (r->exited || (trap == NULL && error == NULL))
        return true;
    if (trap != NULL)
        report_trap(trap);
    else /* an exception that nobody caught */
        report(PORT_LOG_ERROR, "the program failed: %s", error_text(error));
    return false;
}

static bool find_export(struct run *r, const wasmtime_instance_t *instance, const char *name,
                        wasmtime_func_t *func)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(r->context, instance, name, strlen(name), &item))
        return false;
    if (item.kind != WASMTIME_EXTERN_FUNC)
        report_failure("export \"%s\" is not a function", name);
    *func = item.of.func;
    return true;
}

static bool run_program(struct run *r, const wasmtime_instance_t *instance)
{
    wasmtime_func_t func;
    if (find_export(r, instance, "_initialize", &func)) {
        bool ok = call_export(r, &func, "_initialize");
        if (!ok || r->exited)
            return ok;
    }
    if (find_export(r, instance, "_start", &func))
        return call_export(r, &func, "_start");
    if (find_export(r, instance, "", &func))
        return call_export(r, &func, "");
    report_failure("the module exports neither \"_start\" nor \"\": it is a library, not a "
                   "program; link it as a command");
}

struct engine_result engine_run(const struct engine_config *config, struct bytes module,
                                const uint8_t digest[static DIGEST_SIZE], struct wasi *wasi)
{
    struct run r = {.wasi = wasi, .engine = new_engine(config)};
    compile(&r, config, module, digest);
    r.store = wasmtime_store_new(r.engine, NULL, NULL);
    r.context = wasmtime_store_context(r.store);
    set_limits(&r, config->memory_size, module);
    wasmtime_instance_t instance;
    bool ended = instantiate(&r, &instance) && (r.exited || run_program(&r, &instance));
    return (struct engine_result){
        .trapped = !ended,
        .status = r.exited ? wasi_exit_status(wasi) : 0,
    };
}
