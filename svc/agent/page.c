/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of the status page: its one script and its one style are allowed by their
 * digests, and nothing else is [CSP3 8.3]. */
#define _GNU_SOURCE
#include "base/base64.h"
#include "svc/agent/agent_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BASE64_SIZE (4 * ((SHA256_SIZE + 2) / 3) + 1)

static int digest_between(const char *open, const char *close, char text[static BASE64_SIZE])
{
    uint8_t digest[SHA256_SIZE] = {0};
    const size_t size = (size_t)(agent_page_end - agent_page);
    const char *from = memmem(agent_page, size, open, strlen(open));
    if (from == NULL)
        return -EINVAL;
    from += strlen(open);
    const char *to = memmem(from, (size_t)(agent_page_end - from), close, strlen(close));
    if (to == NULL)
        return -EINVAL;
    const struct bytes inside = {.data = (const uint8_t *)from, .size = (size_t)(to - from)};
    int error = sha256(inside, digest);
    struct put p = put_init(text, BASE64_SIZE - 1);
    base64_put(&p, (struct bytes){.data = digest, .size = sizeof(digest)});
    text[p.size] = '\0';
    return error;
}

int agent_page_policy(char policy[static 256])
{
    char script[BASE64_SIZE], style[BASE64_SIZE];
    int error = digest_between("<script>", "</script>", script);
    if (error == 0)
        error = digest_between("<style>", "</style>", style);
    if (error == 0)
        snprintf(policy, 256,
                 "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; "
                 "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'",
                 script, style);
    return error;
}
