/* SPDX-License-Identifier: Apache-2.0 */
/* Every pointer of every function, put where it must not be: the answer is EFAULT
 * and nothing has happened. */
/* links: tests/unit/wasi_guest.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "tests/unit/wasi_guest.h"

#include "exec/vfs/vfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parameter `index` points to `size` bytes that are aligned to `align`; where
 * `length` is not 0 it is the parameter that says how many of them there are. */
struct pointer {
    unsigned index;
    unsigned size;
    unsigned align;
    unsigned length;
};

struct call {
    const char *name;
    uint32_t result; /* with these arguments, which are good */
    uint64_t args[9];
    struct pointer pointers[4];
};

#define PATH  AT_PATH, 3      /* "f2x", which is not there */
#define FILE1 AT_PATH + 16, 1 /* "f" */

static const struct call calls[] = {
    {"args_get", 0, {AT_OUT, AT_DATA}, {{0, 8, 4, 0}, {1, 9, 1, 0}}},
    {"args_sizes_get", 0, {AT_OUT, AT_OUT + 4}, {{0, 4, 4, 0}, {1, 4, 4, 0}}},
    {"environ_get", 0, {AT_OUT, AT_DATA}, {{0, 8, 4, 0}, {1, 13, 1, 0}}},
    {"environ_sizes_get", 0, {AT_OUT, AT_OUT + 4}, {{0, 4, 4, 0}, {1, 4, 4, 0}}},
    {"clock_res_get", 0, {0, AT_OUT}, {{1, 8, 8, 0}}},
    {"clock_time_get", 0, {0, 0, AT_OUT}, {{2, 8, 8, 0}}},
    {"fd_advise", 0, {FD_FILE, 0, 1, 0}, {{0}}},
    {"fd_allocate", 0, {FD_FILE, 0, 1}, {{0}}},
    {"fd_close", 0, {FD_FILE}, {{0}}},
    {"fd_datasync", 0, {FD_FILE}, {{0}}},
    {"fd_fdstat_get", 0, {FD_FILE, AT_OUT}, {{1, 24, 8, 0}}},
    {"fd_fdstat_set_flags", 0, {FD_FILE, 0}, {{0}}},
    {"fd_fdstat_set_rights", WASI_ENOTSUP, {FD_FILE, 0, 0}, {{0}}},
    {"fd_filestat_get", 0, {FD_FILE, AT_OUT}, {{1, 64, 8, 0}}},
    {"fd_filestat_set_size", 0, {FD_FILE, 1}, {{0}}},
    {"fd_filestat_set_times", 0, {FD_FILE, 0, 0, 0}, {{0}}},
    {"fd_pread", 0, {FD_FILE, AT_IOVS, 2, 0, AT_OUT}, {{1, 8, 4, 2}, {4, 4, 4, 0}}},
    {"fd_prestat_get", 0, {FD_DIR, AT_OUT}, {{1, 8, 4, 0}}},
    {"fd_prestat_dir_name", 0, {FD_DIR, AT_DATA, 2}, {{1, 1, 1, 2}}},
    {"fd_pwrite", 0, {FD_FILE, AT_IOVS, 2, 0, AT_OUT}, {{1, 8, 4, 2}, {4, 4, 4, 0}}},
    {"fd_read", 0, {FD_FILE, AT_IOVS, 2, AT_OUT}, {{1, 8, 4, 2}, {3, 4, 4, 0}}},
    {"fd_read", 0, {FD_IN, AT_IOVS, 2, AT_OUT}, {{1, 8, 4, 2}, {3, 4, 4, 0}}},
    {"fd_readdir", 0, {FD_DIR, AT_DATA, 99, 0, AT_OUT}, {{1, 1, 1, 2}, {4, 4, 4, 0}}},
    {"fd_renumber", 0, {FD_FILE, FD_OUT}, {{0}}},
    {"fd_seek", 0, {FD_FILE, 5, 0, AT_OUT}, {{3, 8, 8, 0}}},
    {"fd_sync", 0, {FD_FILE}, {{0}}},
    {"fd_tell", 0, {FD_FILE, AT_OUT}, {{1, 8, 8, 0}}},
    {"fd_write", 0, {FD_FILE, AT_IOVS, 2, AT_OUT}, {{1, 8, 4, 2}, {3, 4, 4, 0}}},
    {"fd_write", 0, {FD_OUT, AT_IOVS, 2, AT_OUT}, {{1, 8, 4, 2}, {3, 4, 4, 0}}},
    {"path_create_directory", 0, {FD_DIR, PATH}, {{1, 1, 1, 2}}},
    {"path_filestat_get", 0, {FD_DIR, 0, FILE1, AT_OUT}, {{2, 1, 1, 3}, {4, 64, 8, 0}}},
    {"path_filestat_set_times", 0, {FD_DIR, 0, FILE1, 9, 9, 5}, {{2, 1, 1, 3}}},
    {"path_link", 0, {FD_DIR, 0, FILE1, FD_DIR, PATH}, {{2, 1, 1, 3}, {5, 1, 1, 6}}},
    {"path_open", 0, {FD_DIR, 0, PATH, 1, 0x42, 0, 0, AT_OUT}, {{2, 1, 1, 3}, {8, 4, 4, 0}}},
    {"path_open", 0, {FD_DIR, 0, FILE1, 8, 0x42, 0, 0, AT_OUT}, {{2, 1, 1, 3}, {8, 4, 4, 0}}},
    {"path_readlink",
     0,
     {FD_DIR, AT_PATH + 32, 1, AT_DATA, 9, AT_OUT},
     {{1, 1, 1, 2}, {3, 1, 1, 4}, {5, 4, 4, 0}}},
    {"path_remove_directory", 0, {FD_DIR, AT_PATH + 48, 1}, {{1, 1, 1, 2}}},
    {"path_rename", 0, {FD_DIR, FILE1, FD_DIR, PATH}, {{1, 1, 1, 2}, {4, 1, 1, 5}}},
    {"path_symlink", 0, {FILE1, FD_DIR, PATH}, {{0, 1, 1, 1}, {3, 1, 1, 4}}},
    {"path_unlink_file", 0, {FD_DIR, FILE1}, {{1, 1, 1, 2}}},
    {"poll_oneoff",
     0,
     {AT_DATA, AT_DATA + 512, 2, AT_OUT},
     {{0, 48, 8, 2}, {1, 32, 8, 2}, {3, 4, 4, 0}}},
    {"proc_exit", WASI_EXITED, {1}, {{0}}},
    {"proc_raise", WASI_ENOTSUP, {1}, {{0}}},
    {"sched_yield", 0, {0}, {{0}}},
    {"random_get", 0, {AT_DATA, 16}, {{0, 1, 1, 1}}},
    {"sock_accept", 0, {FD_LISTENER, 0, AT_OUT}, {{2, 4, 4, 0}}},
    {"sock_recv",
     0,
     {FD_CONNECTION, AT_IOVS, 2, 0, AT_OUT, AT_OUT + 4},
     {{1, 8, 4, 2}, {4, 4, 4, 0}, {5, 2, 2, 0}}},
    {"sock_send", 0, {FD_CONNECTION, AT_IOVS, 2, 0, AT_OUT}, {{1, 8, 4, 2}, {4, 4, 4, 0}}},
    {"sock_shutdown", 0, {FD_CONNECTION, 1}, {{0}}},
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static void prepare(struct guest *g)
{
    guest_init(g);
    guest_text(g, AT_PATH, "f2x");
    guest_text(g, AT_PATH + 16, "f");
    guest_text(g, AT_PATH + 32, "l");
    guest_text(g, AT_PATH + 48, "s");
    guest_iov(g, 0, AT_DATA, 3);
    guest_iov(g, 1, AT_DATA + 16, 4);
    g->memory[AT_DATA + 8] = 2; /* two subscriptions: a write to FD_NULL */
    guest_put32(g, AT_DATA + 16, FD_NULL);
    g->memory[AT_DATA + 48 + 8] = 1; /* and a read of FD_IN */
}

static uint32_t call(struct guest *g, const struct call *c, const uint64_t *args)
{
    const struct wasi_func *f = wasi_preview1;
    while (strcmp(f->name, c->name) != 0)
        f++;
    return guest_call(g, wasi_preview1, c->name, args, strlen(f->params));
}

/* ---- what a guest could see of a side effect ---- */

struct trace {
    uint8_t bytes[8192];
    size_t size;
};

static void trace(struct trace *t, const void *data, size_t size)
{
    assert_true(size <= sizeof(t->bytes) - t->size);
    memcpy(t->bytes + t->size, data, size);
    t->size += size;
}

static int trace_entry(void *context, const struct vfs_entry *e)
{
    trace(context, e->name.data, e->name.size);
    trace(context, &e->size, sizeof(e->size));
    trace(context, &e->mtime_ns, sizeof(e->mtime_ns));
    if (e->size > 0)
        trace(context, e->data, e->size);
    return 0;
}

static void trace_stream(struct trace *t, const struct fake *f)
{
    trace(t, &f->calls, sizeof(f->calls));
    trace(t, &f->shut, sizeof(f->shut));
    trace(t, &f->output_size, sizeof(f->output_size));
    trace(t, &f->input, sizeof(f->input));
}

/* Makes its calls in another memory, so that it leaves no mark in the first. */
static struct trace trace_all(struct guest *g)
{
    struct trace t = {0};
    uint8_t *memory = g->memory;
    g->memory = calloc(1, GUEST_PAGE);
    for (uint32_t fd = 0; fd < 12; fd++) {
        uint32_t e = CALL(g, fd_fdstat_get, fd, AT_OUT);
        e |= CALL(g, fd_filestat_get, fd, AT_OUT + 64) << 8;
        e |= CALL(g, fd_tell, fd, AT_OUT + 128) << 16;
        trace(&t, &e, sizeof(e));
        trace(&t, g->memory + AT_OUT, 136);
    }
    free(g->memory);
    g->memory = memory;
    assert_int_equal(vfs_walk(g->vfs, bytes_of_text("/"), trace_entry, &t), 0);
    trace(&t, &waits.count, sizeof(waits.count));
    trace(&t, &g->closed, sizeof(g->closed));
    trace_stream(&t, g->in);
    trace_stream(&t, g->out);
    trace_stream(&t, g->listener);
    trace_stream(&t, g->connection);
    return t;
}

/* ---- the tests ---- */

static void test_none_is_missing(void **state)
{
    (void)state;
    for (const struct wasi_func *f = wasi_preview1; f->name != NULL; f++) {
        size_t i = 0;
        while (i < CALLS && strcmp(calls[i].name, f->name) != 0)
            i++;
        assert_true(i < CALLS);
    }
}

static void test_good_arguments(void **state)
{
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        struct guest g;
        prepare(&g);
        uint32_t result = call(&g, &calls[i], calls[i].args);
        if (result != calls[i].result)
            fail_msg("%s: %u", calls[i].name, result);
        guest_fini(&g);
    }
}

