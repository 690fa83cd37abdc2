/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parts of a workload come from: the host's port for a local run, the owner's
 * channel for a deployment. Whoever takes them checks every digest. */
#ifndef EXEC_SOURCE_H
#define EXEC_SOURCE_H

#include "base/attr.h"
#include "base/cur.h"

struct source {
    /* Memory that lives as long as the keep. 0 or -errno. */
    int (*manifest)(void *context, struct bytes *out);
    int (*module)(void *context, struct bytes *out);

    /* Content of the manifest's file `index`, exactly `size` bytes. 0 or -errno. */
    int (*file)(void *context, size_t index, void *to, size_t size);

    /* The values of the manifest's secrets, variables and then files, as many as it
     * names: a CBOR array of byte strings. Null: a workload with secrets is refused. */
    int (*secrets)(void *context, struct bytes *out);

    void *context;
};

/* A local run's, over the port. */
extern const struct source source_port;

#endif
