/* SPDX-License-Identifier: Apache-2.0 */
/* Which host, and who we are; see host_login.h. */
#define _GNU_SOURCE
#include "host/cli/host_login.h"

#include "base/wipe.h"
#include "host/cli/message.h"
#include "host/signals.h"
#include "host/user_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- the token ---- */

/* [RFC 6750 2.1] */
static bool token_ok(const char *token)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._~+/=";
    return token[0] != '\0' && token[strspn(token, allowed)] == '\0';
}

/* All of the file, which may be a pipe, up to its first line end. */
static ssize_t read_line(const char *path, char *out, size_t size)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
    if (n == 0 && !user_dir_is_private(&st))
        n = -EPERM;
    if (n == 0) {
        n = read(fd, out, size - 1);
        n = n < 0 ? -errno : n;
    }
    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return n;
}

static int read_token(const struct setting *set, struct host_login *login)
{
    const ssize_t n = read_line(set->value, login->token, sizeof(login->token));
    if (n == -EPERM)
        return fail("%s: %s must be yours and closed to others (chmod 600): whoever reads it can "
                    "act in your name",
                    set->from, set->value);
    if (n < 0)
        return fail("%s: cannot read %s: %s", set->from, set->value, strerror((int)-n));
    if (!token_ok(login->token))
        return fail("%s: %s does not begin with a token: letters, digits and -._~+/= in one line",
                    set->from, set->value);
    login->http.token = login->token;
    return 0;
}

/* ---- the rest ---- */

static int read_host(const struct line *line, const char *known, struct host_login *login)
{
    const struct setting *set = line_setting(line, OPTION_HOST);
    const char *host = set != NULL ? set->value : known;
    const char *name = line->command->id == COMMAND_DEPLOY ? "--to" : "--host";
    if (host == NULL)
        return misuse("'%s' needs %s HOST: which host to ask", line->path, name);
    if (remote_authority(host, login->authority) < 0)
        return misuse("%s: '%s' is no host; write a name or address, with :PORT where it is not "
                      "%u, as in host.example:7443",
                      set != NULL ? set->from : name, host, REMOTE_PORT);
    return 0;
}

static int read_certificate(const struct line *line, struct host_login *login)
{
    const struct setting *cert = line_setting(line, OPTION_CLIENT_CERT);
    const struct setting *key = line_setting(line, OPTION_CLIENT_KEY);
    if ((cert == NULL) != (key == NULL))
        return misuse("--client-cert and --client-key go together; give both");
    const struct setting *const files[] = {cert, key, line_setting(line, OPTION_AGENT_CA)};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        if (files[i] != NULL && access(files[i]->value, R_OK) < 0)
            return fail("%s: cannot read %s: %s", files[i]->from, files[i]->value, strerror(errno));
    }
    login->http.cert = line_value(line, OPTION_CLIENT_CERT);
    login->http.key = line_value(line, OPTION_CLIENT_KEY);
    login->http.ca_bundle = line_value(line, OPTION_AGENT_CA);
    return 0;
}

int host_login_read(const struct line *line, const char *known, enum port_level level,
                    struct host_login *login)
{
    const struct setting *token = line_setting(line, OPTION_TOKEN_FILE);
    *login = (struct host_login){.http = {.cancelled = signals_pending}};
    int status = read_host(line, known, login);
    if (status == 0)
        status = read_certificate(line, login);
    if (status == 0 && token != NULL)
        status = read_token(token, login);
    login->http.any_certificate =
        token == NULL && login->http.cert == NULL && login->http.ca_bundle == NULL;
    if (status == 0 && login->http.any_certificate)
        debug(level, "whatever certificate %s shows is taken: what counts is what the keep proves",
              login->authority);
    return status;
}

void host_login_fini(struct host_login *login) { wipe(login->token, sizeof(login->token)); }
