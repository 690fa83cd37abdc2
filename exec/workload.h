/* SPDX-License-Identifier: Apache-2.0 */
/* The workload of this keep: manifest, module and files, each checked against
 * its digest before it is used. */
#ifndef EXEC_WORKLOAD_H
#define EXEC_WORKLOAD_H

#include "base/attr.h"
#include "conf/manifest.h"

struct boot_record;
struct vfs;
struct wasi;

struct workload {
    struct manifest manifest;
    struct bytes module;
    struct vfs *vfs;
    struct wasi *wasi;
};

/* Takes the workload from the host. Ends the keep with a message when it is not
 * what its manifest says. */
void workload_open(struct workload *w, const struct boot_record *boot);

/* Sends the output directories back, and says which changes are lost. */
void workload_finish(struct workload *w);

#endif
