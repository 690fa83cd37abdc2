/* SPDX-License-Identifier: Apache-2.0 */
/* What lies between a workload and the world: where it comes from, where its standard
 * streams lead, where its output folders go. One for local runs, over the port; one for
 * deployments, over the owner's channel. Who hears of its end is exec/report.h's. */
#ifndef EXEC_SURROUNDINGS_H
#define EXEC_SURROUNDINGS_H

#include "base/cur.h"
#include "exec/source.h"
#include "exec/wasi/object.h"
#include "exec/wasi/wasi.h"
#include "include/port.h"

struct surroundings {
    const struct source *source;

    /* Standard stream 0, 1 or 2; null when memory is short. */
    struct object *(*standard)(void *context, unsigned stream);

    /* Waits on what `standard` gives and on network streams alike. */
    struct wasi_host host;

    /* A part of any size of the archive of output folders (include/archive.h). 0 or
     * -errno. */
    int (*output)(void *context, struct bytes part);

    void *context;
};

/* A local run's: everything over the port. Borrows `boot`. */
struct surroundings surroundings_port(const struct boot_record *boot);

#endif