static void check_refused(const struct call *c, const uint64_t *args, const char *how)
{
    struct guest g;
    prepare(&g);
    uint8_t *memory = malloc(GUEST_PAGE);
    memcpy(memory, g.memory, GUEST_PAGE);
    struct trace before = trace_all(&g);
    uint32_t result = call(&g, c, args);
    struct trace after = trace_all(&g);
    if (result != WASI_EFAULT)
        fail_msg("%s, %s: %u", c->name, how, result);
    if (before.size != after.size || memcmp(before.bytes, after.bytes, before.size) != 0)
        fail_msg("%s, %s: something happened", c->name, how);
    if (memcmp(memory, g.memory, GUEST_PAGE) != 0)
        fail_msg("%s, %s: memory was written", c->name, how);
    free(memory);
    guest_fini(&g);
}

static void check_pointer(const struct call *c, const struct pointer *p)
{
    uint64_t args[9];
    memcpy(args, c->args, sizeof(args));
    uint64_t size = p->size * (p->length != 0 ? c->args[p->length] : 1);

    args[p->index] = GUEST_PAGE;
    check_refused(c, args, "at the end");
    args[p->index] = (GUEST_PAGE - size) / p->align * p->align + p->align;
    check_refused(c, args, "over the end");
    args[p->index] = UINT32_MAX / p->align * p->align;
    check_refused(c, args, "at the end of all addresses");
    args[p->index] = (UINT32_MAX - size) / p->align * p->align + p->align;
    check_refused(c, args, "wrapping");
    for (unsigned odd = 1; odd < p->align; odd *= 2) {
        args[p->index] = c->args[p->index] + odd;
        check_refused(c, args, "misaligned");
    }
    args[p->index] = c->args[p->index];
    if (p->length != 0) {
        args[p->length] = UINT32_MAX;
        check_refused(c, args, "far too long");
        args[p->length] = (GUEST_PAGE - c->args[p->index]) / p->size + 1;
        check_refused(c, args, "just too long");
    }
}

