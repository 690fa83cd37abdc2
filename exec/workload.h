/* SPDX-License-Identifier: Apache-2.0 */
/* The workload of this keep: manifest, module and files, each checked against
 * its digest before it is used, and the values of its secrets. */
#ifndef EXEC_WORKLOAD_H
#define EXEC_WORKLOAD_H

#include "base/attr.h"
#include "conf/manifest.h"
#include "exec/engine.h"
#include "exec/network.h"

struct boot_record;
struct surroundings;
struct vfs;
struct wasi;

struct workload {
    struct manifest manifest;
    uint8_t digest[DIGEST_SIZE]; /* of the manifest: the workload digest */
    struct bytes module;
    struct vfs *vfs;
    struct wasi *wasi;
    const struct surroundings *surroundings;
    struct network network;
    struct bytes *secrets; /* values, variables and then files */
    uint8_t *secret_bytes; /* what they point into: our own, wiped at the end */
    size_t secret_size;
};

/* Takes the workload from where `surroundings`, borrowed, say. 0, or -errno when it is
 * not what its manifest says or cannot run here, after reporting why; then the keep has
 * nothing left to do but to end. `w` stays where it is. */
must_use int workload_open(struct workload *w, const struct boot_record *boot,
                           const struct surroundings *surroundings);

/* Runs an open workload to its end; a trap has been reported. Unless it trapped, its TLS
 * connections have ended as they ought to. */
must_use struct engine_result workload_run(struct workload *w, const struct boot_record *boot);

/* Sends the output directories out, as often as somebody asks. 0; -ENOTCONN when nobody
 * takes them any more, or another -errno, reported. */
int workload_send_output(const struct workload *w);

/* Says which changes are lost. */
void workload_warn(const struct workload *w);

/* Wipes the secrets' values. */
void workload_close(struct workload *w);

#endif
