/* SPDX-License-Identifier: Apache-2.0 */
/* A local run's surroundings: the host's handles and its clock; see surroundings.h. */
#include "exec/port.h"
#include "exec/stream.h"
#include "exec/surroundings.h"
#include "exec/time.h"
#include "exec/wait.h"

static struct object *open_standard(void *context, unsigned stream)
{
    const struct boot_record *boot = context;
    const bool terminal = boot->terminals >> stream & 1;
    return stream == 0 ? stream_new_input(stream, terminal) : stream_new_output(stream, terminal);
}

static int store_output(maybe_unused void *context, struct bytes part)
{
    return port_store(PORT_STORE_OUTPUT, part);
}

struct surroundings surroundings_port(const struct boot_record *boot)
{
    return (struct surroundings){
        .source = &source_port,
        .standard = open_standard,
        .host = {.wait = wait_for, .now = time_now},
        .output = store_output,
        .context = (void *)boot,
    };
}
