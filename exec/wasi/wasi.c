/* SPDX-License-Identifier: Apache-2.0 */
/* One instance: its first descriptors and its end; see wasi.h. */
#include "exec/wasi/wasi.h"

#include "exec/vfs/vfs.h"
#include "exec/wasi/null.h"
#include "exec/wasi/state.h"
#include "exec/wasi/transfer.h"

#include <errno.h>
#include <stdlib.h>

static int add(struct wasi *w, const struct fd *f, uint32_t *number)
{
    int rc = fdtab_reserve(&w->fds, number);
    if (rc == 0)
        fdtab_set(&w->fds, *number, f);
    return rc;
}

static int add_stream(struct wasi *w, struct object *o)
{
    if (o == NULL)
        o = null_new();
    if (o == NULL)
        return -ENOMEM;
    uint32_t number;
    int rc = add(w, &(struct fd){.object = o, .rights = transfer_rights(o)}, &number);
    if (rc < 0)
        o->ops->close(o);
    return rc;
}

/* Goes on after a failure: every stream is ours to close. */
static int add_streams(struct wasi *w)
{
    const struct wasi_config *c = &w->config;
    int result = 0;
    for (size_t i = 0; i < c->stream_count; i++) {
        int rc = add_stream(w, c->streams[i]);
        if (rc < 0)
            result = rc;
    }
    return result;
}

static int add_dirs(struct wasi *w)
{
    const struct wasi_config *c = &w->config;
    int rc = 0;
    for (size_t i = c->stream_count; rc == 0 && i < FIRST_DIR; i++)
        rc = add_stream(w, NULL);
    for (size_t i = 0; rc == 0 && i < c->dir_count; i++) {
        struct fd f = {.rights = RIGHTS_DIR, .preopen = c->dirs[i].path};
        rc = vfs_open_root(c->vfs, c->dirs[i].path, c->dirs[i].read_only, &f.node);
        if (rc == 0)
            rc = add(w, &f, &w->last_dir);
    }
    return rc;
}

int wasi_new(const struct wasi_config *config, struct wasi **out)
{
    struct wasi *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return -ENOMEM;
    w->config = *config;
    int rc = add_streams(w);
    if (rc == 0 && config->dir_count > 0)
        rc = add_dirs(w);
    if (rc < 0) {
        wasi_free(w);
        return rc;
    }
    *out = w;
    return 0;
}

void wasi_free(struct wasi *w)
{
    if (w == NULL)
        return;
    fdtab_fini(&w->fds);
    free(w);
}

static bool is_stopped(struct wasi *w)
{
    const struct wasi_stop *stop = w->config.host.stop;
    if (stop == NULL || !stop->set)
        return false;
    w->exit_status = stop->status;
    return true;
}

uint32_t wasi_invoke(struct wasi *w, const struct wasi_func *f, struct mem mem,
                     const uint64_t *args)
{
    const struct wasi_host *host = &w->config.host;
    if (host->serve != NULL)
        host->serve(host->context);
    const uint32_t result = is_stopped(w) ? WASI_EXITED : f->call(w, mem, args);
    return is_stopped(w) ? WASI_EXITED : result;
}

uint32_t wasi_exit_status(const struct wasi *w) { return w->exit_status; }
