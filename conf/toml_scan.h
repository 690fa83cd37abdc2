/* SPDX-License-Identifier: Apache-2.0 */
/* Reading TOML text with a place for every character. Failure is sticky: after
 * the first one nothing is left to read, so that loops end by themselves and
 * one question at the end tells. Trusts nothing. */
#ifndef CONF_TOML_SCAN_H
#define CONF_TOML_SCAN_H

#include "base/put.h"
#include "conf/toml.h"

#define SCAN_END (-1) /* no character: the text ends here */

struct scan {
    struct cur left;
    struct toml_place place;  /* of the next character */
    struct put kept;          /* decoded text; as large as the input, hence never full */
    struct toml_error *error; /* the first */
    int result;               /* 0, -EBADMSG with `error` filled, or -ENOMEM */
};

/* Starts on `text` and sees that it is UTF-8 with no control character that
 * TOML forbids. Decoded text goes to `kept`, text.size + 1 bytes. */
struct scan scan_init(struct bytes text, uint8_t *kept, struct toml_error *error);

bool scan_ok(const struct scan *s);
format_like(3, 4) void scan_fail(struct scan *s, struct toml_place place, const char *format, ...);
void scan_fail_memory(struct scan *s);

/* The byte `ahead` of the next one, or SCAN_END. */
int scan_peek(const struct scan *s, size_t ahead);
void scan_skip(struct scan *s, size_t count);

/* Skips `token` if it comes next. */
bool scan_accept(struct scan *s, const char *token);
bool scan_accept_newline(struct scan *s);
void scan_skip_spaces(struct scan *s);

/* Spaces, comments and newlines. */
void scan_skip_blank(struct scan *s);

/* A comment or nothing, then the line must end. */
void scan_end_line(struct scan *s);

/* The bytes that come next and are `members`, borrowed from the input. */
struct bytes scan_run(struct scan *s, bool (*member)(int byte));

/* Copies `text` to where it stays. */
struct bytes scan_keep(struct scan *s, struct bytes text);

/* The next character, to say what was found instead of something else. */
struct toml_quoted scan_found(const struct scan *s);

bool scan_is_digit(int byte);
bool scan_is_word(int byte); /* letters, digits, '_' and '-': a bare key */

#endif
