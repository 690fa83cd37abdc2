/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parts of a workload come from: the host's port for a local run, the owner's
 * channel for a deployment. Whoever takes them checks every digest. */
#ifndef EXEC_SOURCE_H
#define EXEC_SOURCE_H

#include "base/cur.h"

#define SOURCE_MODULE_MAX (1024u * 1024u * 1024u) /* bytes */

struct source {
    /* Memory that lives as long as the keep. 0 or -errno. */
    int (*manifest)(void *context, struct bytes *out);
    int (*module)(void *context, struct bytes *out);

    /* Content of the manifest's file `index`, exactly `size` bytes. 0 or -errno. */
    int (*file)(void *context, size_t index, void *to, size_t size);

    /* The values of the manifest's secrets (conf/secrets.h); copied before workload_open
     * returns, so that the source may wipe its own. Null: a workload that names secrets is
     * refused. 0 or -errno. */
    int (*secrets)(void *context, struct bytes *out);

    void *context;
};

/* A local run's, over the port: no secrets. */
extern const struct source source_port;

#endif
