/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of WASI, once: name and parameters. A function decodes its
 * arguments, checks all of them, its pointers with mem.h, and only then acts. */
#ifndef EXEC_WASI_CALLS_H
#define EXEC_WASI_CALLS_H

#include "exec/wasi/wasi.h"

/* X(name, parameters), the same in both previews. All return an errno. */
#define WASI_SAME(X)                      \
    X(args_get, "ii")                     \
    X(args_sizes_get, "ii")               \
    X(environ_get, "ii")                  \
    X(environ_sizes_get, "ii")            \
    X(clock_res_get, "ii")                \
    X(clock_time_get, "iIi")              \
    X(fd_advise, "iIIi")                  \
    X(fd_allocate, "iII")                 \
    X(fd_close, "i")                      \
    X(fd_datasync, "i")                   \
    X(fd_fdstat_get, "ii")                \
    X(fd_fdstat_set_flags, "ii")          \
    X(fd_fdstat_set_rights, "iII")        \
    X(fd_filestat_set_size, "iI")         \
    X(fd_filestat_set_times, "iIIi")      \
    X(fd_pread, "iiiIi")                  \
    X(fd_prestat_get, "ii")               \
    X(fd_prestat_dir_name, "iii")         \
    X(fd_pwrite, "iiiIi")                 \
    X(fd_read, "iiii")                    \
    X(fd_readdir, "iiiIi")                \
    X(fd_renumber, "ii")                  \
    X(fd_sync, "i")                       \
    X(fd_tell, "ii")                      \
    X(fd_write, "iiii")                   \
    X(path_create_directory, "iii")       \
    X(path_filestat_set_times, "iiiiIIi") \
    X(path_link, "iiiiiii")               \
    X(path_open, "iiiiiIIii")             \
    X(path_readlink, "iiiiii")            \
    X(path_remove_directory, "iii")       \
    X(path_rename, "iiiiii")              \
    X(path_symlink, "iiiii")              \
    X(path_unlink_file, "iii")            \
    X(proc_raise, "i")                    \
    X(sched_yield, "")                    \
    X(random_get, "ii")                   \
    X(sock_recv, "iiiiii")                \
    X(sock_send, "iiiii")                 \
    X(sock_shutdown, "ii")

/* A function for each preview: wasi_NAME and wasi_NAME_preview0. */
#define WASI_CHANGED(X)           \
    X(fd_filestat_get, "ii")      \
    X(fd_seek, "iIii")            \
    X(path_filestat_get, "iiiii") \
    X(poll_oneoff, "iiii")

/* Preview 1 only. */
#define WASI_ADDED(X) X(sock_accept, "iii")

typedef uint32_t wasi_call(struct wasi *w, struct mem mem, const uint64_t *args);

#define WASI_DECLARE(name, params)     wasi_call wasi_##name;
#define WASI_DECLARE_OLD(name, params) wasi_call wasi_##name##_preview0;
WASI_SAME(WASI_DECLARE)
WASI_CHANGED(WASI_DECLARE)
WASI_CHANGED(WASI_DECLARE_OLD)
WASI_ADDED(WASI_DECLARE)
wasi_call wasi_proc_exit; /* the one that returns nothing to the guest */
#undef WASI_DECLARE
#undef WASI_DECLARE_OLD

#endif
