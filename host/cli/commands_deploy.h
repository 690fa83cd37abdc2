/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx deploy` and `enarx keep`, for the table of commands. */
#ifndef HOST_CLI_COMMANDS_DEPLOY_H
#define HOST_CLI_COMMANDS_DEPLOY_H

#include "host/cli/command.h"

#define DEPLOY_OPTION_COUNT 25
#define KEEP_COMMAND_COUNT  5

extern const struct option deploy_options[DEPLOY_OPTION_COUNT];
extern const struct command keep_commands[KEEP_COMMAND_COUNT];

#endif
