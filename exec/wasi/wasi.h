/* SPDX-License-Identifier: Apache-2.0 */
/* WASI preview 1 (and preview 0) for one instance. Knows neither the engine nor
 * the port: the engine calls wasi_invoke with the guest's memory, and what
 * lies outside comes through struct wasi_host. Trusts nothing that the guest
 * passes: every pointer goes through struct mem. */
#ifndef EXEC_WASI_WASI_H
#define EXEC_WASI_WASI_H

#include "base/attr.h"
#include "base/cur.h"
#include "exec/wasi/mem.h"
#include "exec/wasi/object.h"

#include <stdbool.h>

struct vfs; /* exec/vfs/vfs.h */
struct wasi;

/* What a call returns besides a WASI errno (0 to 76). */
#define WASI_EXITED 0x10000u /* proc_exit: end the instance, status in wasi_exit_status */

/* One importable function; wasi_invoke calls it. `params` has a letter for each parameter: 'i' for
 * i32, 'I' for i64. `returns` says whether it has an i32 result, the errno. */
struct wasi_func {
    const char *name;
    const char *params;
    bool returns;
    uint32_t (*call)(struct wasi *w, struct mem mem, const uint64_t *args);
};

/* Tables by import module name, ended by a null name:
 * "wasi_snapshot_preview1" and "wasi_unstable". */
extern const struct wasi_func wasi_preview1[];
extern const struct wasi_func wasi_preview0[];

#define WASI_PARAMS_MAX 9u

/* The end that the surroundings want, if `set`: as of proc_exit with that status. */
struct wasi_stop {
    bool set;
    uint32_t status;
};

/* What the surroundings supply. */
struct wasi_host {
    /* Waits until a row is ready or `timeout_ns` has passed (UINT64_MAX: for
     * ever). Rows hold only objects with ops->waits. Sets ready in each row.
     * Returns the number of ready rows or a negative errno. */
    int (*wait)(void *context, struct wait_row *rows, size_t count, uint64_t timeout_ns);

    /* Nanoseconds since 1970 or, `monotonic`, since some start of its own. */
    uint64_t (*now)(void *context, bool monotonic);

    /* Called before each function: a program that is busy never waits. Null: no need. */
    void (*serve)(void *context);

    /* Looked at around each function. Null: only the program ends itself. */
    const struct wasi_stop *stop;

    void *context;
};

struct wasi_env {
    struct bytes name;
    struct bytes value;
};

/* Descriptors at start: streams at 0..stream_count-1; directories from
 * max(3, stream_count) on; gaps are filled with null. fd_prestat_get on any open
 * descriptor of 3 or more below the last directory succeeds, with a tag that is
 * not "directory" where there is none. */
struct wasi_config {
    const struct bytes *args;
    size_t arg_count;
    const struct wasi_env *env;
    size_t env_count;
    struct object **streams; /* owned by the wasi from here on; null entry: null stream */
    size_t stream_count;
    const struct wasi_preopen *dirs;
    size_t dir_count;
    struct vfs *vfs; /* borrowed */
    struct wasi_host host;
};

struct wasi_preopen {
    struct bytes path; /* absolute path in the vfs, and the name the guest sees */
    bool read_only;
};

/* Slices in `config` must outlive the result; the streams are taken over even when
 * it fails. 0, -ENOMEM, -EMFILE or what vfs_open_root says. */
must_use int wasi_new(const struct wasi_config *config, struct wasi **out);
void wasi_free(struct wasi *w);

/* What `f` returns, or WASI_EXITED. */
uint32_t wasi_invoke(struct wasi *w, const struct wasi_func *f, struct mem mem,
                     const uint64_t *args);

/* Status of proc_exit; valid after a call returned WASI_EXITED. */
uint32_t wasi_exit_status(const struct wasi *w);

#endif
