/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask, by bearer token [RFC 6750]: a file of names and of SHA-256 digests of
 * tokens, so that who reads it can use none. Pure; trusts its operator. */
#ifndef SVC_AGENT_TOKENS_H
#define SVC_AGENT_TOKENS_H

#include "base/attr.h"
#include "crypto/digest.h"

#define TOKENS_MAX     1024u
#define TOKEN_NAME_MAX 64u

struct token {
    char name[TOKEN_NAME_MAX + 1];
    uint8_t digest[SHA256_SIZE];
};

struct tokens {
    struct token *rows;
    size_t count;
};

/* What is wrong with a file of tokens, and in which line. */
struct tokens_fault {
    unsigned line;
    const char *why; /* the rest of a sentence that begins with the line */
};

/* Lines "NAME SHA256HEX"; empty ones, and those that begin with '#', are comments. 0,
 * -EINVAL with `fault` filled, or -ENOMEM. */
must_use int tokens_parse(struct bytes text, struct tokens *out, struct tokens_fault *fault);
void tokens_fini(struct tokens *tokens);

/* The name that goes with a token, or null. Takes the same time for each. */
const char *tokens_find(const struct tokens *tokens, struct bytes token);

#endif
