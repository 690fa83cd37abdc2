/* SPDX-License-Identifier: Apache-2.0 */
/* What a user wants to run, read and described: the module, Enarx.toml, the folders and the
 * manifest that they amount to. Functions that return a status have said what is wrong. */
#ifndef HOST_CLI_WORKLOAD_H
#define HOST_CLI_WORKLOAD_H

#include "host/cli/config.h"
#include "host/cli/plan.h"
#include "host/cli/request.h"
#include "host/output.h"
#include "host/tree.h"

struct workload {
    struct bytes module;
    struct config_file config;
    struct tree tree;
    struct plan plan;
    struct output *output; /* where folders come back to; null: none do */
    struct fault output_fault;
};

/* 0 or a status; call workload_fini in any case. */
must_use int workload_read(const struct request *r, enum port_level level, struct workload *w);
void workload_fini(struct workload *w);

/* Makes the folders that --dir-out names, if any. 0 or a status. */
must_use int workload_open_output(struct workload *w);

/* A part of what comes back: 0 or -errno. `context` is the workload. */
int workload_take_output(void *context, struct bytes part);

/* The program has ended by itself: all that was to come back has. 0 or a status. */
must_use int workload_finish_output(struct workload *w, enum port_level level);

/* Which standard streams are terminals: bits 1 << descriptor. */
uint32_t workload_terminals(void);

/* Warns when what the program writes to standard output will be lost. */
void workload_check_stdout(enum port_level level);

#endif
