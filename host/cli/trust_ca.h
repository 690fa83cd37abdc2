/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of CAs from files, as a manifest has them. Trusts nothing in them. */
#ifndef HOST_CLI_TRUST_CA_H
#define HOST_CLI_TRUST_CA_H

#include "base/attr.h"
#include "base/cur.h"

/* The certificates in the text of a file, PEM with anything between or one in DER: DER, one
 * behind the other, which the caller frees. 0, -ENOENT when there is none, -EBADMSG when one
 * is malformed, or -ENOMEM. */
must_use int trust_ca_parse(struct bytes text, struct bytes *out);

/* Where this system has its CAs: null when nowhere that is known. */
const char *trust_ca_system(void);

#endif
