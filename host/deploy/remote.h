/* SPDX-License-Identifier: Apache-2.0 */
/* The agent of a host, asked through its API (docs/agent.md). All that it answers is what
 * a host claims: nothing here is relied on, and all of it is checked for its form. */
#ifndef HOST_DEPLOY_REMOTE_H
#define HOST_DEPLOY_REMOTE_H

#include "host/fault.h"
#include "net/http.h"
#include "net/upgrade.h"

#include <jansson.h>

#define REMOTE_PORT          7443u
#define REMOTE_AUTHORITY_MAX 300u
#define REMOTE_ID_MAX        64u

struct remote {
    char authority[REMOTE_AUTHORITY_MAX]; /* "host.example:7443", "[::1]:7443" */
    struct http_options http;             /* borrowed slices */
    struct http *api;
};

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT" or an IPv6 address alone, with the port filled in.
 * 0 or -EINVAL. */
must_use int remote_authority(const char *host, char authority[static REMOTE_AUTHORITY_MAX]);

/* The agent at `authority`. Nothing is sent yet. 0 or -errno with `fault` filled; call
 * remote_close in any case. */
must_use int remote_open(struct remote *r, const char *authority,
                         const struct http_options *options, struct fault *fault);
void remote_close(struct remote *r);

/* Letters and digits, at most REMOTE_ID_MAX of them. */
bool remote_id_ok(const char *id);

/* One request: `body` may be null, and is not kept. The answer is an object, the caller's
 * to json_decref. 0, or with `fault` filled -ENOENT (404), -EACCES (401, 403), -EBADMSG for
 * an answer that is none of the API, or another -errno. */
must_use int remote_ask(struct remote *r, const char *method, const char *path, const json_t *body,
                        json_t **answer, struct fault *fault);

/* The same of /v1/keeps/`id`, which answers with a keep of that id. */
must_use int remote_ask_keep(struct remote *r, const char *method, const char *id, json_t **keep,
                             struct fault *fault);

/* The id of a keep in an answer, null when it is none. Borrowed. */
const char *remote_keep_id(const json_t *keep);

/* Opens the deployment channel of a keep. The same errors. */
must_use int remote_channel(struct remote *r, const char *id, struct upgrade **wire,
                            struct fault *fault);

#endif
