/* SPDX-License-Identifier: Apache-2.0 */
/* A local run's workload, over the port; see source.h. What the host gives is its word:
 * sizes are bounded here, digests are checked by whoever takes it. */
#include "conf/manifest.h"
#include "exec/port.h"
#include "exec/source.h"

static int take_manifest(maybe_unused void *context, struct bytes *out)
{
    return port_fetch(PORT_BLOB_MANIFEST, MANIFEST_SIZE_MAX, out);
}

static int take_module(maybe_unused void *context, struct bytes *out)
{
    return port_fetch(PORT_BLOB_MODULE, SOURCE_MODULE_MAX, out);
}

static int take_file(maybe_unused void *context, size_t index, void *to, size_t size)
{
    return port_fetch_into(PORT_BLOB_FILE, index, to, size);
}

const struct source source_port = {
    .manifest = take_manifest,
    .module = take_module,
    .file = take_file,
};
