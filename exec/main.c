/* SPDX-License-Identifier: Apache-2.0 */
/* exec: the trusted program inside every keep. Takes a workload, runs it, tells
 * how it ended; or only proves what it is. */
#include "exec/engine.h"
#include "exec/inspect.h"
#include "exec/port.h"
#include "exec/report.h"
#include "exec/workload.h"

#include <stdlib.h>

int main(void)
{
    const struct boot_record *boot = port_open();
    if (boot == NULL)
        abort();
    if (boot->mode == BOOT_EVIDENCE)
        inspect();
    struct workload w = {0};
    workload_open(&w, boot);

    const uint64_t asked = w.manifest.memory_size;
    const struct engine_config config = {
        .compiler = w.manifest.compiler,
        .threads = boot->cpus > 1,
        .memory_size = asked < boot->memory_size ? asked : boot->memory_size,
    };
    struct engine_result result = engine_run(&config, w.module, w.manifest.module_digest, w.wasi);
    workload_finish(&w);
    port_exit(result.trapped ? PORT_END_TRAP : PORT_END_DONE, result.status);
}
