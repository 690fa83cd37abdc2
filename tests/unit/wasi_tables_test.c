/* SPDX-License-Identifier: Apache-2.0 */
/* What a module may import, against the signatures of the WASI documents. */
/* links: exec/wasi/clock.c exec/wasi/dir.c exec/wasi/env.c exec/wasi/errno.c exec/wasi/fd.c exec/wasi/fdtab.c exec/wasi/file.c exec/wasi/filestat.c exec/wasi/io.c exec/wasi/iovs.c exec/wasi/mem.c exec/wasi/null.c exec/wasi/path.c exec/wasi/poll.c exec/wasi/proc.c exec/wasi/sock.c exec/wasi/tables.c exec/wasi/transfer.c exec/wasi/wasi.c exec/vfs/vfs.c exec/vfs/tree.c exec/vfs/entry.c exec/vfs/path.c exec/vfs/file.c exec/vfs/dir.c exec/vfs/node.c exec/vfs/names.c exec/vfs/content.c exec/vfs/hash.c base/cur.c base/put.c base/utf8.c */
#include "exec/wasi/wasi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* [WASI preview1] Parameters as a module sees them: results are pointers. */
static const struct {
    const char *name;
    const char *params;
} documented[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"sched_yield", ""},
    {"random_get", "ii"},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

#define DOCUMENTED (sizeof(documented) / sizeof(documented[0]))

static const struct wasi_func *find(const struct wasi_func *table, const char *name)
{
    for (; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

static size_t count(const struct wasi_func *table)
{
    size_t n = 0;
    while (table[n].name != NULL)
        n++;
    return n;
}

static void test_preview1(void **state)
{
    (void)state;
    assert_int_equal(count(wasi_preview1), 46);
    for (size_t i = 0; i < DOCUMENTED; i++) {
        const struct wasi_func *f = find(wasi_preview1, documented[i].name);
        assert_non_null(f);
        assert_string_equal(f->params, documented[i].params);
        assert_int_equal(f->returns, strcmp(f->name, "proc_exit") != 0);
        assert_true(strlen(f->params) <= WASI_PARAMS_MAX);
    }
}

/* [WASI preview0] The same signatures, but sock_accept is not there yet. */
static void test_preview0(void **state)
{
    (void)state;
    assert_int_equal(count(wasi_preview0), 45);
    for (const struct wasi_func *f = wasi_preview0; f->name != NULL; f++) {
        assert_string_equal(f->params, find(wasi_preview1, f->name)->params);
        assert_int_equal(f->returns, find(wasi_preview1, f->name)->returns);
    }
    assert_null(find(wasi_preview0, "sock_accept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preview1),
        cmocka_unit_test(test_preview0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
