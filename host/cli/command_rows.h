/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of commands that more than one command has. */
#ifndef HOST_CLI_COMMAND_ROWS_H
#define HOST_CLI_COMMAND_ROWS_H

#include "host/cli/command.h"

extern const char *const backend_names[]; /* ended by null */
extern const char *const compiler_names[];

#define HELP_OPTION                                                                    \
    {                                                                                  \
        .id = OPTION_HELP, .name = "--help", .alias = "-h", .help = "Shows this help." \
    }
#define JSON_OPTION(text)                                                  \
    {                                                                      \
        .id = OPTION_JSON, .name = "--json", .alias = "-j", .help = (text) \
    }

#define SIGNATURES_OPTION(text)                                                                 \
    {                                                                                           \
        .id = OPTION_SIGNATURES, .name = "--signatures", .value = "FILE", .offer = OFFER_FILES, \
        .help = (text)                                                                          \
    }
#define OUT_OPTION(text)                                                                         \
    {                                                                                            \
        .id = OPTION_OUT, .name = "--out", .alias = "-o", .value = "FILE", .offer = OFFER_FILES, \
        .help = (text)                                                                           \
    }

#define OPTIONS(rows)   .options = (rows), .option_count = ARRAY_COUNT(rows)
#define ARGUMENTS(rows) .arguments = (rows), .argument_count = ARRAY_COUNT(rows)
#define COMMANDS(rows)  .id = COMMAND_GROUP, .commands = (rows), .command_count = ARRAY_COUNT(rows)

#define QUIET_OPTION(text)                                                   \
    {                                                                        \
        .id = OPTION_QUIET, .name = "--quiet", .alias = "-q", .help = (text) \
    }

#define PCS_OPTION                                                                      \
    {                                                                                   \
        .id = OPTION_PCS, .name = "--pcs", .value = "URL", .variable = "ENARX_PCS_URL", \
        .help = "Intel's certification service, or a PCCS. Default: "                   \
                "https://api.trustedservices.intel.com.",                               \
    }
#define CA_BUNDLE_OPTION                                                                      \
    {                                                                                         \
        .id = OPTION_CA_BUNDLE, .name = "--ca-bundle", .value = "FILE", .offer = OFFER_FILES, \
        .variable = "ENARX_CA_BUNDLE",                                                        \
        .help = "Certificates, in PEM, to trust for HTTPS in place of the system's.",         \
    }

#define REST_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "ARG", .offer = OFFER_FILES, .rest = true,                                         \
        .help = "The program's arguments. Where there are any, they replace those of Enarx.toml.", \
    }

/* What a program gets. */
/* clang-format off */
#define WORKLOAD_OPTIONS \
    { \
        .id = OPTION_CONFIG, \
        .name = "--config", \
        .alias = "--wasmcfgfile", \
        .value = "FILE", \
        .offer = OFFER_FILES, \
        .variable = "ENARX_WASMCFGFILE", \
        .help = "The Enarx.toml with the program's arguments, environment and streams. Default: " \
                "none, which means the three standard streams.", \
    }, \
    { \
        .id = OPTION_ENV, \
        .name = "--env", \
        .value = "NAME[=VALUE]", \
        .help = "Sets an environment variable of the program, in place of one of that name in " \
                "Enarx.toml. NAME alone takes the value it has here. May be repeated.", \
    }, \
    { \
        .id = OPTION_DIR, \
        .name = "--dir", \
        .value = "HOST::GUEST[:ro]", \
        .offer = OFFER_FOLDERS, \
        .help = "Copies the folder HOST into the keep at the start, where the program finds it as " \
                "GUEST, an absolute path. With :ro it cannot change it. May be repeated.", \
    }, \
    { \
        .id = OPTION_DIR_OUT, \
        .name = "--dir-out", \
        .value = "GUEST::HOST", \
        .help = "Copies the folder GUEST out of the keep to HOST when the program has ended. Where " \
                "no --dir has made GUEST, it starts empty. May be repeated.", \
    }, \
    { \
        .id = OPTION_COMPILER, \
        .name = "--compiler", \
        .value = "NAME", \
        .choices = compiler_names, \
        .help = "How to compile: cranelift for fast programs, winch for a quick start. Default: " \
                "cranelift.", \
    }, \
    { \
        .id = OPTION_MAX_MEMORY, \
        .name = "--max-memory", \
        .value = "SIZE", \
        .help = "The most memory the program may use: a number of bytes, or of K, M or G, as in " \
                "512M. Default: 4G.", \
    }, \
    { \
        .id = OPTION_TIMEOUT, \
        .name = "--timeout", \
        .value = "TIME", \
        .help = "Ends the program after a number of ms, s, m or h, as in 30s. Default: never.", \
    }
#define SECRET_OPTION \
    { \
        .id = OPTION_SECRET, \
        .name = "--secret", \
        .value = "NAME[=VALUE]|FILE::GUEST", \
        .offer = OFFER_FILES, \
        .help = "A secret: an environment variable, with the value it has here if none is given, " \
                "or a file that the program finds at GUEST. Evidence, which anybody may see, " \
                "names it and says nothing of its value. May be repeated.", \
    }
/* clang-format on */

#endif
