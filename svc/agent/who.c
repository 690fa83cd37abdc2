/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks; see agent_parts.h. Trusts what TLS has verified, and the file of tokens. */
#include "svc/agent/agent_parts.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME "Bearer "

static void who_by_token(const struct agent *a, const char *header, char who[static WHO_MAX])
{
    if (strncasecmp(header, SCHEME, strlen(SCHEME)) != 0)
        return;
    const char *name = tokens_find(&a->tokens, bytes_of_text(header + strlen(SCHEME)));
    if (name != NULL)
        snprintf(who, WHO_MAX, "token:%s", name);
}

/* The key and not the name: a certificate is renewed, and names are anybody's to choose
 * where several authorities are trusted. */
static void who_by_key(struct bytes spki, char who[static WHO_MAX])
{
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    if (sha256(spki, digest) < 0)
        return;
    hex_put((struct bytes){.data = digest, .size = sizeof(digest)}, hex);
    snprintf(who, WHO_MAX, "key:%s", hex);
}

void agent_who(const struct agent *a, const struct server_request *request,
               char who[static WHO_MAX])
{
    const char *header = server_header(request, "Authorization");
    who[0] = '\0';
    if (a->config->dev)
        snprintf(who, WHO_MAX, "anybody");
    else if (header != NULL)
        who_by_token(a, header, who);
    else if (request->peer.size > 0)
        who_by_key(request->peer, who);
}

/* A browser names where a page is from that it asks for; other clients have no reason to. */
static bool is_from_here(const char *origin, const char *host)
{
    static const char scheme[] = "https://";
    return host != NULL && strncmp(origin, scheme, strlen(scheme)) == 0 &&
           strcasecmp(origin + strlen(scheme), host) == 0;
}

static bool is_name_of_this_machine(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) == 0 &&
            (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

/* Where nobody is asked who they are, a name of somebody else's that leads to this machine
 * is no way in either. */
bool agent_is_own_request(const struct agent *a, const struct server_request *request)
{
    const char *origin = server_header(request, "Origin");
    const char *host = server_header(request, "Host");
    if (a->config->dev && (host == NULL || !is_name_of_this_machine(host)))
        return false;
    return origin == NULL || is_from_here(origin, host);
}
