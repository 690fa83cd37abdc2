/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest must be beyond its encoding. The host asks before it writes
 * one, the keep after it parsed one. Trusts nothing. */
#ifndef CONF_MANIFEST_CHECK_H
#define CONF_MANIFEST_CHECK_H

#include "conf/manifest.h"

#include <stdbool.h>

/* UTF-8 without NUL. */
bool manifest_text_ok(struct bytes text);

/* "/", or names, each after a slash, none of them empty, "." or "..". */
bool manifest_path_ok(struct bytes path);

/* Whether `path` is `dir` or below it; both as above. */
bool manifest_path_below(struct bytes path, struct bytes dir);

/* An environment variable's name: not empty, without '='. */
bool manifest_env_name_ok(struct bytes name);

/* A stream's name: not empty, without ':', which separates FD_NAMES. */
bool manifest_stream_name_ok(struct bytes name);

/* listen or connect, with PROTOCOL_TLS; and how many are. */
bool manifest_stream_is_tls(const struct manifest_stream *s);
size_t manifest_count_tls(const struct manifest_stream *streams, size_t count);

/* What manifest_tls.alpn may be: names of 1 to 255 bytes, no two alike, or nothing. */
bool manifest_alpn_ok(struct bytes alpn);

/* http:// or https://, a host as host_name_ok() takes it or an IPv6 address in brackets, and
 * maybe a port and a path [RFC 3986 3]; no user, query or fragment, at most
 * MANIFEST_STEWARD_MAX bytes. */
bool manifest_url_ok(struct bytes url);

/* Every rule of manifest.h: those above; no two streams, variables, directories
 * or files of one name; fields that a kind does not use are zero; a file's
 * parents are directories listed before it, except for "/"; the files fit into
 * files_size; secrets have names and places that nothing else has, and are at most
 * MANIFEST_SECRETS_MAX; what TLS streams trust and a steward's certificates have to lead to is
 * there, and all that is there is used so; certificates are elements of DER; a steward has a
 * TLS stream to certify. A policy's text is for its parser to judge. 0, -EBADMSG or -ENOMEM. */
must_use int manifest_check(const struct manifest *m);

#endif
