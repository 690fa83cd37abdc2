/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `enarx attest`, for the table of commands. */
#ifndef HOST_CLI_COMMANDS_ATTEST_H
#define HOST_CLI_COMMANDS_ATTEST_H

#include "host/cli/command.h"

#define ATTEST_COMMAND_COUNT 5

extern const struct command attest_commands[ATTEST_COMMAND_COUNT];

#endif
