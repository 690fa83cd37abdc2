/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `enarx host`, for the table of commands. */
#ifndef HOST_CLI_COMMANDS_HOST_H
#define HOST_CLI_COMMANDS_HOST_H

#include "host/cli/command.h"

#define HOST_OPTION_COUNT 24

extern const struct option host_options[HOST_OPTION_COUNT];

#endif
