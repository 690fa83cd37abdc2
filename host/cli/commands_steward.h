/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx steward` and `enarx attest connect`, for the table of commands. */
#ifndef HOST_CLI_COMMANDS_STEWARD_H
#define HOST_CLI_COMMANDS_STEWARD_H

#include "host/cli/command.h"

#define STEWARD_OPTION_COUNT 13
#define CONNECT_OPTION_COUNT 8

extern const struct option steward_options[STEWARD_OPTION_COUNT];
extern const struct option connect_options[CONNECT_OPTION_COUNT];
extern const struct argument connect_arguments[1];

#endif
