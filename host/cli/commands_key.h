/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx measure` and `enarx sign`, and the commands of `enarx key`, for the
 * table of commands. */
#ifndef HOST_CLI_COMMANDS_KEY_H
#define HOST_CLI_COMMANDS_KEY_H

#include "host/cli/command.h"

#define MEASURE_OPTION_COUNT   14
#define MEASURE_ARGUMENT_COUNT 2
#define SIGN_OPTION_COUNT      3
#define KEY_COMMAND_COUNT      1

extern const struct option measure_options[MEASURE_OPTION_COUNT];
extern const struct argument measure_arguments[MEASURE_ARGUMENT_COUNT];
extern const struct option sign_options[SIGN_OPTION_COUNT];
extern const struct command key_commands[KEY_COMMAND_COUNT];

#endif
