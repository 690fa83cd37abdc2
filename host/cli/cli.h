/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each does what its line asks and returns the status to exit
 * with, having said what went wrong. */
#ifndef HOST_CLI_CLI_H
#define HOST_CLI_CLI_H

#include "host/cli/command.h"

int run_command(const struct line *line);
int platform_info_command(const struct line *line);
int config_init_command(const struct line *line);
int config_check_command(const struct line *line);
int cache_command(const struct line *line);
int attest_show_command(const struct line *line);
int attest_verify_command(const struct line *line);
int attest_fetch_command(const struct line *line);
int attest_evidence_command(const struct line *line);
int attest_connect_command(const struct line *line);
int steward_command(const struct line *line);
int measure_command(const struct line *line);
int key_sgx_create_command(const struct line *line);
int key_sgx_digest_command(const struct line *line);
int sign_command(const struct line *line);
int host_command(const struct line *line);
int deploy_command(const struct line *line);
int keep_list_command(const struct line *line);
int keep_inspect_command(const struct line *line);
int keep_attach_command(const struct line *line);
int keep_logs_command(const struct line *line);
int keep_stop_command(const struct line *line);

#endif
