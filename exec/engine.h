/* SPDX-License-Identifier: Apache-2.0 */
/* WebAssembly: compile, instantiate, run. The only part that knows wasmtime. */
#ifndef EXEC_ENGINE_H
#define EXEC_ENGINE_H

#include "conf/manifest.h"

struct wasi;

struct engine_config {
    enum compiler compiler;
    bool threads;         /* compile on all CPUs */
    uint64_t memory_size; /* most bytes of WebAssembly memory */
};

struct engine_result {
    bool trapped;    /* the trap has been reported */
    uint32_t status; /* otherwise: the program's exit status */
};

/* Runs `module` to its end. Ends the keep with a message when it cannot start.
 * `digest` is the module's, for the code cache. */
struct engine_result engine_run(const struct engine_config *config, struct bytes module,
                                const uint8_t digest[static DIGEST_SIZE], struct wasi *wasi);

#endif
