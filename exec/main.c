/* SPDX-License-Identifier: Apache-2.0 */
/* exec: the trusted program inside every keep. Takes a workload, runs it, tells
 * how it ended; or only proves what it is. */
#include "crypto/memory.h"
#include "exec/inspect.h"
#include "exec/port.h"
#include "exec/provision.h"
#include "exec/report.h"
#include "exec/surroundings.h"
#include "exec/workload.h"

#include <malloc.h>
#include <stdlib.h>

static no_return void run_local(const struct boot_record *boot)
{
    const struct surroundings here = surroundings_port(boot);
    struct workload w;
    if (workload_open(&w, boot, &here) < 0)
        report_end(PORT_END_FAILED, 1);
    const struct engine_result result = workload_run(&w, boot);
    workload_send_output(&w);
    workload_warn(&w);
    workload_close(&w);
    report_end(result.trapped ? PORT_END_TRAP : PORT_END_DONE, result.status);
}

/* Memory that is soon wanted again is not given back: a keep may have to prove each page
 * anew. Larger pieces still are. */
static void hold_memory(void)
{
    (void)!mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)!mallopt(M_TRIM_THRESHOLD, 1 << 20);
    (void)!mallopt(M_TOP_PAD, 256 << 10);
}

int main(void)
{
    hold_memory();
    const struct boot_record *boot = port_open();
    if (boot == NULL || crypto_wipe_freed() < 0)
        abort();
    if (boot->mode == BOOT_EVIDENCE)
        inspect();
    if (boot->mode == BOOT_DEPLOY)
        provision(boot);
    run_local(boot);
}
