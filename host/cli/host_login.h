/* SPDX-License-Identifier: Apache-2.0 */
/* Which host a command asks, and who it says it is. Without either token or certificate of
 * ours, whoever answers will do: what passes is encrypted to a keep, and only after it has
 * proved itself. */
#ifndef HOST_CLI_HOST_LOGIN_H
#define HOST_CLI_HOST_LOGIN_H

#include "host/cli/command.h"
#include "host/deploy/remote.h"
#include "include/port.h"

struct host_login {
    char authority[REMOTE_AUTHORITY_MAX];
    struct http_options http;
    char token[HTTP_TOKEN_MAX + 1]; /* wiped in the end */
};

/* From the line's options; `known` is the host when it names none, null: none is known. 0,
 * or a status after saying what is wrong; call host_login_fini in any case. */
must_use int host_login_read(const struct line *line, const char *known, enum port_level level,
                             struct host_login *login);
void host_login_fini(struct host_login *login);

#endif