static void test_bad_pointers(void **state)
{
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t k = 0; k < 4 && calls[i].pointers[k].size != 0; k++)
            check_pointer(&calls[i], &calls[i].pointers[k]);
    }
}

/* The same for what the list of buffers points to. */
static void test_bad_buffers(void **state)
{
    (void)state;
    static const uint32_t bad[][2] = {
        {GUEST_PAGE, 1}, {GUEST_PAGE - 1, 2}, {0, GUEST_PAGE + 1}, {UINT32_MAX, 1},
        {UINT32_MAX, 2}, {1, UINT32_MAX},     {GUEST_PAGE + 1, 0},
    };
    for (size_t i = 0; i < CALLS * (sizeof(bad) / sizeof(bad[0])); i++) {
        const struct call *c = &calls[i % CALLS];
        if (c->args[1] != AT_IOVS)
            continue;
        struct guest g;
        prepare(&g);
        guest_iov(&g, 1, bad[i / CALLS][0], bad[i / CALLS][1]);
        struct trace before = trace_all(&g);
        assert_int_equal(call(&g, c, c->args), WASI_EFAULT);
        struct trace after = trace_all(&g);
        assert_memory_equal(before.bytes, after.bytes, before.size);
        guest_fini(&g);
    }
}

/* A module without a memory. */
static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        if (calls[i].pointers[0].size == 0)
            continue;
        struct guest g;
        prepare(&g);
        const struct wasi_func *f = wasi_preview1;
        while (strcmp(f->name, calls[i].name) != 0)
            f++;
        assert_int_equal(f->call(g.wasi, (struct mem){0}, calls[i].args), WASI_EFAULT);
        guest_fini(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_is_missing), cmocka_unit_test(test_good_arguments),
        cmocka_unit_test(test_bad_pointers),    cmocka_unit_test(test_bad_buffers),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
