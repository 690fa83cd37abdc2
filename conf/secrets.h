/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a manifest's secrets, on their way from owner to keep: one array of byte
 * strings in CBOR [RFC 8949], as many as the manifest names, variables and then files, in
 * its order; no byte at all where it names none. Trusts nothing that it reads. */
#ifndef CONF_SECRETS_H
#define CONF_SECRETS_H

#include "conf/manifest.h"

#define SECRETS_SIZE_MAX (1024u * 1024u) /* bytes of the whole array */

size_t secrets_count(const struct manifest *m);

/* `values` are secrets_count() of them. */
void secrets_put(const struct manifest *m, const struct bytes *values, struct put *p);

/* Parses exactly `from`; `values` has room for secrets_count(), slices borrow from `from`.
 * 0 or -EBADMSG: malformed, too large, another number of them, or a variable's value that
 * is not UTF-8 without NUL. */
must_use int secrets_parse(struct bytes from, const struct manifest *m, struct bytes *values);

#endif
