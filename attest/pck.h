/* SPDX-License-Identifier: Apache-2.0 */
/* What the PCK certificate says of its platform: the extension
 * 1.2.840.113741.1.13.1 [PCK-CERT 1.3.5]. Trusts nothing. */
#ifndef ATTEST_PCK_H
#define ATTEST_PCK_H

#include "attest/claims.h"
#include "base/attr.h"

#define PCK_EXTENSION_OID "1.2.840.113741.1.13.1"
#define PCK_SUBJECT       "Intel SGX PCK Certificate"

/* Decodes the value of the extension into the members of `claims` that the
 * certificate stands for. 0, or -EBADMSG when anything is missing, unknown, out
 * of order or not DER; then `claims` is untouched. */
must_use int pck_parse(struct bytes extension, struct intel_claims *claims);

#endif
