/* SPDX-License-Identifier: Apache-2.0 */
/* Enarx.toml as the command meets it: a file that may be wrong. */
#ifndef HOST_CLI_CONFIG_H
#define HOST_CLI_CONFIG_H

#include "base/attr.h"
#include "base/cur.h"
#include "conf/config.h"
#include "include/port.h"

/* An Enarx.toml and the text that it points into. */
struct config_file {
    struct bytes text;
    struct config config;
};

/* Reads and checks it and the files that it names. 0, or a status after saying what is wrong
 * and where. With a null path: what a program gets without one. */
must_use int config_file_read(const char *path, struct config_file *f);

/* Each stream that anybody on the way can read and change is meant to be so: for keeps that
 * protect what they hold. 0, or a status after saying where one is not. */
must_use int config_check_unencrypted(const char *path, const struct config *c);

/* Names those streams in one line. */
void config_warn_unencrypted(const struct config *c, enum port_level level);

void config_file_fini(struct config_file *f);

#endif
