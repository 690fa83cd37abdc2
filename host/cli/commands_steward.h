/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx steward`, for the table of commands. */
#ifndef HOST_CLI_COMMANDS_STEWARD_H
#define HOST_CLI_COMMANDS_STEWARD_H

#include "host/cli/command.h"

#define STEWARD_OPTION_COUNT 13

extern const struct option steward_options[STEWARD_OPTION_COUNT];

#endif
