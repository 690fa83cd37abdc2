/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a program, and randomness. */
/* links: tests/unit/wasi_guest.c exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "tests/unit/wasi_guest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    struct guest *g = malloc(sizeof(*g));
    guest_init(g);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    struct guest *g = *state;
    guest_fini(g);
    free(g);
    return 0;
}

static void test_exit(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, proc_exit, 42), WASI_EXITED);
    assert_int_equal(wasi_exit_status(g->wasi), 42);
    assert_int_equal(CALL(g, proc_exit, 0xffffffff), WASI_EXITED);
    assert_int_equal(wasi_exit_status(g->wasi), 0xffffffff);
}

static void test_raise_and_yield(void **state)
{
    struct guest *g = *state;
    assert_int_equal(CALL(g, proc_raise, 6), WASI_ENOTSUP);
    assert_int_equal(guest_call(g, wasi_preview1, "sched_yield", NULL, 0), 0);
}

/* 32 bytes that stay zero would be one chance in 2^256. */
static void test_random(void **state)
{
    struct guest *g = *state;
    static const uint8_t zero[32];
    assert_int_equal(CALL(g, random_get, AT_DATA, 32), 0);
    assert_memory_not_equal(g->memory + AT_DATA, zero, 32);
    assert_memory_equal(g->memory + AT_DATA + 32, zero, 32);
    assert_int_equal(CALL(g, random_get, 0, GUEST_PAGE), 0);
    assert_memory_not_equal(g->memory + GUEST_PAGE - 32, zero, 32);
    assert_int_equal(CALL(g, random_get, GUEST_PAGE, 0), 0);
    assert_int_equal(CALL(g, random_get, 1, GUEST_PAGE), WASI_EFAULT);
}

/* ---- an end that comes from outside ---- */

struct outside {
    struct wasi_stop stop;
    unsigned served;
    bool ends_it; /* while serving */
};

static void serve(void *context)
{
    struct outside *o = context;
    o->served++;
    if (o->ends_it)
        o->stop = (struct wasi_stop){.set = true, .status = 143};
}

static int wait_in_vain(void *context, struct wait_row *rows, size_t count, uint64_t timeout_ns)
{
    struct outside *o = context;
    assert_true(rows != NULL && count == 0 && timeout_ns != 0);
    o->stop = (struct wasi_stop){.set = true, .status = 130};
    return -EINTR;
}

static uint64_t stopped_clock(void *context, bool monotonic)
{
    (void)context;
    return monotonic;
}

static uint32_t invoke(struct wasi *w, struct guest *g, const char *name, const uint64_t *args)
{
    const struct wasi_func *f = wasi_preview1;
    while (strcmp(f->name, name) != 0)
        f++;
    return wasi_invoke(w, f, (struct mem){.base = g->memory, .size = GUEST_PAGE}, args);
}

/* Served before each function; asked to end before or within one, the program ends there,
 * whatever the function itself says. */
static void test_stop(void **state)
{
    struct guest *g = *state;
    struct outside o = {0};
    struct wasi *w;
    const struct wasi_config config = {.host = {.wait = wait_in_vain,
                                                .now = stopped_clock,
                                                .serve = serve,
                                                .stop = &o.stop,
                                                .context = &o}};
    assert_int_equal(wasi_new(&config, &w), 0);
    assert_int_equal(invoke(w, g, "random_get", (uint64_t[]){AT_DATA, 8}), 0);
    assert_int_equal(o.served, 1);

    memset(g->memory + AT_DATA, 0, 48);           /* a wait for a clock alone, */
    guest_put64(g, AT_DATA + 24, 3600000000000u); /* for an hour */
    assert_int_equal(invoke(w, g, "poll_oneoff", (uint64_t[]){AT_DATA, AT_OUT, 1, 8}), WASI_EXITED);
    assert_int_equal(wasi_exit_status(w), 130);

    o = (struct outside){.ends_it = true};
    memset(g->memory + AT_DATA, 0, 8);
    assert_int_equal(invoke(w, g, "random_get", (uint64_t[]){AT_DATA, 8}), WASI_EXITED);
    assert_int_equal(guest_get(g, AT_DATA, 8), 0);
    assert_int_equal(wasi_exit_status(w), 143);
    assert_int_equal(invoke(w, g, "proc_exit", (uint64_t[]){7}), WASI_EXITED);
    assert_int_equal(wasi_exit_status(w), 143);
    wasi_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_raise_and_yield, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
